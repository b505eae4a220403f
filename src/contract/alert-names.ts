/** Names of alerts (alerts/source): routes, silences and the doctor name them. */

/** The alert on a stop condition: `sts-unready` has `CaracalStopStsUnready`. */
export function stopAlertName(id: string): string {
  return `CaracalStop${id.replaceAll(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase())}`
}

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
  return [...stopConditions.map(stopAlertName), ...exporterAlertNames]
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
