import { isActive, ROLLOUT_BASELINE } from '../core/rollout.ts'
import type { Instant } from '../core/time.ts'
import { mergeEvidence } from './evidence.ts'
import { append } from './ledger.ts'
import { isBookkeeping } from './baselines.ts'
import { nothingRemembered, type Memory } from './memory.ts'
import { mergeLives } from './lives.ts'
import { mergeHistories } from './merge-history.ts'
import { mergeLatches, type Latches } from './merge-latches.ts'
import { isContinued, mergeLedgers } from './merge-ledger.ts'
import { mergeOverrides } from './merge-overrides.ts'
import { mergeRollouts, type MergedRollout } from './merge-rollouts.ts'
import { unitedCourse } from './proof.ts'

/**
 * What two replicas of the daemon remember together, both having gone on from what was common. Nothing that either has judged
 * or been told is lost: what only one has changed is taken, and where both have, what fires rather than what hides.
 */
export function merge(common: Memory, ours: Memory, theirs: Memory): Memory {
  // Theirs that began anew, after what was kept was lost, has dropped nothing on purpose.
  const base = isContinued(common.ledger, theirs.ledger) ? common : nothingRemembered
  const merged = mergeRollouts(base.rollout, ours.rollout, theirs.rollout)
  const { rollout } = merged
  const { moved, ...chained } = mergeLedgers(common.ledger, ours.ledger, theirs.ledger)
  const ledger = append(chained.ledger, gaveWay(merged, ours, theirs))
  const rollouts = { ...(rollout && { rollout }), begun: mergeLives(ours.begun, theirs.begun) }
  const impediments = impedimentsOf(base, ours, theirs, merged)
  const overrides = mergeOverrides(base.overrides, ours.overrides, theirs.overrides)
  const course = isActive(rollout) ? courseOf(ours, theirs, merged) : undefined
  return {
    ...(rollout !== undefined && { rollout }),
    baselines: mergeBaselines(base, ours, theirs, merged),
    latches: latchesOf(base, ours, theirs, merged),
    firings: most(ours.firings, theirs.firings),
    ledger,
    history: mergeHistories(ours, theirs, merged, { ledger, moved }),
    begun: rollouts.begun,
    evidence: mergeEvidence(ours.evidence, theirs.evidence, rollouts, startsOf(merged, ours, theirs)),
    ...(Object.keys(overrides).length > 0 && { overrides }),
    ...(Object.keys(impediments).length > 0 && { impediments }),
    ...(course !== undefined && { course }),
  }
}

/** Verdicts belong to a rollout. */
function courseOf(ours: Memory, theirs: Memory, { side }: MergedRollout): Memory['course'] {
  return side === 'both' ? unitedCourse(ours.course, theirs.course) : (side === 'ours' ? ours : theirs).course
}

/** Latches belong to a rollout. One that was done while the other replica latched something is not over with that. */
function latchesOf(base: Memory, ours: Memory, theirs: Memory, { side, rollout }: MergedRollout): Latches {
  if (side !== 'both') return (side === 'ours' ? ours : theirs).latches
  const before = base.rollout?.id === rollout?.id ? base.latches : {}
  const isOurEnd = !isActive(ours.rollout) && isActive(theirs.rollout)
  const isTheirEnd = !isActive(theirs.rollout) && isActive(ours.rollout)
  if (!isOurEnd && !isTheirEnd) return mergeLatches(before, ours.latches, theirs.latches)
  const [ended, other] = isOurEnd ? [ours, theirs] : [theirs, ours]
  if (rollout?.phase !== 'done') return ended.latches
  const standing = Object.entries(other.latches).filter(
    ([id, latch]) => latch.acknowledged === undefined && before[id]?.at !== latch.at,
  )
  return mergeLatches({}, ended.latches, Object.fromEntries(standing))
}

/**
 * Baselines by key. A count is judged by what came after its baseline, a level by what is above it, so of two new values the
 * lower fires where the other would hide. What is only noted to find out about rollouts is newer when it is higher.
 */
function mergeBaselines(
  base: Memory,
  ours: Memory,
  theirs: Memory,
  merged: MergedRollout,
): Memory['baselines'] {
  const baselines: [string, number][] = []
  const keys = new Set([...Object.keys(theirs.baselines), ...Object.keys(ours.baselines)])
  for (const key of [...keys].toSorted()) {
    const [before, our, their] = [base.baselines[key], ours.baselines[key], theirs.baselines[key]]
    const value = mergeBaseline(key, before, our, their, baselineSide(ours, theirs, merged))
    if (value !== undefined) baselines.push([key, value])
  }
  return Object.fromEntries(baselines)
}

/** Whose baselines go with the rollout, when it is not the rollout of both from the same instant on. */
function baselineSide(ours: Memory, theirs: Memory, { side, rollout }: MergedRollout): MergedRollout['side'] {
  if (side !== 'both' || ours.rollout?.startedAt === theirs.rollout?.startedAt) return side
  return ours.rollout?.startedAt === rollout?.startedAt ? 'ours' : 'theirs'
}

function mergeBaseline(
  key: string,
  before: number | undefined,
  our: number | undefined,
  their: number | undefined,
  side: MergedRollout['side'],
): number | undefined {
  const isBaseline = key.startsWith(ROLLOUT_BASELINE)
  if (isBaseline && side !== 'both') return side === 'ours' ? our : their
  if (our === their || their === before) return our
  if (our === before) return their
  if (our === undefined || their === undefined) return our ?? their
  if (!isBookkeeping(key)) return Math.min(our, their)
  if (side !== 'both') return side === 'ours' ? our : their
  return Math.max(our, their)
}

/** A rollout that begins takes away what stood in the way of judging the last one. */
function impedimentsOf(
  base: Memory,
  ours: Memory,
  theirs: Memory,
  { side }: MergedRollout,
): NonNullable<Memory['impediments']> {
  if (side !== 'both') return (side === 'ours' ? ours : theirs).impediments ?? {}
  const [before, own, other] = [base.impediments ?? {}, ours.impediments ?? {}, theirs.impediments ?? {}]
  const standing = [...new Set([...Object.keys(own), ...Object.keys(other)])].filter(
    (id) => (id in own && id in other) || !(id in before),
  )
  return Object.fromEntries(standing.map((id) => [id, other[id] ?? own[id] ?? '']))
}

/** Both see the same firings, so they do not add up. */
function most(ours: Memory['firings'], theirs: Memory['firings']): Memory['firings'] {
  const firings = { ...theirs }
  for (const [id, count] of Object.entries(ours)) firings[id] = Math.max(count, firings[id] ?? 0)
  return firings
}

/** When either saw the rollout begin that both have. */
function startsOf({ side }: MergedRollout, ours: Memory, theirs: Memory): readonly Instant[] {
  if (side !== 'both') return []
  return [ours, theirs].flatMap(({ rollout }) => rollout?.startedAt ?? [])
}

/** The line that ends a rollout which another replica's replaced before it heard of it. */
function gaveWay({ rollout, loser, side }: MergedRollout, ours: Memory, theirs: Memory) {
  if (loser === undefined || rollout === undefined) return []
  const winners = (side === 'ours' ? ours : theirs).history
  const isKnown = winners.some(
    ({ rollout: { id, startedAt } }) => id === loser.id && startedAt === loser.startedAt,
  )
  if (isKnown) return []
  const message = `superseded by ${rollout.id}, which another replica of the daemon began`
  const { id: subject, phase: from } = loser
  const kind = 'rollout-finished' as const
  return [{ at: rollout.startedAt, kind, subject, message, from, to: 'superseded', rollout: subject }]
}
