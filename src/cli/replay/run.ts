import { createHash } from 'node:crypto'
import { newDifferences, type Difference } from '../../recording/differences.ts'
import type { JudgedBy } from '../../recording/happening.ts'
import type { Header } from '../../recording/lines.ts'
import type { Point } from '../../recording/point.ts'
import { newReading, readHeader, Unreadable } from '../../recording/reading.ts'
import { newReplay, type Replayed } from '../../recording/replay.ts'
import { linesOf, type End } from './recorded-lines.ts'

/** A point of the replayed timeline, at its instant. */
export interface Dated {
  readonly at: number
  readonly replayed: Point
  readonly recorded: Point | undefined
}

/** What a replay came to. */
export interface Outcome {
  readonly header: Header
  readonly end: End
  readonly rounds: number
  readonly from: number
  readonly to: number
  /** Points of the replayed timeline. */
  readonly points: number
  /** SHA-256 over the timelines, hex. */
  readonly digests: { readonly recorded: string; readonly replayed: string }
  readonly isIdentical: boolean
  /** The first round that came to something else. */
  readonly firstOther: Dated | undefined
  readonly differences: readonly Difference[]
  /** Rounds that were not recorded, at so many places. */
  readonly gaps: { readonly count: number; readonly dropped: number }
  readonly milliseconds: number
}

/**
 * Replays a recording.
 * @param otherwise what to judge by in place of what was recorded
 * @param tell called with each point of the timeline
 * @throws Unreadable, or when the file can't be read
 */
export async function replayFile(
  file: string,
  otherwise: ((recorded: JudgedBy) => JudgedBy) | undefined,
  tell: (point: Dated) => void,
): Promise<Outcome> {
  const lines = linesOf(file)
  const first = await lines.next()
  if (first.done === true) throw new Unreadable(whyEmpty(first.value))
  const header = readHeader(first.value)
  const read = newReading()
  const replay = newReplay(otherwise)
  const tally = newTally(tell)
  const began = performance.now()
  let next = await lines.next()
  for (; next.done !== true; next = await lines.next()) {
    const recorded = read(next.value)
    if (recorded.kind === 'gap') tally.gap(recorded.dropped)
    const round = replay.take(recorded)
    if (round !== undefined) tally.take(round)
  }
  return { header, end: next.value, ...tally.result(), milliseconds: performance.now() - began }
}

function whyEmpty(end: End): string {
  return end.kind === 'damaged'
    ? `it is no recording of caracal-gate: ${end.message}`
    : 'it ends before its first line'
}

function newTally(tell: (point: Dated) => void) {
  const differences = newDifferences()
  const gaps = { count: 0, dropped: 0 }
  const hashes = { recorded: createHash('sha256'), replayed: createHash('sha256') }
  let [rounds, points, from, to] = [0, 0, 0, 0]
  let firstOther: Dated | undefined
  return {
    gap(dropped: number): void {
      gaps.count += 1
      gaps.dropped += dropped
    },
    take({ at, recorded, replayed, isNews }: Replayed): void {
      if (rounds === 0) from = at
      to = at
      rounds += 1
      if (!isNews) return
      points += 1
      const [was, is] = [JSON.stringify([at, recorded]), JSON.stringify([at, replayed])]
      hashes.recorded.update(was)
      hashes.replayed.update(is)
      if (was !== is) firstOther ??= { at, recorded, replayed }
      differences.take({ at, recorded, replayed })
      tell({ at, recorded, replayed })
    },
    result: () => ({
      rounds,
      points,
      from,
      to,
      gaps,
      firstOther,
      isIdentical: firstOther === undefined,
      digests: { recorded: hashes.recorded.digest('hex'), replayed: hashes.replayed.digest('hex') },
      differences: differences.spans().map((one) => (one.isOpen ? { ...one, to } : one)),
    }),
  }
}
