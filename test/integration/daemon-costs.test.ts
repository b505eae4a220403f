import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { proceeds, setGround, type Gate, type Ground } from '../support/daemon.ts'
import { eventually } from '../support/waiting.ts'

const dependencies = ['redis', 'postgres', 'http']
const kinds = ['requests', 'seconds']
let ground: Ground
let gate: Gate

beforeAll(async () => {
  ground = await setGround()
  await rm(dirname(ground.files.state), { recursive: true, force: true })
  ground.configure()
  gate = await ground.start()
})
afterAll(async () => {
  await gate?.kill()
  await ground.end()
})

/** Each counter of each dependency by its name. */
async function counters(): Promise<Readonly<Record<string, number>>> {
  const entries = dependencies.flatMap((dependency) =>
    kinds.map(async (kind) => {
      const name = `caracal_gate_exporter_dependency_${kind}_total{dependency="${dependency}"}`
      return [name, (await gate.metric(name)) ?? Number.NaN] as const
    }),
  )
  return Object.fromEntries(await Promise.all(entries))
}

describe('what dependencies cost', () => {
  it('X35: is counted for each of them, requests and time, and no reload begins it anew', async () => {
    await gate.until('proceed', proceeds, 20)
    let before = await counters()
    for (const [name, count] of Object.entries(before)) expect(count, name).toBeGreaterThan(0)
    for (const steady of ['701ms', '702ms']) {
      const { configHash } = (await gate.report()).evaluator
      ground.configure((configuration) => (configuration['rollout'] = { steady }))
      gate.signal('SIGHUP')
      await eventually(
        'another configuration is in force',
        async () => (await gate.report()).evaluator.configHash !== configHash,
      )
      const after = await counters()
      for (const [name, count] of Object.entries(after))
        expect(count, name).toBeGreaterThanOrEqual(before[name] ?? Number.NaN)
      before = after
    }
    const last = before
    await eventually('everything is asked again', async () =>
      Object.entries(await counters()).every(([name, count]) => count > (last[name] ?? Number.NaN)),
    )
  })
})
