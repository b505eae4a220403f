import type { Batch } from '../core/observation.ts'
import type { Millis } from '../core/time.ts'
import { correctedBatches } from '../rollout/correction.ts'
import { steadyClock } from './clock.ts'

/**
 * Least time between two steps that polled batches cause. In the brisk cadence some 75 batches arrive in a second; this
 * makes 42 steps of them, and delays by less than 20 ms what comes every 100 ms at most.
 */
const SPACING: Millis = 20

/** Batches until the step that judges them. */
export interface Inbox {
  take(batch: Batch): void
  /** At once, or with what arrives within a few milliseconds. */
  takeSoon(batch: Batch): void
  /** What is in it was dated before the clock was corrected by this. */
  correct(by: Millis): void
  /** What came in since the last time; nothing is due any more. */
  empty(): readonly Batch[]
}

/** @param due called when it is time for a step */
export function openInbox(due: () => void): Inbox {
  let batches: Batch[] = []
  let immediate: NodeJS.Immediate | undefined
  let waiting: NodeJS.Timeout | undefined
  let emptiedAt = -Infinity

  function take(batch: Batch): void {
    batches.push(batch)
    immediate ??= setImmediate(due)
  }

  return {
    take,
    takeSoon(batch) {
      const wait = emptiedAt + SPACING - steadyClock.now()
      if (wait <= 0) return take(batch)
      batches.push(batch)
      waiting ??= setTimeout(due, wait)
    },
    correct(by) {
      batches = [...correctedBatches(batches, by)]
    },
    empty() {
      clearImmediate(immediate)
      clearTimeout(waiting)
      immediate = undefined
      waiting = undefined
      emptiedAt = steadyClock.now()
      const taken = batches
      batches = []
      return taken
    },
  }
}
