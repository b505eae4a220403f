import type { Condition, Finding } from './finding.ts'
import { breachedFor, nextStreak, type Streak } from './streak.ts'
import { SECOND, type Instant, type Millis } from './time.ts'

export const checkStates = ['pass', 'pending', 'unknown', 'fail', 'skipped'] as const
export type CheckState = (typeof checkStates)[number]

/** Where a check's or stop condition's evidence comes from; a source may be switched off as a whole. */
export type Source = 'platform' | 'kubernetes' | 'evidence'

/** What an operator reads beside a red thing. */
export interface Advice {
  /** A command that a person can paste; `{target}` stands for the culprit. */
  readonly nextStep: string
  /** Anchor in the operator's documentation. */
  readonly runbook: string
}

/** A condition as a gate asks it. */
export interface Check extends Advice {
  readonly condition: Condition
  readonly source: Source
  /** How long a breach may stand as `pending` before the check fails. */
  readonly failAfter: Millis
  /** How long a subject that never met the condition may take to meet it. */
  readonly warmUp: Millis
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
  readonly streaks: ReadonlyMap<string, Streak>
}

export interface GateStatus {
  readonly id: string
  readonly state: CheckState
  readonly since: Instant
}

export interface Tick {
  readonly now: Instant
  readonly gap: boolean
}

/** Blind looks may interrupt a breach for this long without ending it: half of the shortest level hold that is a minute. */
export const BLIND_PATIENCE: Millis = 30 * SECOND

export function checkStatus(
  check: Check,
  previous: CheckStatus | undefined,
  findings: readonly Finding[],
  tick: Tick,
): CheckStatus {
  const streaks = new Map<string, Streak>()
  const states = new Set<CheckState>()
  for (const finding of findings) {
    const before = previous?.streaks.get(finding.key)
    const near = finding.answer === 'near' && before?.breachedSince !== undefined
    const look = {
      answer: finding.answer,
      breached: finding.answer === 'unmet' || near,
      patience: BLIND_PATIENCE,
    }
    const streak = nextStreak(before, { ...look, ...tick })
    streaks.set(finding.key, streak)
    states.add(subjectState(check, finding, streak, tick.now))
  }
  const state = worstState(states)
  const since = previous !== undefined && previous.state === state ? previous.since : tick.now
  return { id: check.condition.id, state, since, findings, streaks }
}

function subjectState(check: Check, finding: Finding, streak: Streak, now: Instant): CheckState {
  if (finding.answer === 'unknown') return 'unknown'
  const breached = breachedFor(streak, now)
  if (breached === undefined) return 'pass'
  if (!streak.everMet && now - streak.firstSeen < check.warmUp) return 'pending'
  return breached >= (finding.hold ?? check.failAfter) ? 'fail' : 'pending'
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
): CheckStatus {
  const since = previous?.state === 'skipped' ? previous.since : now
  const finding: Finding = { key: 'source', answer: 'unknown', reason: 'switched_off', message: why }
  return { id, state: 'skipped', since, findings: [finding], streaks: new Map() }
}

export function gateStatus(
  gate: Gate,
  checks: readonly CheckStatus[],
  skipped: boolean,
  previous: GateStatus | undefined,
  now: Instant,
): GateStatus {
  const state = skipped ? 'skipped' : worstState(checks.map((check) => check.state))
  return { id: gate.id, state, since: previous?.state === state ? previous.since : now }
}
