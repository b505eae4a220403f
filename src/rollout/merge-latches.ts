import type { Latch } from '../core/latch.ts'
import { SECOND, type Millis } from '../core/time.ts'

export type Latches = Readonly<Record<string, Latch>>

/** Clocks of two machines that keep time may differ by this much. */
const CLOCKS_DIFFER: Millis = 2 * SECOND

/** Culprits that a latch names at most. */
const CULPRITS = 10

/**
 * The latches of one rollout that two replicas of the daemon watch: none without an acknowledgement is lost, and none
 * that was acknowledged at either comes back.
 */
export function mergeLatches(base: Latches, ours: Latches, theirs: Latches): Latches {
  const ids = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].toSorted()
  return Object.fromEntries(
    ids.flatMap((id): [string, Latch][] => {
      const latch = mergeLatch(base[id], ours[id], theirs[id])
      return latch === undefined ? [] : [[id, latch]]
    }),
  )
}

function mergeLatch(
  base: Latch | undefined,
  ours: Latch | undefined,
  theirs: Latch | undefined,
): Latch | undefined {
  if (ours === undefined || theirs === undefined) return ours ?? theirs
  if (isSame(ours, theirs)) return united(ours, theirs)
  // Only one has moved on since both knew the same: it knew what it replaced.
  if (isUnchanged(base, ours)) return theirs
  if (isUnchanged(base, theirs)) return ours
  const ourEnd = ours.acknowledged?.at
  const theirEnd = theirs.acknowledged?.at
  if (ourEnd !== undefined && theirEnd !== undefined) return preferred(ours, theirs, ourEnd - theirEnd)
  if (ourEnd !== undefined) return covers(ours, ourEnd, theirs) ? ours : theirs
  if (theirEnd !== undefined) return covers(theirs, theirEnd, ours) ? theirs : ours
  return united(ours, theirs)
}

/** Whether two latches are of one firing, acknowledged or not. */
function isSame(a: Latch, b: Latch): boolean {
  return a.at === b.at && a.reason === b.reason
}

function isUnchanged(base: Latch | undefined, latch: Latch): boolean {
  return base !== undefined && isSame(base, latch) && base.acknowledged?.at === latch.acknowledged?.at
}

/**
 * Whether what was acknowledged is also what the other replica has latched. What names another culprit, so shortly
 * before that it may have come after by another clock, is news.
 */
function covers(acknowledged: Latch, at: number, other: Latch): boolean {
  if (other.at > at) return false
  return (
    other.at <= at - CLOCKS_DIFFER ||
    other.culprits.every((culprit) => acknowledged.culprits.includes(culprit))
  )
}

/** Of two sights of one firing the first, and what either knows of it. What the rollout is to blame for outweighs. */
function united(a: Latch, b: Latch): Latch {
  const own = a.preexisting === b.preexisting ? undefined : a.preexisting ? b : a
  const first = own ?? preferred(a, b, b.at - a.at)
  const other = first === a ? b : a
  const culprits = [...new Set([...first.culprits, ...other.culprits])].slice(0, CULPRITS)
  const ends = [a, b].flatMap(({ acknowledged }) => acknowledged ?? [])
  const acknowledged = ends.toSorted((one, two) => two.at - one.at || compare(one, two))[0]
  return {
    ...first,
    culprits,
    ...(first.preexisting && (a.over ?? b.over) === true && { over: true }),
    proven: a.proven || b.proven,
    ...(acknowledged !== undefined && { acknowledged }),
  }
}

/** The first where the difference is positive; where there is none always the same one of the two. */
function preferred(a: Latch, b: Latch, difference: number): Latch {
  return (difference || compare(a, b)) >= 0 ? a : b
}

function compare(a: unknown, b: unknown): number {
  const [one, two] = [JSON.stringify(a), JSON.stringify(b)]
  return one < two ? -1 : one > two ? 1 : 0
}
