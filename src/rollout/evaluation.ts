import type { Batch } from '../core/observation.ts'
import { isActive } from '../core/rollout.ts'
import type { Rules, Snapshot } from '../core/snapshot.ts'
import { step } from '../core/step.ts'
import type { Instant } from '../core/time.ts'
import { follow } from './detection.ts'
import { ofItsTime } from './evidence.ts'
import type { Event } from './ledger.ts'
import { remember, type Memory } from './memory.ts'
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
  const judged = step(ofItsTime(commanded, now), batches, now, rules)
  const followed = follow(judged, rules, release)
  const after = followed === undefined ? judged : judgedAnew(judged, followed.snapshot, now, rules)
  const found = followed?.events ?? []
  const isNews =
    after.revision !== before.revision ||
    after.baselines !== before.baselines ||
    isOverdue(memory.ledger, before, after)
  if (!isNews && events.length + found.length === 0) return { snapshot: after, memory }
  // What ends a rollout comes after what was judged, and that belongs to the rollout still.
  if (isActive(judged.rollout) && !isActive(after.rollout))
    return {
      snapshot: after,
      memory: remember(remember(memory, before, judged, events), judged, after, found),
    }
  return { snapshot: after, memory: remember(memory, before, after, [...events, ...found]) }
}

/** What is expected of a phase holds from its beginning: nothing is shown that was judged by the one before it. */
function judgedAnew(judged: Snapshot, followed: Snapshot, now: Instant, rules: Rules): Snapshot {
  const [before, after] = [judged.rollout, followed.rollout]
  const isSame = before?.id === after?.id && before?.phase === after?.phase
  return isSame || !isActive(after) ? followed : step(followed, [], now, rules)
}
