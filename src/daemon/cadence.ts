import type { Finding } from '../core/finding.ts'
import type { CheckStatus } from '../core/gate.ts'
import { isActive } from '../core/rollout.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { StopStatus } from '../core/stop.ts'
import { SECOND, type Instant, type Millis } from '../core/time.ts'

/** How often the platform is looked at: `brisk` while a rollout is under way or anything is not clear. */
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
  return snapshot.at - previous.lastReasonAt < DWELL ? previous : { ...previous, cadence: 'quiet' }
}

function wantsBrisk({ rollout, checks, stops }: Snapshot): boolean {
  if (isActive(rollout)) return true
  for (const status of stops.values()) if (status.state !== 'clear' && isOpen(status)) return true
  for (const status of checks.values()) if (status.state !== 'pass' && isOpen(status)) return true
  return false
}

/** Something is wrong or not known, and looking harder may tell. */
function isOpen({ state, findings }: Pick<CheckStatus | StopStatus, 'state' | 'findings'>): boolean {
  if (state === 'skipped') return false
  return state !== 'unknown' || !findings.every(isNotConfigured)
}

/** What nobody configured does not become known by looking harder. */
function isNotConfigured(finding: Finding): boolean {
  return finding.unknownReason === 'not_configured'
}
