import type { Answer } from './finding.ts'
import type { Instant, Millis } from './time.ts'

/** How long one subject has been as it is. */
export interface Streak {
  readonly answer: Answer
  /** When this answer began to stand. */
  readonly since: Instant
  /** When the subject first appeared, and whether it has met its condition since. */
  readonly firstSeen: Instant
  readonly everMet: boolean
  /** Start of the breach that has not been seen to end; blind looks neither end nor confirm it. */
  readonly breachedSince?: Instant
  /** Last look that saw the subject, whatever it saw. */
  readonly lastSeen?: Instant
}

export interface Look {
  readonly answer: Answer
  /** Whether this answer counts as a breach for the one who asks. */
  readonly breached: boolean
  readonly now: Instant
  /** Nobody looked for too long before this one: nothing that was standing may be said to have stood. */
  readonly gap: boolean
  /** How long blindness may interrupt a breach without ending its streak. */
  readonly patience: Millis
}

/** The next streak. A gap breaks a hold: the time in which nobody looked counts for nothing. */
export function nextStreak(previous: Streak | undefined, look: Look): Streak {
  const { answer, now, gap } = look
  const seen = answer !== 'unknown'
  const breachedSince = breachStart(previous, look)
  const lastSeen = seen ? now : previous?.lastSeen
  return {
    answer,
    since: previous !== undefined && previous.answer === answer && !gap ? previous.since : now,
    firstSeen: previous?.firstSeen ?? now,
    everMet: (previous?.everMet ?? false) || answer === 'met' || answer === 'near',
    ...(breachedSince !== undefined && { breachedSince }),
    ...(lastSeen !== undefined && { lastSeen }),
  }
}

function breachStart(previous: Streak | undefined, look: Look): Instant | undefined {
  const { answer, breached, now, gap, patience } = look
  const standing = gap ? undefined : previous?.breachedSince
  if (breached) return standing ?? now
  if (answer !== 'unknown' || standing === undefined) return undefined
  return now - (previous?.lastSeen ?? now) > patience ? undefined : standing
}

/** How long the breach has stood at `now`, or undefined when there is none. */
export function breachedFor(streak: Streak, now: Instant): Millis | undefined {
  return streak.breachedSince === undefined ? undefined : now - streak.breachedSince
}
