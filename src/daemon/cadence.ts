import type { Finding } from '../core/finding.ts'
import type { CheckStatus } from '../core/gate.ts'
import { PUSHED_EVIDENCE, type UnknownReason } from '../core/observation.ts'
import { isActive } from '../core/rollout.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { StopStatus } from '../core/stop.ts'
import { MINUTE, SECOND, type Instant, type Millis } from '../core/time.ts'

/** How often the platform is probed: `brisk` while a rollout is under way or more attempts may change anything. */
export type Cadence = 'quiet' | 'brisk'

/** Stays brisk this long after the last reason for it, so that a fault that comes and goes is watched closely. */
const DWELL: Millis = 30 * SECOND

/**
 * What has stood for so long is not changed by more attempts; its end is seen by the quiet ones within seconds. Longer
 * than every hold and every time to clear, so that whatever is timed is timed brisk.
 */
export const PATIENCE: Millis = 10 * MINUTE

export interface CadenceState {
  readonly cadence: Cadence
  readonly lastReasonAt: Instant
}

/** Starts brisk: nothing is known yet. */
export function initialCadence(now: Instant): CadenceState {
  return { cadence: 'brisk', lastReasonAt: now }
}

/** The cadence at `now`, given what is believed; time alone makes it quiet. */
export function nextCadence(
  previous: CadenceState,
  snapshot: Snapshot,
  now: Instant = snapshot.at,
): CadenceState {
  if (wantsBrisk(snapshot, now)) return { cadence: 'brisk', lastReasonAt: now }
  return Math.abs(now - previous.lastReasonAt) < DWELL ? previous : { ...previous, cadence: 'quiet' }
}

function wantsBrisk({ rollout, checks, stops, beliefs }: Snapshot, now: Instant): boolean {
  if (isActive(rollout)) return true
  const pushed = beliefs.get(PUSHED_EVIDENCE)?.targets
  const isOpen = (finding: Finding): boolean =>
    !waits.has(finding.unknownReason) && pushed?.has(finding.target ?? '') !== true
  for (const status of stops.values())
    if (status.state !== 'clear' && mayChange(status, isOpen, now)) return true
  for (const status of checks.values())
    if (status.state !== 'pass' && mayChange(status, isOpen, now)) return true
  return false
}

/**
 * More attempts change nothing about these: what is not configured or not permitted waits for a person; a service that
 * refuses, or a process that is late because it lacks CPU, is made worse by each further attempt.
 */
const waits: ReadonlySet<UnknownReason | undefined> = new Set([
  'not_configured',
  'unauthorized',
  'throttled',
  'late',
])

type Status = Pick<CheckStatus, 'state' | 'since' | 'findings' | 'streaks'> | StopStatus

/**
 * Whether more attempts may change a status that is not well: a breach, what is near one, a recovery, or what can't be
 * seen, as long as any of these is young. A latch is no reason: it waits for a person.
 * @param isOpen not so for what waits for a person or a pipeline: what is not configured, and evidence that is
 *   missing, has expired or speaks against the rollout
 */
function mayChange(status: Status, isOpen: (finding: Finding) => boolean, now: Instant): boolean {
  const { state, since, findings, streaks } = status
  if (state === 'skipped') return false
  const isYoung = (from: Instant): boolean => now - from < PATIENCE
  const wrong = findings.filter(
    ({ key, answer }) =>
      answer === 'unmet' || answer === 'unknown' || streaks.get(key)?.breachedSince !== undefined,
  )
  // Of what is over, or has gone while it was hidden, only the time goes on.
  if (wrong.length === 0) return state !== 'unknown' && isYoung('over' in status ? status.over.since : since)
  return wrong.some((finding) => isOpen(finding) && isYoung(streaks.get(finding.key)?.since ?? since))
}
