import type { Snapshot } from '../core/snapshot.ts'
import { preexistingLatch, type StopStatus } from '../core/stop.ts'
import type { Instant } from '../core/time.ts'

/** Of what was latched before a rollout nothing is left; what fires when it begins is latched. */
export function relatched(
  stops: Snapshot['stops'],
  now: Instant,
  wasFiring: (status: StopStatus) => boolean = () => true,
): Snapshot['stops'] {
  return new Map(
    [...unlatched(stops)].map(([stop, status]) => {
      const latch = { ...preexistingLatch(status, now), preexisting: wasFiring(status) }
      return [stop, status.state === 'firing' ? { ...status, latch } : status]
    }),
  )
}

/** The same without latches. */
export function unlatched(stops: Snapshot['stops']): Snapshot['stops'] {
  return new Map([...stops].map(([stop, { latch: _, ...status }]) => [stop, status]))
}
