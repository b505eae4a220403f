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

/** Alerts on rollouts and on the exporter itself. */
const exporterAlertNames = [
  'CaracalRolloutStop',
  'CaracalRolloutHoldLong',
  'CaracalGateUnknown',
  'CaracalGateFlapping',
  'CaracalRolloutForgotten',
  'CaracalGateExporterAbsent',
  'CaracalGateExporterStalled',
  'CaracalGateExporterBlind',
  'CaracalGateExporterStarved',
  'CaracalGateExporterReplicasDisagree',
  'CaracalGateExporterConfigRefused',
  'CaracalGateExporterMemoryNotKept',
  'CaracalGateExporterWatchdog',
] as const

/** Names of all alerts in the rules on the exporter, each once. */
export function gateAlertNames(stopConditions: readonly string[]): readonly string[] {
  return [
    ...stopConditions.map(stopAlertName),
    ...causeIds.map(causeAlertName),
    EXPLAINED,
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
