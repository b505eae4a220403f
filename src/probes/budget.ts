import type { Target } from '../core/observation.ts'
import { SECOND, type Millis } from '../core/time.ts'
import type { Pace, Probe } from './probe.ts'

/**
 * Attempts a second at all replicas together. 0.2 ms of CPU were measured for each, the collection of garbage and all that
 * follows from it included, so that these are 0.3 of a core however many replicas there are; 12 replicas come to 90
 * attempts, and 200 in equal parts to all.
 */
export const ATTEMPTS = 1_500

/**
 * The same probes, of which none asks so often that all together make more attempts a second than they may. What is asked
 * most often gives way first, and all of that alike; what is asked seldom stays as it is. How long an outcome is believed
 * follows the interval.
 */
export function withinBudget(probes: readonly Probe[], most = ATTEMPTS): readonly Probe[] {
  const listed = new Map<Probe, readonly Target[]>()
  let least: Pick<Pace, 'brisk' | 'quiet'> | undefined

  function leastNow(): Pick<Pace, 'brisk' | 'quiet'> {
    const paces = [...listed].flatMap(([probe, targets]) => targets.map((target) => probe.pace(target)))
    return {
      brisk: leastInterval(
        paces.map(({ brisk }) => brisk),
        most,
      ),
      quiet: leastInterval(
        paces.map(({ quiet }) => quiet),
        most,
      ),
    }
  }

  return probes.map((probe) => ({
    ...probe,
    targets() {
      const targets = probe.targets()
      listed.set(probe, targets)
      // They are listed every second: by then they may also be asked at another pace.
      least = undefined
      return targets
    },
    pace(target) {
      const own = probe.pace(target)
      least ??= leastNow()
      const { brisk, quiet } = least
      return brisk === 0 && quiet === 0 ? own : slowed(own, brisk, quiet)
    },
  }))
}

function slowed(own: Pace, brisk: Millis, quiet: Millis): Pace {
  // What is due at once is so once.
  const atLeast = (interval: Millis, least: Millis) => (interval === 0 ? 0 : Math.max(interval, least))
  return { ...own, brisk: atLeast(own.brisk, brisk), quiet: atLeast(own.quiet, quiet) }
}

/** The least interval that makes these `most` attempts a second together; 0 where they are no more anyway. */
export function leastInterval(intervals: readonly Millis[], most: number): Millis {
  const ascending = intervals.filter((interval) => interval > 0).toSorted((a, b) => a - b)
  let rest = ascending.reduce((sum, interval) => sum + SECOND / interval, 0)
  if (rest <= most) return 0
  for (const [index, interval] of ascending.entries()) {
    rest -= SECOND / interval
    const least = ((index + 1) * SECOND) / (most - rest)
    // The slower ones keep their own interval, or this one is slowed too.
    if (rest < most && least <= (ascending[index + 1] ?? Infinity)) return least
  }
  return Infinity
}
