import type { Round } from '../core/observation.ts'
import type { Millis } from '../core/time.ts'
import { correctedRounds } from '../rollout/correction.ts'
import { steadyClock } from './clock.ts'

/**
 * Least time between two steps that polled rounds cause. In the brisk cadence some 75 rounds arrive in a second; this
 * makes 42 steps of them, and delays by less than 20 ms what comes every 100 ms at most.
 */
const SPACING: Millis = 20

/** Rounds until the step that judges them. */
export interface Inbox {
  take(round: Round): void
  /** At once, or with what arrives within a few milliseconds. */
  takeSoon(round: Round): void
  /** What is in it was dated before the clock was corrected by that. */
  correct(by: Millis): void
  /** What came in since the last time; nothing is due any more. */
  empty(): readonly Round[]
}

/** @param due called when it is time for a step */
export function openInbox(due: () => void): Inbox {
  let rounds: Round[] = []
  let immediate: NodeJS.Immediate | undefined
  let waiting: NodeJS.Timeout | undefined
  let emptiedAt = -Infinity

  function take(round: Round): void {
    rounds.push(round)
    immediate ??= setImmediate(due)
  }

  return {
    take,
    takeSoon(round) {
      const wait = emptiedAt + SPACING - steadyClock.now()
      if (wait <= 0) return take(round)
      rounds.push(round)
      waiting ??= setTimeout(due, wait)
    },
    correct(by) {
      rounds = [...correctedRounds(rounds, by)]
    },
    empty() {
      clearImmediate(immediate)
      clearTimeout(waiting)
      immediate = undefined
      waiting = undefined
      emptiedAt = steadyClock.now()
      const taken = rounds
      rounds = []
      return taken
    },
  }
}
