import type { Advice } from './advice.ts'
import { awaitsFirstLook, type Finding } from './finding.ts'
import type { Measured, Plotted } from './measured.ts'
import type { Moment } from './moment.ts'
import type { Rollout } from './rollout.ts'
import { isBreachedFor, nextStreaks, type Streak, type Streaks, type Tick } from './streak.ts'
import type { Instant, Millis } from './time.ts'
import type { Waiver } from './waiver.ts'

export const checkStates = ['pass', 'pending', 'unknown', 'fail', 'skipped'] as const
export type CheckState = (typeof checkStates)[number]

/** Where a check's or stop condition's evidence comes from; a source may be switched off as a whole. */
export const sources = ['platform', 'kubernetes', 'evidence'] as const
export type Source = (typeof sources)[number]

/** A condition as a gate asks it. */
export interface Check extends Advice, Plotted {
  readonly id: string
  readonly source: Source
  /** How long a breach may stand as `pending` before the check fails. */
  readonly failAfter: Millis
  /** How long a subject that never met the condition may take to meet it. */
  readonly warmUp: Millis
  /** Off unless the configuration switches it on: what it needs is no part of every installation. */
  readonly optional?: true
  /**
   * Why there is nothing to ask now, where the rollout alone decides: the check is skipped then, and at no other time. What
   * was asked for is not switched off with its gate.
   */
  readonly notAsked?: (rollout: Rollout | undefined) => string | undefined
  /** Set when the evidence that is pushed for it names replicas. */
  readonly ofReplicas?: ReplicaEvidence
}

/** Evidence that names replicas. */
export interface ReplicaEvidence {
  /** How long it counts at most, from when it was issued. */
  readonly maxAge: Millis
}

export interface Gate {
  readonly id: string
  readonly title: string
  readonly checks: readonly Check[]
}

/** What a check has come to, with the subjects that made it so, worst first. */
export interface CheckStatus {
  readonly id: string
  readonly state: CheckState
  readonly since: Instant
  readonly findings: readonly Finding[]
  readonly streaks: Streaks
  /** The worst value in each unit, as of this step. */
  readonly measured?: readonly Measured[]
  /** Set while it does not count. */
  readonly waived?: Waiver
}

export interface GateStatus {
  readonly id: string
  readonly state: CheckState
  readonly since: Instant
  /** It is unknown, and all that makes it so is what had no attempt yet. */
  readonly awaitsFirstLook?: true
  /** Set while it does not count. */
  readonly waived?: Waiver
}

/** Judges a check by what was found. */
export function checkStatus(
  check: Check,
  previous: CheckStatus | undefined,
  findings: readonly Finding[],
  tick: Tick,
): CheckStatus {
  const streaks = nextStreaks(previous?.streaks, findings, breaches, tick)
  const states = findings.map((finding) => subjectState(check, finding, streaks.get(finding.key), tick))
  const state = worstState(states)
  const since = previous !== undefined && previous.state === state ? previous.since : tick.now
  const ordered = worstStateFirst(findings, states)
  return { id: check.id, state, since, findings: withReasons(ordered, streaks, previous?.findings), streaks }
}

/** What makes the check what it is stands in front of what is only waited for; equals stay as they are. */
function worstStateFirst(findings: readonly Finding[], states: readonly CheckState[]): readonly Finding[] {
  if (new Set(states).size < 2) return findings
  const weights = new Map(findings.map((finding, index) => [finding, severity[states[index] ?? 'pass']]))
  return findings.toSorted((a, b) => (weights.get(b) ?? 0) - (weights.get(a) ?? 0))
}

/** What is only near its limit now and is breached still is so for the reason that it was before. */
function withReasons(
  findings: readonly Finding[],
  streaks: Streaks,
  before: readonly Finding[] = [],
): readonly Finding[] {
  return findings.map((finding) => {
    if (finding.answer !== 'near' || streaks.get(finding.key)?.breachedSince === undefined) return finding
    const known = before.find(({ key, answer }) => key === finding.key && answer !== 'unknown')
    return known === undefined ? finding : { ...finding, reason: known.reason }
  })
}

function breaches(finding: Finding, before: Streak | undefined): boolean {
  return finding.answer === 'unmet' || (finding.answer === 'near' && before?.breachedSince !== undefined)
}

function subjectState(
  check: Check,
  finding: Finding,
  streak: Streak | undefined,
  moment: Moment,
): CheckState {
  if (finding.answer === 'unknown' || streak === undefined) return 'unknown'
  if (streak.breachedSince === undefined) return 'pass'
  if (finding.hold !== undefined) return isBreachedFor(streak, finding.hold, moment) ? 'fail' : 'pending'
  if (!streak.everMet && !moment.reached(streak.firstSeen + check.warmUp)) return 'pending'
  const failAfter = Math.max(check.failAfter, finding.failAfter ?? 0)
  return isBreachedFor(streak, failAfter, moment) ? 'fail' : 'pending'
}

const severity: Record<CheckState, number> = { skipped: -1, pass: 0, pending: 1, unknown: 2, fail: 3 }

/** The worst of these states; none at all is unknown, and what was switched off does not count. */
export function worstState(states: Iterable<CheckState>): CheckState {
  const enforced = [...states].filter((state) => state !== 'skipped')
  if (enforced.length === 0) return 'unknown'
  return enforced.reduce((a, b) => (severity[b] > severity[a] ? b : a))
}

export function skippedCheck(
  id: string,
  previous: CheckStatus | undefined,
  why: string,
  now: Instant,
  reason: 'switched_off' | 'not_asked' = 'switched_off',
): CheckStatus {
  const since = previous?.state === 'skipped' ? previous.since : now
  const finding: Finding = { key: 'source', answer: 'unknown', reason, message: why }
  return { id, state: 'skipped', since, findings: [finding], streaks: new Map() }
}

/** The state of a check in its gate: one that is waived by itself is none of the gate's. */
export function stateInGate({ id, state, waived }: CheckStatus): CheckState {
  return waived?.of === id ? 'skipped' : state
}

export function gateStatus(
  gate: Gate,
  statuses: readonly CheckStatus[],
  isOff: boolean,
  previous: GateStatus | undefined,
  now: Instant,
): GateStatus {
  const checks = statuses.map((status) => ({ ...status, state: stateInGate(status) }))
  const state =
    isOff && checks.every((check) => check.state === 'skipped')
      ? 'skipped'
      : worstState(checks.map((check) => check.state))
  const since = previous?.state === state ? previous.since : now
  const unknown = state === 'unknown' ? checks.filter((check) => check.state === 'unknown') : []
  const awaits = unknown.length > 0 && unknown.every(({ findings }) => awaitsFirstLook(findings))
  return { id: gate.id, state, since, ...(awaits && { awaitsFirstLook: true }) }
}
