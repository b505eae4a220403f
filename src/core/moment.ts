import type { Instant } from './time.ts'

/**
 * One instant of judging. What is asked of time alone is asked here, so that it is known when time alone would give another
 * answer.
 */
export interface Moment {
  readonly now: Instant
  /** Whether `instant` has come. */
  readonly reached: (instant: Instant) => boolean
  /** Whether `instant` is over: not yet when it has just come. */
  readonly passed: (instant: Instant) => boolean
}

/** A moment that remembers what was asked of it. */
export interface NotedMoment extends Moment {
  /** The first instant at which an answer that was given will be another; Infinity where none will. */
  readonly due: () => Instant
}

export function momentAt(now: Instant): NotedMoment {
  let due = Infinity

  function noted(isOver: boolean, instant: Instant): boolean {
    if (!isOver) due = Math.min(due, instant)
    return isOver
  }

  return {
    now,
    due: () => due,
    reached: (instant) => noted(now >= instant, instant),
    passed: (instant) => noted(now > instant, instant),
  }
}
