import type { Clock, Instant, Millis } from '../core/time.ts'

/**
 * The wall clock is read in whole milliseconds, and the process may lose its turn between two readings: a smaller
 * difference is no correction.
 */
const GRAIN: Millis = 20

/** For durations alone: milliseconds since the process began, which no correction moves. */
export const steadyClock: Clock = { now: () => performance.now() }

/**
 * Instants by the wall clock, which go as steadily as time does until they are asked to follow it. So a correction of
 * the machine's clock moves everything at one place and at one moment, and every document and header agree before and
 * after it.
 *
 * @param wall milliseconds since the epoch, by a clock that may be set
 * @param steady milliseconds by a clock that nothing sets, and that stops while the machine sleeps
 */
export function wallClock(
  wall: () => Instant = () => Date.now(),
  steady: () => Millis = () => performance.now(),
): Clock {
  let offset = wall() - steady()
  return {
    now: () => offset + steady(),
    drift: () => wall() - steady() - offset,
    follow() {
      const before = steady()
      const measured = wall() - before
      // A turn was lost between the two readings: the next step asks again.
      if (steady() - before > GRAIN / 4) return 0
      const by = measured - offset
      if (Math.abs(by) < GRAIN) return 0
      offset = measured
      return by
    },
  }
}
