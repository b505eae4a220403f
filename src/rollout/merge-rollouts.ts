import { allExpected } from '../core/expected.ts'
import { isActive, phases, type Phase, type Rollout } from '../core/rollout.ts'

/** Which rollout it is that both replicas of the daemon remember from now on. */
export interface MergedRollout {
  readonly rollout?: Rollout
  /** Whose it is: what belongs to a rollout is taken from there. */
  readonly side: 'both' | 'ours' | 'theirs'
  /** The one that gave way while it was under way. */
  readonly loser?: Rollout
}

/** Of two rollouts the later; of one that both know the furthest state. */
export function mergeRollouts(
  base: Rollout | undefined,
  ours: Rollout | undefined,
  theirs: Rollout | undefined,
): MergedRollout {
  if (ours === undefined && theirs === undefined) return { side: 'both' }
  if (ours === undefined || theirs === undefined)
    return ours === undefined
      ? { side: 'theirs', ...(theirs && { rollout: theirs }) }
      : { side: 'ours', rollout: ours }
  if (isOneRollout(base, ours, theirs)) return { side: 'both', rollout: united(base, ours, theirs) }
  const side = laterSide(base, ours, theirs)
  const [winner, other] = side === 'ours' ? [ours, theirs] : [theirs, ours]
  return { side, rollout: winner, ...(isActive(other) && { loser: other }) }
}

/** One that was begun anew under its old id, after another, is another one. */
function isOneRollout(base: Rollout | undefined, ours: Rollout, theirs: Rollout): boolean {
  if (ours.id !== theirs.id) return false
  if (base?.id !== ours.id) return true
  const isAnew = (one: Rollout, other: Rollout) =>
    one.startedAt === base.startedAt && other.startedAt > base.startedAt
  return !isAnew(ours, theirs) && !isAnew(theirs, ours)
}

/** Who knew the one that both knew has replaced it knowingly; only where both did, their clocks are compared. */
function laterSide(base: Rollout | undefined, ours: Rollout, theirs: Rollout): 'ours' | 'theirs' {
  if (isSameRun(base, ours)) return 'theirs'
  if (isSameRun(base, theirs)) return 'ours'
  if (ours.startedAt !== theirs.startedAt) return ours.startedAt > theirs.startedAt ? 'ours' : 'theirs'
  return ours.id > theirs.id ? 'ours' : 'theirs'
}

function isSameRun(base: Rollout | undefined, other: Rollout): boolean {
  return base?.id === other.id && base.startedAt === other.startedAt
}

/** What two replicas know of one rollout. Phases may go back, so a change counts more than how far it is. */
export function united(base: Rollout | undefined, a: Rollout, b: Rollout): Rollout {
  const known = base?.id === a.id ? base : undefined
  const first = earlier(a, b)
  const second = first === a ? b : a
  const declared = [first, second].find((one) => one.detectedBy === 'declared') ?? first
  const told = toldEnd(a, b)
  const phase = told?.phase ?? changed<Phase>(known?.phase, a.phase, b.phase, further)
  const ended = told === undefined ? [a, b].filter((one) => one.phase === phase) : [told]
  const ends = ended.flatMap((one) => one.finishedAt ?? [])
  const forced = ended.map((one) => one.forced).reduce(larger, undefined)
  const supersededBy = ended.map((one) => one.supersededBy).reduce(larger, undefined)
  const { actor, reason, detectedBy } = declared
  const revision = changed(known?.revision, a.revision, b.revision, larger)
  const chart = changed(known?.chart, a.chart, b.chart, larger)
  const images = changed(known?.images, a.images, b.images, larger)
  // Each was declared by a pipeline: all of it must arrive.
  const expected = allExpected(a.expected ?? [], b.expected ?? [])
  return {
    id: a.id,
    phase,
    startedAt: first.startedAt,
    ...(ends.length > 0 && { finishedAt: Math.min(...ends) }),
    detectedBy,
    ...(actor !== undefined && { actor }),
    ...(reason !== undefined && { reason }),
    ...(revision !== undefined && { revision }),
    ...(chart !== undefined && { chart }),
    ...(images !== undefined && { images }),
    ...(expected.length > 0 && { expected }),
    ...(forced !== undefined && { forced }),
    ...(supersededBy !== undefined && { supersededBy }),
  }
}

/** The end that was told or seen at one replica, where the other only put another rollout in its place. */
function toldEnd(a: Rollout, b: Rollout): Rollout | undefined {
  if ((a.supersededBy === undefined) === (b.supersededBy === undefined)) return undefined
  const other = a.supersededBy === undefined ? a : b
  return isActive(other) ? undefined : other
}

/** What only one has changed counts; of two changes the one that `choose` takes. */
function changed<T>(base: T | undefined, a: T, b: T, choose: (a: T, b: T) => T): T {
  const [before, one, other] = [base, a, b].map((value) => JSON.stringify(value))
  if (one === other || other === before) return a
  return one === before ? b : choose(a, b)
}

function further(a: Phase, b: Phase): Phase {
  return phases.indexOf(a) >= phases.indexOf(b) ? a : b
}

function larger<T>(a: T, b: T): T {
  if (a === undefined || b === undefined) return a ?? b
  const [one, other] = [a, b].map((value) => JSON.stringify(value))
  return (one ?? '').localeCompare(other ?? '', 'en', { numeric: true }) >= 0 ? a : b
}

function earlier(a: Rollout, b: Rollout): Rollout {
  if (a.startedAt !== b.startedAt) return a.startedAt < b.startedAt ? a : b
  return JSON.stringify(a) <= JSON.stringify(b) ? a : b
}
