import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cleanUp, listen, runHere } from '../support/cli-process.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'caracal-record-'))
})
afterEach(async () => {
  await cleanUp()
  await rm(folder, { recursive: true })
})

interface Listed {
  readonly name: string
  readonly part: number | null
  readonly rollouts?: readonly string[]
  readonly to?: string
}

/** An exporter that has these recordings, newest first. */
async function exporterWith(all: readonly Listed[]): Promise<string> {
  const recordings = all.map(({ name, part, rollouts = ['r1'], to = '2026-11-30T17:00:00.000Z' }) => ({
    name,
    part,
    rollouts,
    to,
    from: '2026-11-30T16:00:00.000Z',
    bytes: 3,
    complete: true,
    version: '0',
    sequence: part === null ? null : 'one',
  }))
  const { url } = await listen((request, response) => {
    const [, , name] = (request.url ?? '').split('/')
    if (name === undefined) {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ enabled: true, problem: null, dropped: 0, recordings }))
    } else response.end(decodeURIComponent(name))
  })
  return url
}

describe('caracal-gate record', () => {
  it('R269: fetches all recordings of a rollout, and says which parts are missing', async () => {
    const url = await exporterWith([
      { name: 'e.zst', part: 5, rollouts: ['r2'] },
      { name: 'd.zst', part: 4 },
      { name: 'b.zst', part: 2 },
      { name: 'a.zst', part: 1, rollouts: [] },
    ])
    const { code, stderr } = await runHere(['record', '--rollout', 'r1', '--out', folder, '--url', url])
    expect(stderr).toBe(
      `warning: 1 part is missing before d.zst\n${join(folder, 'b.zst')}\n${join(folder, 'd.zst')}\n`,
    )
    expect(code).toBe(0)
    expect(await readdir(folder)).toEqual(['b.zst', 'd.zst'])
    expect(await readFile(join(folder, 'd.zst'), 'utf8')).toBe('d.zst')
    const none = await runHere(['record', '--rollout', 'r3', '--out', folder, '--url', url])
    expect([none.code, none.stderr]).toEqual([
      11,
      expect.stringContaining('no recording of the rollout "r3"'),
    ])
  })

  it('R269: fetches what was written to since an instant, also of an exporter that numbers no parts', async () => {
    const url = await exporterWith([
      { name: 'b.zst', part: null },
      { name: 'a.zst', part: null, to: '2026-11-30T16:30:00.000Z' },
    ])
    const since = (instant: string) =>
      runHere(['record', '--since', instant, '--out', `${folder}/new/`, '--url', url])
    expect(await since('2026-11-30T16:30:01Z')).toMatchObject({ code: 0 })
    expect(await readdir(join(folder, 'new'))).toEqual(['b.zst'])
    expect(await since('2026-12-30T16:30:01Z')).toMatchObject({ code: 11 })
    const wrong = await since('yesterday')
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringContaining(
        '--since is "yesterday"; allowed: a time such as 90m or 2h, or an instant such as',
      ),
    ])
  })

  it('R269: writes nothing under a name that leads elsewhere, and refuses two ways to choose', async () => {
    const url = await exporterWith([{ name: '../out.zst', part: 1 }])
    const out = join(folder, 'in')
    const strange = await runHere(['record', '--since', '9000h', '--out', `${out}/`, '--url', url])
    expect([strange.code, strange.stderr]).toEqual([5, expect.stringContaining('is no name for a file')])
    expect(await readdir(folder)).toEqual([])
    const two = await runHere(['record', 'x', '--since', '1h', '--url', url])
    expect([two.code, two.stderr]).toEqual([
      2,
      expect.stringContaining('give one of NAME, --rollout and --since'),
    ])
  })
})
