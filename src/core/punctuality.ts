import type { UnknownReason } from './observation.ts'
import { inWords, SECOND, type Millis } from './time.ts'

/** How punctual the daemon was in the last `PUNCTUALITY_SPAN`, as it measured it. All times are within that span. */
export interface Punctuality {
  /** For how long its event loop stood still when it had something to do. */
  readonly lost: Millis
  /** The longest of these times. */
  readonly longest: Millis
  /** For how long its main thread was ready to run and had no CPU; absent where the kernel does not say. */
  readonly waited?: Millis
  /** For how long its main thread had a CPU; absent where the kernel does not say. */
  readonly ran?: Millis
}

/**
 * What is looked back at: long enough that one collection of garbage is no starvation, short enough that a daemon that
 * runs again says so within seconds.
 */
export const PUNCTUALITY_SPAN: Millis = 10 * SECOND

/**
 * A process that stood still for a quarter of a time cannot tell what was late in it. Below that, deadlines that count only
 * own time (`afterOwnTime`) give each target what it is due.
 */
const LATE_SHARE = 0.25

/** Starvation is over when there is hardly any, so that it does not come and go with each second. */
const PUNCTUAL_SHARE = 0.15

/** Id of the impediment of a daemon that does not run when it should. */
export const STARVED = 'starved'

/** Whether so much of the last seconds was lost that nothing slow may be blamed on others. */
export function isStarved({ lost }: Punctuality, before: boolean): boolean {
  return lost >= PUNCTUALITY_SPAN * (before ? PUNCTUAL_SHARE : LATE_SHARE)
}

/** No shorter time is worth an excuse: every look has several times as long. */
const LEAST_EXCUSE: Millis = 50

/**
 * A process that waits for a CPU for half of a time, in pieces however short, is on a machine that is so overloaded that others
 * on it are late too. On one that is merely busy it is a third.
 */
const WAIT_SHARE = 0.5

/** Whether a failure within `span` may be our own: we stood still for `lost` of it, or `waited` for a CPU. */
export function isOurs(span: Millis, lost: Millis, waited: Millis = 0): boolean {
  return (
    lost >= Math.max(LEAST_EXCUSE, span * LATE_SHARE) || waited >= Math.max(LEAST_EXCUSE, span * WAIT_SHARE)
  )
}

/** What a starved daemon says of itself, with what to do about it. */
export function starvation({ lost, longest, waited, ran }: Punctuality): string {
  const share = (part: Millis) => `${Math.round((100 * part) / PUNCTUALITY_SPAN)} %`
  const stood = `the exporter itself is starved: it stood still for ${share(lost)} of the last ${inWords(PUNCTUALITY_SPAN)}, for ${inWords(longest)} at a time`
  const fix = 'give it more CPU (a higher request and limit)'
  if (waited !== undefined && waited >= lost / 2)
    return `${stood}, and waited for a CPU ${share(waited)} of the time: ${fix}`
  if (ran !== undefined && ran >= lost / 2)
    return `${stood}, busy with its own work: ${fix}, or have it watch less`
  return `${stood}, stopped from outside (a limit of CPU, a signal, a paused machine): ${fix}`
}

/** Reasons that may come of nothing but time that passed. */
const passing: ReadonlySet<UnknownReason | undefined> = new Set([
  'never_measured',
  'stale',
  'timeout',
  'unreachable',
])

/** Whether something is unknown because of the exporter itself, or may be so while it is starved. */
export function comesOfLateness(reason: UnknownReason | undefined, starved: boolean): boolean {
  return reason === 'late' || (starved && passing.has(reason))
}
