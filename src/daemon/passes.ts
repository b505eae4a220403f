import type { Clock, Instant, Millis } from '../core/time.ts'

/**
 * Longest time between two passes. It is well below the gap that breaks what stood, so that only a process that did not run
 * has one.
 */
const PULSE: Millis = 1_500

/** Least time until what came out other than it was is judged once more; news that come before that do it on the way. */
const ONCE_MORE: Millis = 250

/** Calls for a pass when one is due though no news came. */
export interface Passes {
  /**
   * To be called after each pass.
   * @param due when time alone may change anything; in the past where that is not known
   */
  next(due: Instant): void
  stop(): void
}

export function newPasses(clock: Clock, pass: () => void): Passes {
  let at = Infinity
  let timer: NodeJS.Timeout | undefined

  function schedule(next: Instant, now: Instant): void {
    // A pass that comes too early costs less than to set its timer anew.
    if (timer !== undefined && at <= next) return
    clearTimeout(timer)
    at = next
    timer = setTimeout(() => {
      timer = undefined
      pass()
    }, next - now)
  }

  schedule(clock.now() + PULSE, clock.now())
  return {
    next(due) {
      const now = clock.now()
      schedule(now + Math.min(PULSE, due > now ? due - now : ONCE_MORE), now)
    },
    stop: () => clearTimeout(timer),
  }
}
