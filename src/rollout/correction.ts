import type { Beliefs } from '../core/belief.ts'
import { PUSHED_EVIDENCE, type Observation, type Batch } from '../core/observation.ts'
import { FIRST_SEEN, isActive } from '../core/rollout.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { StopStatus } from '../core/stop.ts'
import type { Streak, Streaks } from '../core/streak.ts'
import type { Instant, Millis } from '../core/time.ts'
import { firingOf, JOBS_OVER, MOVED_AT, TRIGGER, withBaselines, type Baselines } from './baselines.ts'

/**
 * The same belief after the clock was corrected, so that a span that was measured here stays as long as it was.
 *
 * Forward it is unknown whether the clock was wrong or the machine slept. Looks grow old by the jump, and one that is
 * longer than the longest gap is a gap like any other; what counts towards a hold, a calm or the steady time does not
 * grow by time without an attempt. Backward everything that was dated here is dated anew, since nothing else would
 * be judged until the old time has come again. When something happened (a rollout, a latch, an acknowledgement) is a
 * fact that others know too and stays, and pushed evidence has a time of its own.
 *
 * @param by what `Clock.follow` gave
 */
export function corrected(snapshot: Snapshot, by: Millis): Snapshot {
  if (by === 0) return snapshot
  const dated = by < 0 ? datedAnew(snapshot, by) : snapshot
  return {
    ...dated,
    checks: mapped(dated.checks, (status) => ({ ...status, streaks: movedStreaks(status.streaks, by) })),
    stops: mapped(dated.stops, (status) => movedStop(status, by)),
    baselines: movedBaselines(dated.baselines, [MOVED_AT, JOBS_OVER], by),
    verdict: moved(dated.verdict, ['provenSince'], by),
    ...(dated.questions !== undefined && {
      questions: mapped(dated.questions, (verdict) => moved(verdict, ['provenSince'], by)),
    }),
  }
}

/** RepeatingTask that are not judged yet, of looks that ended before the clock was set back by `by` (negative). */
export function correctedBatches(batches: readonly Batch[], by: Millis): readonly Batch[] {
  if (by >= 0) return batches
  return batches.map((batch) => ({
    ...moved(batch, ['at'], by),
    observations: batch.observations.map((observation) => movedLook(batch.probe, observation, by)),
  }))
}

/**
 * What was remembered by a clock that was ahead: baselines of time that have yet to come would make what is measured from
 * them wait for that. When a rollout that has yet to begin by this clock was seen to begin is not known better.
 */
export function withoutTheFuture(snapshot: Snapshot): Snapshot {
  const { at, rollout } = snapshot
  const isAhead = isActive(rollout) && rollout.startedAt > at
  const timed = [
    MOVED_AT,
    JOBS_OVER,
    TRIGGER,
    ...firings(snapshot.baselines),
    ...(isAhead ? [] : [FIRST_SEEN]),
  ]
  const changes = timed.flatMap((key): [string, Instant][] =>
    (snapshot.baselines.get(key) ?? -Infinity) > at ? [[key, at]] : [],
  )
  const baselines = withBaselines(snapshot.baselines, changes)
  return baselines === snapshot.baselines ? snapshot : { ...snapshot, baselines }
}

function datedAnew(snapshot: Snapshot, by: Millis): Snapshot {
  const { checks, gates, stops, baselines } = snapshot
  const dated = {
    ...moved(snapshot, ['at'], by),
    beliefs: movedBeliefs(snapshot.beliefs, by),
    checks: mapped(checks, (status) => moved(status, ['since'], by)),
    gates: mapped(gates, (status) => moved(status, ['since'], by)),
    stops: mapped(stops, (status) => moved(status, ['since'], by)),
    baselines: movedBaselines(baselines, [TRIGGER, ...firings(baselines)], by),
    verdict: moved(snapshot.verdict, ['since'], by),
    ...(snapshot.questions !== undefined && {
      questions: mapped(snapshot.questions, (verdict) => moved(verdict, ['since'], by)),
    }),
  }
  return withoutTheFuture(dated)
}

function movedStop(status: StopStatus, by: Millis): StopStatus {
  const streaks = movedStreaks(status.streaks, by)
  return { ...moved(status, ['wellSince', 'lastEventAt'], by), streaks }
}

function movedStreaks(streaks: Streaks, by: Millis): Streaks {
  return mapped(streaks, (streak: Streak) =>
    moved(streak, ['since', 'firstSeen', 'breachedSince', 'lastSeen'], by),
  )
}

function movedBeliefs(beliefs: Beliefs, by: Millis): Beliefs {
  return new Map(
    [...beliefs].map(([probe, belief]) => [
      probe,
      {
        ...moved(belief, ['at'], by),
        targets: mapped(belief.targets, (one) => ({
          ...moved(one, ['lastSuccessAt'], by),
          ...(one.last !== undefined && { last: movedLook(probe, one.last, by) }),
        })),
      },
    ]),
  )
}

/** When pushed evidence was issued is said by a clock of its own. */
function movedLook(probe: string, look: Observation, by: Millis): Observation {
  return probe === PUSHED_EVIDENCE ? look : moved(look, ['at'], by)
}

function movedBaselines(baselines: Baselines, keys: readonly string[], by: Millis): Baselines {
  return withBaselines(
    baselines,
    keys.flatMap((key): [string, Instant][] => {
      const at = baselines.get(key)
      return at === undefined ? [] : [[key, at + by]]
    }),
  )
}

function firings(baselines: Baselines): readonly string[] {
  return [...baselines.keys()].filter((key) => key.startsWith(firingOf('')))
}

function mapped<K, V>(map: ReadonlyMap<K, V>, change: (value: V) => V): ReadonlyMap<K, V> {
  return new Map([...map].map(([key, value]) => [key, change(value)]))
}

/** The same with these instants moved, where they are there. */
function moved<T extends object>(value: T, fields: readonly (keyof T)[], by: Millis): T {
  const next = { ...value }
  for (const field of fields) {
    const at: unknown = next[field]
    if (typeof at === 'number') next[field] = (at + by) as T[typeof field]
  }
  return next
}
