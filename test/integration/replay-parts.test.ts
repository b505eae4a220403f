import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { partsOf } from '../../src/cli/replay/parts.ts'
import { replayParts } from '../../src/cli/replay/run.ts'
import type { Batch } from '../../src/core/observation.ts'
import type { JudgedBy } from '../../src/recording/happening.ts'
import type { Place } from '../../src/recording/lines.ts'
import { newWriting } from '../../src/recording/writing.ts'
import { begin } from '../../src/rollout/commands.ts'
import { runHere } from '../support/cli-process.ts'
import { recordedJudgement, type Noted } from '../unit/recording/recorded.ts'
import { batchesOf, healthyWorld, platformOptions } from '../unit/rules/platform-world.ts'

let folder: string
let noted: readonly Noted[]
let written: (file: string, from: number, to: number, place?: Place) => Promise<string>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'caracal-parts-'))
  noted = course()
  written = async (file, from, to, place) => {
    const path = join(folder, file)
    await writeFile(path, zstdCompressSync(linesOf(noted.slice(from, to), place).join('')))
    return path
  }
})
afterAll(() => rm(folder, { recursive: true }))

/** A rollout of 90 s in which Redis is nearly full from the fourth on, which the recorded limits allow for five minutes. */
function course(): readonly Noted[] {
  const daemon = recordedJudgement(platformOptions({ steady: 2_000 }))
  const author = { actor: 'tester', reason: 'test' }
  for (let second = 0; second < 90; second += 1) {
    daemon.pass(1_000)
    const world = batchesOf(healthyWorld(), daemon.now())
    daemon.step(
      second < 4 ? world : world.map(nearlyFull),
      second === 2 ? (snapshot, now) => begin(snapshot, { ...author, id: 'r1' }, now) : undefined,
    )
  }
  return daemon.happenings
}

function nearlyFull(batch: Batch): Batch {
  const observations = batch.observations.map((one) => {
    const { outcome } = one
    if (!outcome.ok) return one
    const readings = outcome.readings.map((reading) =>
      reading.signal === 'caracal_redis_memory_used_bytes' ? { ...reading, value: 950 } : reading,
    )
    return { ...one, outcome: { ...outcome, readings } }
  })
  return { ...batch, observations }
}

function linesOf(some: readonly Noted[], place?: Place): readonly string[] {
  const [first] = some
  if (first === undefined) throw new RangeError('nothing to write')
  const writing = newWriting()
  const { at } = first.happening.before.snapshot
  return [
    ...writing.begin(first.happening, first.by, '0', new Date(at).toISOString(), place),
    ...some.map(({ happening, by }) => writing.line(happening, by)),
    writing.end(),
  ]
}

function stricter(by: JudgedBy): JudgedBy {
  const { limits } = by.options
  return {
    ...by,
    options: { ...by.options, limits: { ...limits, redis: { ...limits.redis, persistsFor: 10_000 } } },
  }
}

async function judged(files: readonly string[], otherwise?: (by: JudgedBy) => JudgedBy) {
  return replayParts(await partsOf(files), otherwise, () => undefined)
}

const place = (part: number): Place => ({ sequence: 'one', part })

describe('a rollout in several files', () => {
  it('R266: comes to the same as in one, in whatever order the files are given', async () => {
    const whole = await judged([await written('whole.jsonl.zst', 0, 90)])
    const parts = [
      await written('c.jsonl.zst', 0, 20, place(1)),
      await written('a.jsonl.zst', 20, 55, place(2)),
      await written('b.jsonl.zst', 55, 90, place(3)),
    ]
    const together = await judged(parts.toReversed())
    expect(together.parts.map(({ file, beginsAnew }) => [file, beginsAnew])).toEqual(
      parts.map((file) => [file, undefined]),
    )
    const { rounds, points, digests, isIdentical } = whole
    expect(together).toMatchObject({ rounds, points, digests, isIdentical })
    expect(isIdentical).toBe(true)
    const { code, stdout } = await runHere(['replay', ...parts])
    expect(code).toBe(0)
    expect(stdout).toContain('90 rounds in 3 files')
    expect(stdout.split(', follows without a gap')).toHaveLength(3)
  })

  it('R266: lists what other limits would have changed once, over all files', async () => {
    const whole = await judged([await written('whole.jsonl.zst', 0, 90)], stricter)
    const parts = [
      await written('c.jsonl.zst', 0, 20, place(1)),
      await written('a.jsonl.zst', 20, 55, place(2)),
      await written('b.jsonl.zst', 55, 90, place(3)),
    ]
    const together = await judged(parts, stricter)
    expect(together.differences).toEqual(whole.differences)
    const firing = together.differences.filter(({ what }) => what === 'firing')
    expect(firing).toMatchObject([{ id: 'redis-memory-pressure', replayed: 'yes', isOpen: true }])
    // In the last file alone nothing says that it is latched since the first.
    const alone = await judged(parts.slice(2), stricter)
    expect(alone.differences).not.toEqual(whole.differences)
  })

  it.each([
    ['a part before it is missing', [place(1), place(3)], 20],
    [
      'the exporter or its recording was restarted, or it is of another replica',
      [place(1), { sequence: 'two', part: 1 }],
      20,
    ],
    ['the version that recorded it did not say what it follows', [undefined, undefined], 20],
    ['the part before it ends early', [place(1), place(2)], 19],
  ] as const)('R267: begins anew and says why: %s', async (why, [first, second], cut) => {
    const one = await written('1.jsonl.zst', 0, 20, first)
    if (cut < 20) {
      const lines = linesOf(noted.slice(0, 20), first)
      await writeFile(one, zstdCompressSync(lines.slice(0, -1).join('')))
    }
    const other = await written('2.jsonl.zst', 20, 60, second)
    const { code, stdout } = await runHere(['replay', one, other])
    expect(stdout).toContain(`40 rounds, begins anew: ${why}`)
    expect(stdout).toMatch(/rollout r1 began at .*, before it: what was recorded earlier is not here/)
    expect(stdout).toContain('\nidentical: ')
    expect(code).toBe(0)
    const { differences } = await judged([one, other], stricter)
    // What was judged otherwise up to there ends there.
    expect(differences.filter(({ isOpen }) => !isOpen)).not.toEqual([])
  })

  it('R268: takes a directory, and refuses by name what is there twice, is no recording or is none at all', async () => {
    const own = join(folder, 'own')
    await mkdir(own)
    const one = await written('own/1.jsonl.zst', 0, 20, place(1))
    const part = await written('own/2.jsonl.zst.part', 20, 60, place(2))
    await writeFile(join(own, 'notes.txt'), 'x')
    const all = await runHere(['replay', own])
    expect([all.code, all.stdout]).toEqual([0, expect.stringContaining('60 rounds in 2 files')])
    const twin = await written('twin.jsonl.zst', 20, 50, place(2))
    const twice = await runHere(['replay', one, part, twin])
    expect([twice.code, twice.stderr]).toEqual([
      2,
      expect.stringContaining(`${part} and ${twin} are the same recording`),
    ])
    await writeFile(join(own, '3.jsonl.zst'), 'x')
    const bad = await runHere(['replay', own])
    expect([bad.code, bad.stdout]).toEqual([5, ''])
    expect(bad.stderr).toContain(`cannot replay ${join(own, '3.jsonl.zst')}: it is no recording`)
    const empty = join(folder, 'empty')
    await mkdir(empty)
    expect(await runHere(['replay', empty])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${empty} has no recording`) as string,
    })
  })
})
