import type { Finding } from '../core/finding.ts'
import type { CheckStatus } from '../core/gate.ts'
import { PUSHED_EVIDENCE, type UnknownReason } from '../core/observation.ts'
import { isActive } from '../core/rollout.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { StopStatus } from '../core/stop.ts'
import { SECOND, type Instant, type Millis } from '../core/time.ts'

/** How often the platform is probed: `brisk` while a rollout is under way or more attempts may change anything. */
export type Cadence = 'quiet' | 'brisk'

/** Stays brisk this long after the last reason for it, so that a fault that comes and goes is watched closely. */
const DWELL: Millis = 30 * SECOND

export interface CadenceState {
  readonly cadence: Cadence
  readonly lastReasonAt: Instant
}

/** Starts brisk: nothing is known yet. */
export function initialCadence(now: Instant): CadenceState {
  return { cadence: 'brisk', lastReasonAt: now }
}

/** The cadence after a snapshot. */
export function nextCadence(previous: CadenceState, snapshot: Snapshot): CadenceState {
  if (wantsBrisk(snapshot)) return { cadence: 'brisk', lastReasonAt: snapshot.at }
  return Math.abs(snapshot.at - previous.lastReasonAt) < DWELL ? previous : { ...previous, cadence: 'quiet' }
}

function wantsBrisk({ rollout, checks, stops, beliefs }: Snapshot): boolean {
  if (isActive(rollout)) return true
  const pushed = beliefs.get(PUSHED_EVIDENCE)?.targets ?? new Map<string, unknown>()
  const mayChange = (finding: Finding) =>
    !waits.has(finding.unknownReason) && !pushed.has(finding.target ?? '')
  for (const status of stops.values()) if (status.state !== 'clear' && isOpen(status, mayChange)) return true
  for (const status of checks.values()) if (status.state !== 'pass' && isOpen(status, mayChange)) return true
  return false
}

/** A person must act first. A process that is late because it lacks CPU gets later with every further attempt. */
const waits: ReadonlySet<UnknownReason | undefined> = new Set(['not_configured', 'late'])

type Status = Pick<CheckStatus | StopStatus, 'state' | 'findings' | 'streaks'>

/**
 * Something is wrong or not known, and more attempts may tell. What is not configured, and evidence that is missing, has
 * expired or speaks against the rollout, waits for a person or a pipeline however often the platform is asked.
 */
function isOpen({ state, findings, streaks }: Status, mayChange: (finding: Finding) => boolean): boolean {
  if (state === 'skipped') return false
  const open = findings.filter(
    ({ key, answer }) =>
      answer === 'unmet' || answer === 'unknown' || streaks.get(key)?.breachedSince !== undefined,
  )
  return open.length === 0 ? state !== 'unknown' : open.some(mayChange)
}
