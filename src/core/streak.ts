import type { Answer, Finding } from './finding.ts'
import type { Moment } from './moment.ts'
import { isSame } from './same.ts'
import { SECOND, type Instant, type Millis } from './time.ts'

/** Blind looks may interrupt a breach for this long without ending it: half of the shortest level hold, a minute. */
const BLIND_PATIENCE: Millis = 30 * SECOND

/** One evaluation: when, and whether the gap before it was too long. */
export interface Tick extends Moment {
  readonly gap: boolean
  /** The evaluation before; without it nothing is known of one. */
  readonly before?: Instant
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
  /** The evaluation that last saw the subject, whatever it saw; set once it is not seen any more. */
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
  const [own, others] = [
    { ...tick, ours: true },
    { ...tick, ours: false },
  ]
  let blind = false
  let ours = false
  for (const finding of findings) {
    const before = previous?.get(finding.key)
    const isHiddenByUs = isOurs(finding, tick)
    const looked = isHiddenByUs ? own : others
    streaks.set(finding.key, nextStreak(before, finding.answer, breaches(finding, before), looked))
    blind ||= finding.answer === 'unknown'
    ours ||= isHiddenByUs
  }
  if (!blind || previous === undefined) return streaks
  for (const [key, before] of previous)
    if (!streaks.has(key) && before.breachedSince !== undefined && (ours || isPatient(before, tick)))
      streaks.set(key, nextStreak(before, 'unknown', false, ours ? own : others))
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
  const { now, gap, ours } = tick
  const isCalm = previous?.answer === answer && previous.breachedSince === undefined && !breached
  if (isCalm && answer === 'met' && !gap) return previous
  const breachedSince = breachStart(previous, answer, breached, tick)
  const seenBefore = previous && lastSeenOf(previous, tick)
  const lastSeen = seenBefore === undefined || !ours ? seenBefore : seenBefore + elapsedIn(tick)
  const everMet = (previous?.everMet ?? false) || answer === 'met' || answer === 'near'
  const since = previous !== undefined && previous.answer === answer && !gap ? previous.since : now
  const next: Streak = {
    answer,
    since,
    firstSeen: previous?.firstSeen ?? now,
    everMet,
    ...(breachedSince !== undefined && { breachedSince }),
    ...(answer === 'unknown' && lastSeen !== undefined && { lastSeen }),
  }
  return previous !== undefined && isSame(previous, next) ? previous : next
}

function elapsedIn({ now, before = now }: Tick): Millis {
  return now - before
}

/** What was seen by the evaluation before was seen then. */
function lastSeenOf(previous: Streak, { now, before = now }: Tick): Instant | undefined {
  return previous.answer === 'unknown' ? previous.lastSeen : before
}

function breachStart(
  previous: Streak | undefined,
  answer: Answer,
  breached: boolean,
  tick: Looked,
): Instant | undefined {
  const before = tick.gap ? undefined : previous?.breachedSince
  const standing = before === undefined || !tick.ours ? before : before + elapsedIn(tick)
  if (breached) return standing ?? tick.now
  if (answer !== 'unknown' || previous === undefined || standing === undefined) return undefined
  return tick.ours || isPatient(previous, tick) ? standing : undefined
}

/** Whether a subject is hidden for so short a time that its breach is not over. */
function isPatient(previous: Streak, tick: Tick): boolean {
  return !tick.passed((lastSeenOf(previous, tick) ?? previous.firstSeen) + BLIND_PATIENCE)
}

/** Whether a breach stands for `span`; undefined when there is none. */
export function isBreachedFor(
  { breachedSince }: Streak,
  span: Millis,
  { reached }: Pick<Moment, 'reached'>,
): boolean | undefined {
  return breachedSince === undefined ? undefined : reached(breachedSince + span)
}
