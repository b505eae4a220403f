import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RecordingList } from '../../src/contract/recordings.ts'
import { run } from '../support/cli-process.ts'
import { author, isFiring, proceeds, setGround, type Gate, type Ground } from '../support/daemon.ts'
import { eventually } from '../support/waiting.ts'

let ground: Ground
let gate: Gate
let directory: string

beforeAll(async () => {
  ground = await setGround()
  directory = join(ground.folder, 'recordings')
  ground.configure((configuration) => void (configuration['recording'] = { directory }))
  gate = await ground.start()
})
afterAll(() => ground.end())

async function list(): Promise<RecordingList> {
  return (await gate.get('/recordings')).json<RecordingList>()
}

describe('a daemon that records', () => {
  it('R191: gives the recording of a rollout, which comes to the same when it is judged once more', async () => {
    await gate.until('proceed', proceeds, 20)
    await gate.post('/rollouts', { id: 'r1', phase: 'rolling', ...author })
    await ground.platform.faults.inject('audit-dlq-growing')
    await gate.until('it fires', isFiring('audit-dlq-growing'), 20)
    await ground.platform.faults.clear('audit-dlq-growing')
    await gate.post('/rollouts/r1/finish', { outcome: 'failed', ...author })
    await eventually('the recording is closed', async () =>
      (await list()).recordings.some(({ rollouts, complete }) => complete && rollouts.includes('r1')),
    )
    const out = join(ground.folder, 'r1.jsonl.zst')
    const fetched = await run(['record', '--rollout', 'r1', '--out', out, '--url', gate.url])
    expect(fetched).toMatchObject({ code: 0 })
    const replayed = await run(['replay', out])
    expect(replayed.stdout).toContain('audit-dlq-growing fires')
    expect(replayed.stdout).toContain('audit-dlq-growing is latched')
    expect(replayed.stdout).toContain('\nidentical: ')
    expect(replayed.code).toBe(0)
    // A stop condition that is switched off does not fire.
    const other =
      (await readFile(ground.files.config, 'utf8')) + '\nstopConditions: { audit-dlq-growing: off }\n'
    await writeFile(join(ground.folder, 'other.yaml'), other.replaceAll(ground.folder, '/nowhere'))
    const otherwise = await run(['replay', out, '--config', join(ground.folder, 'other.yaml')])
    expect(otherwise.stderr).toBe('')
    expect(otherwise.stdout).toContain('audit-dlq-growing does not fire')
    expect(otherwise.code).toBe(12)
  })

  it('R266: R269: gives all that was recorded since a time, which is one timeline when it is judged once more', async () => {
    const all = join(ground.folder, 'all')
    const fetched = await run(['record', '--since', '1h', '--out', `${all}/`, '--url', gate.url])
    expect(fetched).toMatchObject({ code: 0 })
    const { recordings } = await list()
    expect(new Set(recordings.map(({ sequence }) => sequence)).size).toBe(1)
    expect(recordings.map(({ part }) => part).toReversed()).toEqual(recordings.map((_, n) => n + 1))
    const { code, stdout } = await run(['replay', all])
    expect(stdout).toContain(', follows without a gap')
    expect(stdout).not.toContain('begins anew')
    expect(stdout).toContain('\nidentical: ')
    expect(code).toBe(0)
    const one = join(ground.folder, 'one.jsonl.zst')
    const several = await run(['record', '--since', '2020-01-01T00:00:00Z', '--out', one, '--url', gate.url])
    expect([several.code, several.stderr]).toEqual([
      2,
      expect.stringMatching(/there are \d recordings: give --out a dir/),
    ])
  })

  it('R192: gives no file but a recording', async () => {
    for (const name of [
      '..%2Fcaracal-gate.yaml',
      '%2e%2e%2fstate%2fstate.json',
      'x',
      '20260101T000000000Z-abcd.jsonl.zst',
    ]) {
      const { status, text } = await gate.get(`/recordings/${name}`)
      expect(status).toBe(404)
      expect(text).toContain('problems/no-such-')
    }
  })

  it('R193: leaves what can be read up to its last flush when it is killed', async () => {
    await eventually('it was flushed', async () => {
      const current = (await list()).recordings.find(({ complete }) => !complete)
      return current !== undefined && current.bytes > 0
    })
    await gate.kill()
    gate = await ground.start()
    const [cut] = (await list()).recordings.filter(({ complete }) => !complete).toReversed()
    const { code, stdout } = await run(['replay', join(directory, `${cut?.name}.part`)])
    expect(stdout).toContain('it ends early')
    expect(stdout).toMatch(/\nidentical: |no rounds/)
    expect(code).toBe(0)
  })

  it('R194: judges on where it can not write, and says so', async () => {
    const other = join(ground.folder, 'full')
    await writeFile(other, 'a file where a directory should be')
    ground.configure((configuration) => void (configuration['recording'] = { directory: join(other, 'x') }))
    await eventually('it is said', async () => typeof (await list()).problem === 'string')
    expect(await gate.metric('caracal_gate_exporter_recording_up')).toBe(0)
    expect(ground.log()).toContain('recording failed')
    const { index } = await gate.report()
    await ground.platform.faults.inject('replica-refused')
    await gate.until('it judges', (report) => report.index !== index, 20)
    await ground.platform.faults.clear('replica-refused')
    ground.configure((configuration) => void (configuration['recording'] = { directory }))
    await eventually(
      'it records again',
      async () => (await gate.metric('caracal_gate_exporter_recording_up')) === 1,
    )
  })

  it('R195: keeps no more than it may', async () => {
    const small = join(ground.folder, 'small')
    ground.configure(
      (configuration) =>
        void (configuration['recording'] = { directory: small, maxBytes: '1MiB', maxAge: '1s' }),
    )
    await eventually('a file is there', async () => (await readdir(small).catch(() => [])).length > 0)
    const first = (await list()).recordings.map(({ name }) => name)
    for (const id of ['a1', 'a2', 'a3']) {
      await gate.post('/rollouts', { id, ...author })
      await gate.post(`/rollouts/${id}/finish`, { outcome: 'failed', ...author })
    }
    await eventually('the oldest is gone', async () => {
      await gate.post('/rollouts', { id: `b${Date.now()}`, supersede: true, ...author })
      const names = (await list()).recordings.map(({ name }) => name)
      return names.length > 0 && !names.some((name) => first.includes(name))
    })
  })
})
