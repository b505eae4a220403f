import type { Group } from './alert.ts'
import { causeAlerts, explainedInForce } from './causes.ts'
import { exporterAlerts, type ReleaseName } from './exporter.ts'
import { platformAlerts } from './platform.ts'
import { recordings } from './recordings.ts'
import { rolloutAlerts } from './rollouts.ts'
import { stopAlerts } from './stops.ts'

/**
 * The rules on what the exporter says, and on its silence; with a release, on the silence of just that one. One group,
 * for within it a rule reads what the one before has recorded in the same evaluation.
 */
export function gateGroup(release?: ReleaseName): Group {
  return {
    name: 'caracal-gate-exporter',
    recordings: [...Object.values(recordings), explainedInForce],
    // Prometheus sends the alerts of one rule after the other: Alertmanager must know what explains a stop before that comes.
    alerts: [...causeAlerts, ...stopAlerts, ...rolloutAlerts, ...exporterAlerts(release)],
  }
}

/** The second path: rules on the platform's own metrics, which need no exporter. */
export const platformGroup: Group = { name: 'caracal-platform', recordings: [], alerts: platformAlerts }
