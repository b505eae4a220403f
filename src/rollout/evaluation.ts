import type { Batch } from '../core/observation.ts'
import { beside } from '../core/beside.ts'
import { momentAt } from '../core/moment.ts'
import { isActive } from '../core/rollout.ts'
import type { Rules, Snapshot } from '../core/snapshot.ts'
import { dueOf, isRestated, step } from '../core/step.ts'
import type { Instant } from '../core/time.ts'
import { follow } from './detection.ts'
import { ofItsTime } from './evidence.ts'
import type { Event, Ledger } from './ledger.ts'
import { remember, type Memory } from './memory.ts'
import { settledOverrides } from './overrides.ts'
import { isOverdue } from './telling.ts'

/** What is believed, and what of it must survive a restart. */
export interface Evaluated {
  readonly snapshot: Snapshot
  /** The same object as before when there is nothing new to remember. */
  readonly memory: Memory
}

export interface News {
  readonly now: Instant
  readonly batches: readonly Batch[]
  /** What a command made of the snapshot, when one was given. */
  readonly commanded?: Snapshot
  /** What happened beside that, for the ledger. */
  readonly events?: readonly Event[]
}

/** Of a snapshot that an evaluation came to and that gave nothing to remember. */
interface Quiet {
  /** When time alone may give something to remember, or another rollout. */
  readonly due: Instant
  readonly ledger: Ledger
}

const quiets = beside<Snapshot, Quiet>()

/** When an evaluation without news may come to anything else, by time alone; in the past where that is not known. */
export function nextDue({ snapshot }: Evaluated): Instant {
  return Math.min(dueOf(snapshot), quiets.get(snapshot)?.due ?? -Infinity)
}

/** Whether an evaluation found nothing to judge: only the dates of looks moved on. */
export function isNothingNew(before: Evaluated, after: Evaluated): boolean {
  return before.memory === after.memory && isRestated(before.snapshot, after.snapshot)
}

/**
 * One evaluation: a step, what it means for the rollout, and what must be remembered of both.
 * @param release name of the Helm release
 */
export function evaluate(
  { snapshot: before, memory }: Evaluated,
  { now, batches, commanded = before, events = [] }: News,
  rules: Rules,
  release: string,
): Evaluated {
  const judged = step(ofItsTime(commanded, now), batches, now, rules, before)
  const quiet = quiets.get(commanded)
  const isNothing = events.length === 0 && commanded === before && isRestated(before, judged)
  if (isNothing && quiet !== undefined && quiet.ledger === memory.ledger && judged.at < quiet.due) {
    quiets.set(judged, quiet)
    return { snapshot: judged, memory }
  }
  const moment = momentAt(judged.at)
  const followed = follow(judged, rules, release, moment)
  const settled = settledOverrides(followed?.snapshot ?? judged, moment)
  const next = settled?.snapshot ?? followed?.snapshot
  const after = next === undefined ? judged : judgedAnew(judged, next, now, rules)
  const found = [...(followed?.events ?? []), ...(settled?.events ?? [])]
  const isNews =
    after.revision !== before.revision ||
    after.baselines !== before.baselines ||
    isOverdue(memory.ledger, before, after, moment)
  if (!isNews && events.length + found.length === 0) {
    if (after === judged) quiets.set(after, { due: moment.due(), ledger: memory.ledger })
    return { snapshot: after, memory }
  }
  // What ends a rollout comes after what was judged, and that belongs to the rollout still.
  if (isActive(judged.rollout) && !isActive(after.rollout))
    return {
      snapshot: after,
      memory: remember(remember(memory, before, judged, events, rules), judged, after, found, rules),
    }
  return { snapshot: after, memory: remember(memory, before, after, [...events, ...found], rules) }
}

/**
 * What is expected of a phase holds from its beginning, and what is overridden for a rollout no longer than that: nothing is
 * shown that was judged by the one before it.
 */
function judgedAnew(judged: Snapshot, followed: Snapshot, now: Instant, rules: Rules): Snapshot {
  const [before, after] = [judged.rollout, followed.rollout]
  const isSame = before?.id === after?.id && before?.phase === after?.phase
  const isOpened = judged.overrides !== followed.overrides
  return !isOpened && (isSame || !isActive(after)) ? followed : step(followed, [], now, rules, judged)
}
