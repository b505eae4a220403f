import type { Finding } from '../core/finding.ts'
import { isActive } from '../core/rollout.ts'
import type { Snapshot } from '../core/snapshot.ts'
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
  for (const { state, findings } of stops.values())
    if (state !== 'clear' && state !== 'skipped' && !findings.every(isNotConfigured)) return true
  for (const { state, findings } of checks.values())
    if (state !== 'pass' && state !== 'skipped' && !findings.every(isNotConfigured)) return true
  return false
}

/** What nobody configured does not become known by looking harder. */
function isNotConfigured(finding: Finding): boolean {
  return finding.unknownReason === 'not_configured'
}
