import type { Answer, Finding } from './finding.ts'
import { SECOND, type Instant, type Millis } from './time.ts'

/** Blind looks may interrupt a breach for this long without ending it: half of the shortest level hold, a minute. */
const BLIND_PATIENCE: Millis = 30 * SECOND

/** One evaluation: when, and whether the gap before it was too long. */
export interface Tick {
  readonly now: Instant
  readonly gap: boolean
  /** Time since the evaluation before; without it nothing is known of one. */
  readonly elapsed?: Millis
  /** Whether the daemon hardly ran in that time, so that what it did not see then says nothing. */
  readonly starved?: boolean
}

export type Streaks = ReadonlyMap<string, Streak>

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

/**
 * The next streaks, one for each subject. A subject that is not mentioned is gone with all that it was, or a new pod
 * would be judged by what one of its name had proven. Only a breach is remembered while something could not be seen,
 * since it may be hidden behind that.
 *
 * @param breaches whether a finding counts as a breach for the one who asks, given what stood before
 */
export function nextStreaks(
  previous: Streaks | undefined,
  findings: readonly Finding[],
  breaches: (finding: Finding, before: Streak | undefined) => boolean,
  tick: Tick,
): Streaks {
  const streaks = new Map<string, Streak>()
  let blind = false
  let ours = false
  for (const finding of findings) {
    const before = previous?.get(finding.key)
    const isHiddenByUs = isOurs(finding, tick)
    const looked = { ...tick, ours: isHiddenByUs }
    streaks.set(finding.key, nextStreak(before, finding.answer, breaches(finding, before), looked))
    blind ||= finding.answer === 'unknown'
    ours ||= isHiddenByUs
  }
  if (!blind || previous === undefined) return streaks
  for (const [key, before] of previous)
    if (
      !streaks.has(key) &&
      before.breachedSince !== undefined &&
      (ours || hiddenFor(before, tick.now) <= BLIND_PATIENCE)
    )
      streaks.set(key, nextStreak(before, 'unknown', false, { ...tick, ours }))
  return streaks
}

/** Whether the daemon itself may be why the subject was not seen. */
function isOurs({ answer, unknownReason }: Finding, { starved = false }: Tick): boolean {
  return answer === 'unknown' && (starved || unknownReason === 'late')
}

interface Looked extends Tick {
  /** The time since the evaluation before is our own: it adds to no breach, and lets none be forgotten. */
  readonly ours: boolean
}

/** The next streak. A gap breaks a hold: the time without an evaluation counts for nothing. */
function nextStreak(previous: Streak | undefined, answer: Answer, breached: boolean, tick: Looked): Streak {
  const { now, gap, elapsed = 0, ours } = tick
  const breachedSince = breachStart(previous, answer, breached, tick)
  const seenBefore = previous?.lastSeen
  const hidden = seenBefore === undefined || !ours ? seenBefore : seenBefore + elapsed
  const lastSeen = answer === 'unknown' ? hidden : now
  return {
    answer,
    since: previous !== undefined && previous.answer === answer && !gap ? previous.since : now,
    firstSeen: previous?.firstSeen ?? now,
    everMet: (previous?.everMet ?? false) || answer === 'met' || answer === 'near',
    ...(breachedSince !== undefined && { breachedSince }),
    ...(lastSeen !== undefined && { lastSeen }),
  }
}

function breachStart(
  previous: Streak | undefined,
  answer: Answer,
  breached: boolean,
  { now, gap, elapsed = 0, ours }: Looked,
): Instant | undefined {
  const before = gap ? undefined : previous?.breachedSince
  const standing = before === undefined || !ours ? before : before + elapsed
  if (breached) return standing ?? now
  if (answer !== 'unknown' || previous === undefined || standing === undefined) return undefined
  return !ours && hiddenFor(previous, now) > BLIND_PATIENCE ? undefined : standing
}

function hiddenFor(streak: Streak, now: Instant): Millis {
  return now - (streak.lastSeen ?? streak.firstSeen)
}

/** How long the breach has stood at `now`, or undefined when there is none. */
export function breachedFor(streak: Streak, now: Instant): Millis | undefined {
  return streak.breachedSince === undefined ? undefined : now - streak.breachedSince
}
