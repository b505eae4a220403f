import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Problem } from '../../src/contract/problem.ts'
import type { RecordingList } from '../../src/contract/recordings.ts'
import { author, checkIn, setGround, type Gate, type Ground } from '../support/daemon.ts'
import { smallDiskAt, type SmallDisk } from '../support/small-disk.ts'
import { eventually } from '../support/waiting.ts'

let ground: Ground
let gate: Gate
let disk: SmallDisk

beforeAll(async () => {
  ground = await setGround()
  disk = await smallDiskAt(dirname(ground.files.state))
  ground.configure((configuration) => {
    const { gates } = configuration as { gates?: Record<string, unknown> }
    configuration['gates'] = { ...gates, 'render-validation': 'on' }
  })
  gate = await ground.start()
})
afterAll(async () => {
  await gate.kill()
  await disk.remove()
  await ground.end()
})
beforeEach(() => disk.clear())

const digest = `sha256:${'ab'.repeat(32)}`

async function post(path: string, body: object) {
  const response = await fetch(gate.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${ground.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...author, ...body }),
    signal: AbortSignal.timeout(30_000),
  })
  return { status: response.status, headers: response.headers, body: (await response.json()) as Problem }
}

const begin = (id: string) => post('/rollouts', { id, phase: 'rolling' })
const evidence = (outcome: string) =>
  post('/evidence/helm-render', { outcome, digest, validForSeconds: 3_600 })

async function rendered() {
  return checkIn(await gate.report(), 'helm-render')
}

async function restarted(): Promise<void> {
  await gate.kill()
  gate = await ground.start()
}

describe('a daemon whose disk is full', () => {
  it('R94 X86: refuses to begin a rollout, and nothing of it is in force, now or after a kill', async () => {
    expect((await begin('r1')).status).toBe(201)
    await disk.fill()
    const refused = await post('/rollouts', { id: 'r2', phase: 'rolling', supersede: true })
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toBe('5')
    expect(refused.body.detail).toMatch(/^it has no effect: the state can't be written to .*ENOSPC/)
    const report = await gate.report()
    expect(report.rollout.id).toBe('r1')
    expect(report.evaluator.stateStore.ok).toBe(false)
    await disk.clear()
    await restarted()
    expect((await gate.report()).rollout.id).toBe('r1')
    expect((await post('/rollouts', { id: 'r2', phase: 'rolling', supersede: true })).status).toBe(201)
    await restarted()
    expect((await gate.report()).rollout.id).toBe('r2')
  })

  it('R94 X86: takes evidence that passes only when it is kept, and evidence that fails at once', async () => {
    await disk.fill()
    expect((await evidence('pass')).status).toBe(503)
    expect((await rendered()).state).toBe('unknown')
    const failing = await evidence('fail')
    expect(failing.status).toBe(503)
    expect(failing.body.detail).toMatch(/^it counts all the same, until the daemon ends: /)
    expect((await rendered()).state).toBe('fail')
    await disk.clear()
    await gate.until('it is kept', ({ evaluator }) => evaluator.stateStore.ok, 10)
    await restarted()
    await gate.until('it is there', (report) => checkIn(report, 'helm-render').state === 'fail', 10)
    expect((await evidence('pass')).status).toBe(201)
    await gate.until('it passes', (report) => checkIn(report, 'helm-render').state === 'pass', 10)
  })

  it('X86: ends no rollout that it can not remember to have ended', async () => {
    const { id } = (await gate.report()).rollout
    await disk.fill()
    expect((await post(`/rollouts/${id}/finish`, { outcome: 'failed' })).status).toBe(503)
    expect((await gate.report()).rollout.phase).toBe('rolling')
    await disk.clear()
    expect((await post(`/rollouts/${id}/finish`, { outcome: 'failed' })).status).toBe(200)
    await restarted()
    expect((await gate.report()).rollout.phase).toBe('failed')
  })

  it('R194: goes on to judge when recordings have no room, and says so', async () => {
    const directory = join(ground.folder, 'recordings')
    const own = await smallDiskAt(directory)
    try {
      ground.configure((configuration) => void (configuration['recording'] = { directory }))
      const isUp = () => gate.metric('caracal_gate_exporter_recording_up')
      await eventually('it records', async () => (await isUp()) === 1)
      await own.fill()
      await eventually('it is said', async () => (await isUp()) === 0)
      expect((await gate.get('/recordings')).json<RecordingList>().problem).toContain('ENOSPC')
      const { evaluatedAt } = await gate.report()
      await gate.until('it judges', (report) => report.evaluatedAt > evaluatedAt, 5)
      expect((await begin('unrecorded')).status).toBe(201)
    } finally {
      ground.configure((configuration) => void delete configuration['recording'])
      await own.remove()
    }
  })
})
