/** Milliseconds since the Unix epoch, by the wall clock of the machine: it may be set, forward or back. */
export type Instant = number

/** A span of time in milliseconds. */
export type Millis = number

/** The only source of instants; handed in from the outside so that hours can be played in a test. */
export interface Clock {
  /** Goes as steadily as time does between two calls of `follow`. */
  now(): Instant
  /**
   * Takes over what the machine's wall clock says now, and gives by how much that moves `now()`: positive when the wall
   * clock was set forward or the machine slept. The engine asks once for each step and corrects what it holds, so
   * nothing else may call it. Absent: a clock that nothing can set.
   */
  follow?(): Millis
  /** What `follow` would give now; it changes nothing. */
  drift?(): Millis
}

export const SECOND: Millis = 1_000
export const MINUTE: Millis = 60 * SECOND
export const HOUR: Millis = 60 * MINUTE

/** How far another clock may be ahead of ours: what is not synchronised by then is set wrong. */
export const SKEW: Millis = 60 * SECOND

/** A span in the words of a message: `850 ms`, `42 s`, `5 min`, `1 h 35 min`. */
export function inWords(span: Millis): string {
  if (span < SECOND) return `${Math.max(0, Math.round(span))} ms`
  const seconds = Math.round(span / SECOND)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const rest = minutes % 60
  return rest === 0 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60)} h ${rest} min`
}

/** The time of day of an instant, in UTC and whole seconds: `20:15:00 UTC`. */
export function timeOfDay(instant: Instant): string {
  const seconds = Math.floor(instant / SECOND)
  const parts = [Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60, seconds % 60]
  return `${parts.map((part) => String(part).padStart(2, '0')).join(':')} UTC`
}
