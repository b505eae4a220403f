import type { Advice } from './advice.ts'
import { lastEvent, othersThan } from './edge.ts'
import type { Source } from './gate.ts'
import type { Finding } from './finding.ts'
import { attributed, endedBefore, madeGood, newLatch, relatch, stillStands, type Latch } from './latch.ts'
import type { Measured, Plotted } from './measured.ts'
import type { Moment } from './moment.ts'
import { isBreachedFor, nextStreaks, type Streak, type Streaks, type Tick } from './streak.ts'
import type { Instant, Millis } from './time.ts'
import { overSince, toldAfter, type Over } from './told.ts'
import type { Waiver } from './waiver.ts'

export const stopStates = ['clear', 'pending', 'firing', 'unknown', 'skipped'] as const
export type StopState = (typeof stopStates)[number]

/**
 * How a stop condition judges over time, after the verbs of the runbook.
 * - `edge`: something happened or appeared; fires at first sight.
 * - `level`: something persists; needs its hold, and clears below a lower threshold for a longer time.
 * - `cannot-prove`: what cannot be seen counts as breached, after its hold.
 */
export const stopKinds = ['edge', 'level', 'cannot-prove'] as const
export type StopKind = (typeof stopKinds)[number]

export interface StopCondition extends Advice, Plotted {
  readonly id: string
  readonly title: string
  readonly kind: StopKind
  /** Where to look first: a service of the platform, a store or `migration`; the label of its alert. */
  readonly component: string
  readonly source: Source
  /** How long a breach must stand to fire. */
  readonly hold: Millis
  /** How long all must be well before a firing condition is clear. */
  readonly clearAfter: Millis
  /** For a subject that has never met the condition, the hold is at least what is left of this. */
  readonly warmUp: Millis
  /** An edge that counts events stays firing this long after the last one, then takes them as dealt with. */
  readonly window: Millis
}

/** What a stop condition has come to, with the subjects that made it so, worst first. */
export interface StopStatus {
  readonly id: string
  readonly state: StopState
  readonly since: Instant
  readonly findings: readonly Finding[]
  readonly streaks: Streaks
  /** The worst value in each unit, as of this step. */
  readonly measured?: readonly Measured[]
  /**
   * What makes it pending or firing, as it is now: the worst finding of the breach, or while it fires on after that, one
   * that says so. Message, observed value, limit and first culprit are told of it.
   */
  readonly cause?: Finding
  /** The worst finding of the breach that was last seen; stays until the condition is clear. */
  readonly breach?: Finding
  /** Set while it fires although everything is well. */
  readonly over?: Over
  /** Since when every subject has been seen to be well. */
  readonly wellSince?: Instant
  /** When the newest counted event was seen, or what was wrong was last seen to stand; absent while it stands. */
  readonly lastEventAt?: Instant
  readonly latch?: Latch
  /** How often it began to fire since the daemon's state began. */
  readonly firings: number
  /** Set while it does not count. */
  readonly waived?: Waiver
}

/**
 * Whether nothing stands of what fires, so that an acknowledgement ends it: all that is wrong are events that were
 * counted, or it is over and only its window runs.
 */
export function standsNoMore({ findings, over }: StopStatus): boolean {
  if (over?.awaits === 'window') return true
  const wrong = findings.filter((finding) => finding.answer === 'unmet')
  return wrong.length > 0 && wrong.every((finding) => finding.tally?.settles === true)
}

/**
 * A stop that stands or stood during this rollout and is not acknowledged: it forbids to go on, unless it is waived.
 */
export function forbids(status: StopStatus): boolean {
  if (status.state === 'skipped') return false
  return status.state === 'firing' || (status.latch !== undefined && status.latch.acknowledged === undefined)
}

/**
 * A stop that is a reason to roll back: it stands or is latched, a breach was seen and not merely nothing, and it
 * was not there before the rollout. What is waived speaks for nothing.
 */
export function speaksForRollback(status: StopStatus): boolean {
  const { state, breach, latch, waived } = status
  if (!forbids(status) || latch?.preexisting === true || waived !== undefined) return false
  const seen = state === 'firing' && breach !== undefined && breach.answer !== 'unknown'
  return seen || (latch?.proven === true && latch.acknowledged === undefined)
}

