import { causeIds, type CauseId } from '../core/cause.ts'

/** Names of alerts (alerts/source): routes, silences and the doctor name them. */

/** The alert on a stop condition: `sts-unready` has `CaracalStopStsUnready`. */
export function stopAlertName(id: string): string {
  return `CaracalStop${inCapitals(id)}`
}

/** The alert on a cause that is no stop condition: `redis-unavailable` has `CaracalCauseRedisUnavailable`. */
export function causeAlertName(id: CauseId): string {
  return `CaracalCause${inCapitals(id)}`
}

function inCapitals(id: string): string {
  return id.replaceAll(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase())
}

/** Fires for each alert on a stop condition that another alert explains, so that Alertmanager can keep the former back. */
export const EXPLAINED = 'CaracalExplainedStop'

/** It always fires, so that its absence is noticed outside. */
export const WATCHDOG = 'CaracalGateExporterWatchdog'

/** It fires whenever a rollout must stop, whatever the stop condition is. */
export const ROLLOUT_STOP = 'CaracalRolloutStop'

/** Alerts on rollouts and on the exporter itself. */
const exporterAlertNames = [
  ROLLOUT_STOP,
  'CaracalRolloutHoldLong',
  'CaracalGateUnknown',
  'CaracalGateFlapping',
  'CaracalRolloutForgotten',
  'CaracalGateOverridden',
  'CaracalGateShadowExpiring',
  'CaracalGateShadowExpired',
  'CaracalGateExporterAbsent',
  'CaracalGateExporterStalled',
  'CaracalGateExporterBlind',
  'CaracalGateExporterStarved',
  'CaracalGateExporterReplicasDisagree',
  'CaracalGateExporterConfigRefused',
  'CaracalGateExporterMemoryNotKept',
  WATCHDOG,
] as const

/** Names of all alerts in the rules on the exporter, each once. */
export function gateAlertNames(stopConditions: readonly string[]): readonly string[] {
  return [
    // What explains a stop comes before it, as in the rules.
    ...causeIds.map(causeAlertName),
    EXPLAINED,
    ...stopConditions.map(stopAlertName),
    ...exporterAlertNames,
  ]
}

/** Names of the alerts in the rules on the platform's own metrics, which need no exporter. */
export const platformAlertNames = [
  'CaracalPlatformMigrationJobFailed',
  'CaracalPlatformStsUnready',
  'CaracalPlatformGatewayUnready',
  'CaracalPlatformAuditDlqGrowing',
  'CaracalPlatformReplayBacklogAging',
  'CaracalPlatformRevocationSnapshotStale',
  'CaracalPlatformOutboxDeadMessages',
  'CaracalPlatformPostgresPoolSaturation',
  'CaracalPlatformRedisMemoryPressure',
  'CaracalPlatformAuditEvidenceLost',
  'CaracalPlatformAuditTamperDetected',
  'CaracalPlatformMetricsMissing',
] as const

/** Names of the rules that record what the alerts on the exporter are made of. */
export const recordingNames = [
  'release:caracal_rollout_verdict:max',
  'release:caracal_rollout_active:max',
  'release:caracal_rollout_started_timestamp_seconds:min',
  'release:caracal_rollout_gate_state:max',
  'release:caracal_rollout_stop_condition_firing:max',
  'release:caracal_rollout_stop_condition_latched:max',
  'release:caracal_rollout_stop_condition_firing_since_timestamp_seconds:min',
  'release:caracal_rollout_stop_condition_latched_timestamp_seconds:min',
  'release:caracal_rollout_stop_condition_culprit:min',
  'release:caracal_rollout_stop_condition_observed:max',
  'release:caracal_rollout_stop_condition_threshold:max',
  'release:caracal_rollout_cause_active:max',
  'release:caracal_rollout_cause_since_timestamp_seconds:min',
  'release:caracal_rollout_cause_active_2m:max',
  'release:caracal_rollout_not_enforced_until_timestamp_seconds:max',
  'release:caracal_rollout_shadow_expired_timestamp_seconds:max',
  'release:caracal_rollout_stop_condition_explained:max',
  'release:caracal_gate_exporter_probe_up:min',
  'release:caracal_gate_exporter_state_store_up:min',
  'release:caracal_gate_exporter_config_last_reload_successful:min',
  'release:caracal_gate_exporter_starved:max',
  'release:caracal_gate_exporter_verdict_overdue_seconds:max',
  'release:caracal_gate_exporter_evaluations_2m:min',
  'release:caracal_gate_exporter_links_info:max',
  'release:caracal_gate_exporter_replicas:count',
  'release:caracal_rollout_stop_condition_explained_in_force:max',
] as const
