import type { Batch } from '../core/observation.ts'
import type { Millis } from '../core/time.ts'
import { correctedBatches } from '../rollout/correction.ts'
import { steadyClock } from './clock.ts'

/** Least time between two steps that polled batches cause; it delays by less than that what comes every 100 ms at most. */
const SPACING: Millis = 20

/** Answers to attempts that began on one beat come within a few milliseconds: one step for all of them. */
const GATHERING: Millis = 4

/** How long an attempt that saw what the last one saw may wait for others: it changes nothing but the date of that. */
const UNHURRIED: Millis = 250

/** Batches until the step that judges them. */
export interface Inbox {
  take(batch: Batch): void
  /**
   * With what arrives within a few milliseconds; what is no news with what arrives within a quarter of a second. Gives
   * whether it is news.
   */
  takeSoon(batch: Batch): boolean
  /** What is in it was dated before the clock was corrected by this. */
  correct(by: Millis): void
  /** What came in since the last time; nothing is due any more. */
  empty(): readonly Batch[]
}

/**
 * @param due called when it is time for a step
 * @param bringsNews whether a batch may say anything that is not believed yet
 */
export function openInbox(due: () => void, bringsNews: (batch: Batch) => boolean): Inbox {
  let batches: Batch[] = []
  let immediate: NodeJS.Immediate | undefined
  let waiting: NodeJS.Timeout | undefined
  let waitsUntil = Infinity
  let emptiedAt = -Infinity

  function take(batch: Batch): void {
    batches.push(batch)
    immediate ??= setImmediate(due)
  }

  function wait(span: Millis, now: Millis): void {
    if (now + span >= waitsUntil) return
    clearTimeout(waiting)
    waitsUntil = now + span
    waiting = setTimeout(due, span)
  }

  return {
    take,
    takeSoon(batch) {
      batches.push(batch)
      const now = steadyClock.now()
      const isNews = bringsNews(batch)
      wait(isNews ? Math.max(GATHERING, emptiedAt + SPACING - now) : UNHURRIED, now)
      return isNews
    },
    correct(by) {
      batches = [...correctedBatches(batches, by)]
    },
    empty() {
      clearImmediate(immediate)
      clearTimeout(waiting)
      immediate = undefined
      waiting = undefined
      waitsUntil = Infinity
      emptiedAt = steadyClock.now()
      const taken = batches
      batches = []
      return taken
    },
  }
}
