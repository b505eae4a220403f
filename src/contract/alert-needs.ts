import { selfFamilies as self, verdictFamilies as verdict } from './families.ts'

// What the alerts need to be in Prometheus; test/unit/alerts/needs.test.ts holds both to each other.

/** Jobs whose services give the metrics that the rules on the platform read. As a regular expression. */
export const platformJobs = '.*caracal.*-(api|sts|gateway|audit)'

/** One metric of each of these services; each exists from the start of its service. */
export const platformMetrics = [
  'caracal_api_outbox_dead_total',
  'caracal_sts_audit_dropped_total',
  'caracal_gateway_revocation_snapshot_fresh',
  'caracal_audit_dlq_total',
] as const

/** Metrics of the exporter that the rules on it read and that a running exporter always has. */
export const exporterMetrics: readonly string[] = [
  verdict.verdict,
  verdict.active,
  verdict.gate,
  verdict.stop,
  verdict.stopLatched,
  verdict.causeActive,
  verdict.expiry,
  self.release,
  self.start,
  self.evaluated,
  self.probeUp,
  self.stateStore,
  self.reloadOk,
  self.starved,
].map(({ name }) => name)

/** By which a scraped process is known: the instant of its start. */
export const startMetric: string = self.start.name

/** What the scraped process said last of the time of its evaluation. */
export const evaluationMetric: string = self.evaluated.name
