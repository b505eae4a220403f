import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GateReport } from '../../src/contract/document.ts'
import { pushEvidence, setClusterGround, type ClusterGround } from '../support/cluster-ground.ts'
import { isFiring, stopIn, type Gate } from '../support/daemon.ts'

// The daemon beside an upgrade that does not go as it should, and an upgrade beside a daemon that does not.

let ground: ClusterGround
let gate: Gate

beforeAll(async () => {
  ground = await setClusterGround()
  await ground.cluster.upgrade()
  ground.configure()
  gate = await ground.start()
  await gate.until(
    'readiness is proven',
    ({ gates }) => gates.some(({ id, state }) => id === 'readiness' && state === 'pass'),
    30,
  )
})

afterAll(() => ground.end())

async function restart(): Promise<void> {
  await gate.kill()
  gate = await ground.start()
}

/** Waits until the daemon has written down how far the rollout is: what it tells may be a moment ahead of that. */
async function untilKept(phase: string): Promise<void> {
  const kept = (): unknown => JSON.parse(readFileSync(ground.files.state, 'utf8'))
  await expect.poll(kept, { timeout: 20_000 }).toMatchObject({ memory: { rollout: { phase } } })
}

/** What became of a rollout, step by step. */
async function stepsOf(id: string): Promise<readonly string[]> {
  const { ledger } = (await gate.get(`/rollouts/${id}`)).json<{
    ledger: { kind: string; message: string }[]
  }>()
  return ledger.filter(({ kind }) => kind.startsWith('rollout-')).map(({ message }) => message)
}

function isIn(id: string, phase: string): (report: GateReport) => boolean {
  return ({ rollout }) => rollout.id === id && rollout.phase === phase
}

describe('an upgrade in a cluster', () => {
  it('is followed to its end by a daemon that is killed in each phase', async () => {
    const values = { tag: 'v2' }
    ground.cluster.plan('migrate', { afterMs: 4_000 })
    ground.cluster.plan('sts', { readyAfterMs: 3_000 })
    const upgrading = ground.cluster.upgrade(values)
    await gate.until('it migrates', isIn('caracal-r2', 'migrating'), 30)
    await restart()
    await pushEvidence(ground, gate, values)
    await gate.until('it still migrates', isIn('caracal-r2', 'migrating'), 30)
    await gate.until('it rolls', isIn('caracal-r2', 'rolling'), 30)
    await restart()
    await gate.until('it verifies', isIn('caracal-r2', 'verifying'), 60)
    await restart()
    await upgrading
    await gate.until('it is done', isIn('caracal-r2', 'done'), 60)
    const steps = await stepsOf('caracal-r2')
    expect(steps).toEqual(expect.arrayContaining(['migrating -> rolling', 'rolling -> verifying']))
    expect(steps.at(-1)).toBe('verifying -> done')
    await untilKept('done')
    await restart()
    await gate.until('it stays done', ({ gates }) => gates.every(({ state }) => state === 'pass'), 60)
    expect((await gate.report()).rollout).toMatchObject({ id: 'caracal-r2', phase: 'done' })
    ground.cluster.plan('migrate', undefined)
    ground.cluster.plan('sts', undefined)
  })

  it('that began while the daemon was away is found when it is back', async () => {
    await gate.kill()
    await ground.cluster.upgrade({ tag: 'v3' })
    gate = await ground.start()
    const report = await gate.until('it is found', ({ rollout }) => rollout.id === 'caracal-r3', 20)
    expect(report.rollout.reason).not.toContain('before the daemon')
    expect(report.rollout.baseline?.counts['rollout:release-revision']).toBe(2)
    await gate.until('it verifies', isIn('caracal-r3', 'verifying'), 60)
  })

  it('whose Job fails stays where it is, stops, and ends by the rollback', async () => {
    ground.cluster.plan('migrate', { outcome: 'fail' })
    const upgrading = ground.cluster.upgrade({ tag: 'v4' }).catch(() => undefined)
    const report = await gate.until('it stops', isFiring('migration-job-failed'), 60)
    await upgrading
    expect(report.rollout).toMatchObject({ id: 'caracal-r4', phase: 'migrating' })
    expect(stopIn(report, 'migration-job-failed')).toMatchObject({
      preexisting: false,
      speaksForRollback: true,
    })
    await restart()
    await gate.until('it still stops', isFiring('migration-job-failed'), 20)
    expect((await gate.report()).rollout).toMatchObject({ id: 'caracal-r4', phase: 'migrating' })
    await ground.cluster.helm('rollback', 'caracal', '3')
    const back = await gate.until('it is rolled back', isIn('caracal-r5', 'verifying'), 30)
    expect(back.rollout.reason).toContain('revision 5')
    // The failed Job is there until the next upgrade, and was there before this rollout.
    expect(stopIn(back, 'migration-job-failed')).toMatchObject({
      preexisting: true,
      speaksForRollback: false,
    })
    // That Helm gave up is a line of its own.
    expect((await stepsOf('caracal-r4')).slice(-3).join()).toMatch(
      /migrating,failed,migrating -> superseded$/,
    )
    const { rollouts } = (await gate.get('/rollouts')).json<{ rollouts: { id: string; phase: string }[] }>()
    // On a busy machine the daemon may have come in the middle of the installation, and followed that.
    expect(rollouts.slice(0, 4).map(({ id, phase }) => `${id} ${phase}`)).toEqual([
      'caracal-r5 verifying',
      'caracal-r4 failed',
      'caracal-r3 failed',
      'caracal-r2 done',
    ])
  })
})
