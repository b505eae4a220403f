import { createHash } from 'node:crypto'
import { isActive } from '../../core/rollout.ts'
import { newDifferences, type Difference } from '../../recording/differences.ts'
import type { JudgedBy } from '../../recording/happening.ts'
import type { Point } from '../../recording/point.ts'
import { newReading, type Recorded } from '../../recording/reading.ts'
import { newReplay, type Replay, type Replayed } from '../../recording/replay.ts'
import { inFile, isNext, isOneSequence, type Part } from './parts.ts'
import { linesOf, type End } from './recorded-lines.ts'

/** A point of the replayed timeline, at its instant. */
export interface Dated {
  readonly at: number
  readonly replayed: Point
  readonly recorded: Point | undefined
}

/**
 * Why a part does not go on with what was judged before it, but with what was recorded: an earlier version did not say what
 * it follows, it belongs to another sequence, parts before it are missing, or the one before it ends early or is damaged.
 */
export type Break = 'earlier-version' | 'other-sequence' | 'missing-part' | 'cut' | 'damaged'

/** What became of one part. */
export interface PartOutcome extends Part {
  readonly end: End
  readonly rounds: number
  readonly from: number
  readonly to: number
  /** Absent for the first part, and for one that follows the part before it without a gap. */
  readonly beginsAnew?: Break
  /** A rollout that had begun before the part that begins anew: what came earlier is missing. */
  readonly begunBefore?: { readonly id: string; readonly at: number }
}

/** What a replay came to. */
export interface Outcome {
  readonly parts: readonly PartOutcome[]
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
}

/**
 * Replays these parts as one timeline. A part that follows the one before it without a gap goes on with what was judged up to
 * there, also by other rules.
 * @param otherwise what to judge by in place of what was recorded
 * @param tell called with each point of the timeline
 * @throws UnreadableFile, or UsageError when a file can't be read
 */
export async function replayParts(
  parts: readonly Part[],
  otherwise: ((recorded: JudgedBy) => JudgedBy) | undefined,
  tell: (point: Dated) => void,
): Promise<Outcome> {
  const replay = newReplay(otherwise)
  const tally = newTally(tell)
  const outcomes: PartOutcome[] = []
  for (const part of parts) {
    const before = outcomes.at(-1)
    const beginsAnew = before === undefined ? undefined : breakBetween(before, part)
    if (beginsAnew !== undefined) tally.breakOff()
    const goesOn = before !== undefined && beginsAnew === undefined
    const came = await inFile(part.file, () => replayPart(part, replay, tally, goesOn))
    outcomes.push({ ...part, ...came, ...(beginsAnew !== undefined && { beginsAnew }) })
  }
  return { parts: outcomes, ...tally.result() }
}

function breakBetween(before: PartOutcome, part: Part): Break | undefined {
  if (part.header.sequence === undefined) return 'earlier-version'
  if (!isOneSequence(before.header, part.header)) return 'other-sequence'
  if (before.end.kind !== 'whole') return before.end.kind
  return isNext(before, part) ? undefined : 'missing-part'
}

type State = (Recorded & { readonly kind: 'state' })['state']

/** @param goesOn its state is what was come to already */
async function replayPart({ file }: Part, replay: Replay, tally: Tally, goesOn: boolean) {
  const lines = linesOf(file)
  const read = newReading()
  let [rounds, from, to] = [0, 0, 0]
  let state: State | undefined
  let isEnded = false
  // The header.
  await lines.next()
  let next = await lines.next()
  for (; next.done !== true; next = await lines.next()) {
    const recorded = read(next.value)
    if (recorded.kind === 'gap') tally.gap(recorded.dropped)
    if (recorded.kind === 'end') isEnded = true
    if (recorded.kind === 'state' && state === undefined) {
      state = recorded.state
      if (goesOn) continue
    }
    const round = replay.take(recorded)
    if (round === undefined) continue
    if (rounds === 0) from = round.at
    to = round.at
    rounds += 1
    tally.take(round)
  }
  const end: End = next.value.kind === 'whole' && !isEnded ? { kind: 'cut' } : next.value
  return { end, rounds, from, to, ...(state !== undefined && !goesOn && begunBefore(state)) }
}

function begunBefore({ snapshot: { rollout } }: State): Pick<PartOutcome, 'begunBefore'> {
  return isActive(rollout) ? { begunBefore: { id: rollout.id, at: rollout.startedAt } } : {}
}

type Tally = ReturnType<typeof newTally>

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
      differences.breakOff(to)
    },
    breakOff: () => differences.breakOff(to),
    take({ at, recorded, replayed, isNews }: Replayed): void {
      from = rounds === 0 ? at : Math.min(from, at)
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
