import { meaning } from '../core/change.ts'
import { heldEvidence } from '../core/pushed.ts'
import { isActive, ROLLOUT_BASELINE, type Rollout } from '../core/rollout.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { settleable } from '../core/baselines.ts'
import { preexistingLatch, type StopStatus } from '../core/stop.ts'
import { mergeEvidence, ofItsTime, withEvidence } from './evidence.ts'
import { firingOf, isBookkeeping, settledOf } from './baselines.ts'
import { overridesIn, type Memory } from './memory.ts'

/**
 * Makes what another replica of the daemon remembered our own: the rollout, latches with acknowledgements, what was
 * dealt with, evidence. What we see ourselves (states, findings, holds) stays as we see it.
 * @param memory ours and the other's, merged
 */
export function adopt(snapshot: Snapshot, memory: Memory): Snapshot {
  const baselines = adoptedBaselines(snapshot, memory)
  const ids = [...Object.keys(memory.latches), ...Object.keys(memory.firings)]
  const stops = new Map<string, StopStatus>()
  for (const id of new Set([...snapshot.stops.keys(), ...ids]))
    stops.set(id, adoptedStop(snapshot.stops.get(id) ?? unseen(id, snapshot.at), memory, baselines))
  const { rollout: _rollout, overrides: _overrides, ...own } = snapshot
  const adopted: Snapshot = {
    ...own,
    stops,
    baselines,
    begun: memory.begun,
    impediments: new Map(Object.entries(memory.impediments ?? {})),
    ...(memory.rollout !== undefined && { rollout: memory.rollout }),
    ...overridesIn(memory),
  }
  // What was pushed here in the meantime is kept, about the rollout as the other replica has it.
  const starts = snapshot.rollout === undefined ? [] : [snapshot.rollout.startedAt]
  const evidence = mergeEvidence(heldEvidence(snapshot), memory.evidence, memory, starts)
  const next = ofItsTime(withEvidence(adopted, evidence), snapshot.at)
  return meaning(next) === meaning(snapshot) ? next : { ...next, revision: snapshot.revision + 1 }
}

/**
 * Latches what fires in a rollout that another replica began: it did not see this fire, or it would have latched it.
 * Gives the same snapshot when there is nothing to latch.
 */
export function latchStanding(snapshot: Snapshot): Snapshot {
  const { rollout, at } = snapshot
  if (!isActive(rollout)) return snapshot
  const standing = [...snapshot.stops.values()].filter(
    ({ state, latch }) => state === 'firing' && latch === undefined,
  )
  if (standing.length === 0) return snapshot
  const stops = new Map(snapshot.stops)
  for (const status of standing) {
    const preexisting = status.since < rollout.startedAt
    stops.set(status.id, { ...status, latch: { ...preexistingLatch(status, at), preexisting } })
  }
  return { ...snapshot, stops, revision: snapshot.revision + 1 }
}

function unseen(id: string, since: number): StopStatus {
  return { id, state: 'unknown', since, findings: [], streaks: new Map(), firings: 0 }
}

function adoptedStop(status: StopStatus, memory: Memory, baselines: Snapshot['baselines']): StopStatus {
  const { latch: own, lastEventAt, ...rest } = status
  const latch = memory.latches[status.id]
  const counted = settleable(status)
  // All that was counted is acknowledged, so its window need not pass any more.
  const isSettled =
    (counted.length > 0 && counted.every(({ key, value }) => (baselines.get(key) ?? -1) >= value)) ||
    (lastEventAt !== undefined && (baselines.get(settledOf(status.id)) ?? -Infinity) >= lastEventAt)
  const isAcknowledged = latch?.acknowledged !== undefined && own?.acknowledged === undefined
  return {
    ...rest,
    firings: Math.max(status.firings, memory.firings[status.id] ?? 0),
    ...(lastEventAt !== undefined && !isSettled && !isAcknowledged && { lastEventAt }),
    ...(latch !== undefined && { latch }),
  }
}

/**
 * Baselines are what was dealt with. That the other replica has dealt with more is taken, as far as we have seen it
 * ourselves; that a count began anew we see ourselves, and by an older look its old value would be news.
 */
function adoptedBaselines(snapshot: Snapshot, memory: Memory): Snapshot['baselines'] {
  const counted = countedIn(snapshot)
  const isOther = !isSameRun(snapshot.rollout, memory.rollout)
  const baselines = new Map<string, number>()
  const keys = new Set([...snapshot.baselines.keys(), ...Object.keys(memory.baselines)])
  for (const key of keys) {
    const [own, other] = [snapshot.baselines.get(key), memory.baselines[key]]
    const value = adoptedBaseline(key, own, other, counted.get(key), isOther)
    if (value !== undefined) baselines.set(key, value)
  }
  return baselines
}

function adoptedBaseline(
  key: string,
  own: number | undefined,
  other: number | undefined,
  counted: number | undefined,
  isOtherRollout: boolean,
): number | undefined {
  // Since when something fires is what we see ourselves.
  if (key.startsWith(firingOf(''))) return own
  if (isBookkeeping(key)) return other
  if (key.startsWith(ROLLOUT_BASELINE)) return isOtherRollout ? other : (other ?? own)
  if (own === undefined || other === undefined) return own ?? other
  return other > own ? Math.max(own, Math.min(other, counted ?? other)) : own
}

/** The counts that we have seen, by the keys of their baselines. */
function countedIn({ stops, checks }: Snapshot): ReadonlyMap<string, number> {
  const counted = new Map<string, number>()
  for (const { findings } of [...checks.values(), ...stops.values()])
    for (const { tally } of findings) if (tally !== undefined) counted.set(tally.key, tally.value)
  return counted
}

function isSameRun(a: Rollout | undefined, b: Rollout | undefined): boolean {
  return a?.id === b?.id && a?.startedAt === b?.startedAt
}