export function stopStatus(
  stop: StopCondition,
  previous: StopStatus | undefined,
  judged: readonly Finding[],
  tick: Tick & { readonly rollout: boolean },
): StopStatus {
  const breached = (finding: Finding, before: Streak | undefined) => breaches(stop, finding, before)
  const streaks = nextStreaks(previous?.streaks, judged, breached, tick)
  const findings = firingFirst(stop, judged, streaks, tick)
  const wellSince = findings.every((finding) => finding.answer === 'met')
    ? tick.gap
      ? tick.now
      : (previous?.wellSince ?? tick.now)
    : undefined
  const lastEventAt = lastEvent(previous, findings, tick)
  const well = wellSince === undefined ? undefined : overSince(stop, wellSince, lastEventAt, tick)
  const isOver = well !== undefined && tick.reached(well.clearsAt)
  const state = nextState(stop, previous?.state === 'firing' && !isOver, findings, streaks, tick)
  const isBreached = (finding: Finding) => breached(finding, streaks.get(finding.key))
  const standing = causeOf(findings.find(isBreached), previous?.breach)
  const breach = standing ?? (state === 'firing' ? previous?.breach : undefined)
  const over = state === 'firing' ? well : undefined
  const cause = standing ?? (breach && toldAfter(breach, findings, over))
  const began = state === 'firing' && previous?.state !== 'firing'
  // An acknowledgement covers what was there before it; what comes while it still fires is news.
  const anew = state === 'firing' && standing !== undefined && previous?.latch?.acknowledged !== undefined
  const held = isOver ? endedBefore(previous?.latch) : previous?.latch
  const another = stop.kind === 'edge' && state === 'firing' && (!began || stillStands(held))
  const others = another ? othersThan(findings, previous?.streaks, held?.culprits) : []
  const isAnother = began || others.length > 0 || (anew && tick.rollout)
  const isNews = isAnother && tick.rollout && (others.length > 0 || !stillStands(held))
  const latched = isNews ? relatch(held, others.length > 0 ? others : findings, tick.now) : held
  const isSeen = state === 'firing' && standing?.answer === 'unmet'
  const proven = isSeen && latched?.proven === false ? { ...latched, proven: true } : latched
  const latch = proven && knownBetter(proven, state, findings, tick.now)
  return {
    id: stop.id,
    state,
    since: previous?.state === state ? previous.since : tick.now,
    findings,
    streaks,
    firings: (previous?.firings ?? 0) + (isAnother ? 1 : 0),
    ...(cause !== undefined && { cause }),
    ...(breach !== undefined && { breach }),
    ...(over !== undefined && { over }),
    ...(wellSince !== undefined && { wellSince }),
    ...(lastEventAt !== undefined && { lastEventAt }),
    ...(latch !== undefined && { latch }),
  }
}

/** The latch with what these findings say of how it came and whether it is made good. */
function knownBetter(latch: Latch, state: StopState, findings: readonly Finding[], now: Instant): Latch {
  switch (state) {
    case 'firing':
      return attributed(latch, findings)
    case 'clear':
      return madeGood(latch, findings, now)
    case 'pending':
    case 'unknown':
    case 'skipped':
      return latch
  }
}

/** What is only near its limit now is a breach for the reason that it was one before. */
function causeOf(breach: Finding | undefined, before: Finding | undefined): Finding | undefined {
  return breach?.answer === 'near' && before !== undefined ? { ...breach, reason: before.reason } : breach
}

function breaches(stop: StopCondition, finding: Finding, before: Streak | undefined): boolean {
  switch (finding.answer) {
    case 'unmet':
      return true
    case 'unknown':
      return (
        stop.kind === 'cannot-prove' &&
        finding.unknownReason !== 'not_configured' &&
        finding.unknownReason !== 'late' &&
        finding.indirect !== true
      )
    case 'near':
      return before?.breachedSince !== undefined
    case 'met':
      return false
  }
}

/**
 * A breach fires once it has stood for its hold and a look confirms it. A firing condition is over only when all
 * has been seen to be well for `clearAfter`: what can no longer be seen is not over.
 */
function nextState(
  stop: StopCondition,
  stillFiring: boolean,
  findings: readonly Finding[],
  streaks: Streaks,
  moment: Moment,
): StopState {
  if (findings.some((finding) => fires(stop, finding, streaks.get(finding.key), moment))) return 'firing'
  if (stillFiring) return 'firing'
  if (findings.some((finding) => breaches(stop, finding, streaks.get(finding.key)))) return 'pending'
  return findings.some((finding) => finding.answer === 'unknown') ? 'unknown' : 'clear'
}

/** What makes the condition fire stands in front of what only might, in time; equals stay as they are. */
function firingFirst(
  stop: StopCondition,
  findings: readonly Finding[],
  streaks: Streaks,
  moment: Moment,
): readonly Finding[] {
  const firing = findings.filter((finding) => fires(stop, finding, streaks.get(finding.key), moment))
  if (firing.length === 0 || firing.length === findings.length) return findings
  return [...firing, ...findings.filter((finding) => !firing.includes(finding))]
}

function fires(stop: StopCondition, finding: Finding, streak: Streak | undefined, moment: Moment): boolean {
  if (streak?.breachedSince === undefined || !breaches(stop, finding, streak)) return false
  if (finding.hold !== undefined) return isBreachedFor(streak, finding.hold, moment) === true
  const isWarm = streak.everMet || moment.reached(streak.firstSeen + stop.warmUp)
  return isBreachedFor(streak, stop.hold, moment) === true && isWarm
}

/** The latch of a condition that was already firing when a rollout began. */
export function preexistingLatch(status: StopStatus, at: Instant): Latch {
  // What fires may be well for the moment; then its cause is remembered.
  const { breach, findings } = status
  const latch = newLatch(findings, at)
  if (breach === undefined || latch.culprits.length > 0) return { ...latch, preexisting: true }
  const { reason, message, key, answer } = breach
  return { at, reason, message, culprits: [key], preexisting: true, proven: answer !== 'unknown' }
}

export function skippedStop(
  id: string,
  previous: StopStatus | undefined,
  why: string,
  now: Instant,
): StopStatus {
  const since = previous?.state === 'skipped' ? previous.since : now
  const finding: Finding = { key: 'source', answer: 'unknown', reason: 'switched_off', message: why }
  const firings = previous?.firings ?? 0
  const kept = previous?.latch === undefined ? {} : { latch: previous.latch }
  return { id, state: 'skipped', since, findings: [finding], streaks: new Map(), firings, ...kept }
}
