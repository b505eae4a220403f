import { platformJobs, platformMetrics } from '../../src/contract/alert-needs.ts'
import { MINUTE, type Millis } from '../../src/core/time.ts'
import type { Alert } from './alert.ts'
import { whileEnforced } from './recordings.ts'

/** How the platform's pods, Jobs and scrape jobs are named; its chart builds them from release and chart. */
const CARACAL = '.*caracal.*'

const by = 'by (cluster, namespace)'

/** How much later than the first path the second one comes, so that the first, while it lives, can silence it. */
const LATER = 2 * MINUTE

interface PlatformAlert extends Omit<Alert, 'severity' | 'labels' | 'for'> {
  /** How long the daemon itself holds it before it fires; 0 when left out. */
  readonly hold?: Millis
  /** The stop condition that it backs up. */
  readonly stop: string
}

function platformAlert({ stop, hold = 0, ...alert }: PlatformAlert): Alert {
  return {
    ...alert,
    expr: whileEnforced(stop, alert.expr),
    severity: 'critical',
    for: hold + LATER,
    runbook: stop,
    keepFiringFor: 5 * MINUTE,
    labels: { stop_condition: stop, release_namespace: '{{ $labels.namespace }}' },
  }
}

const where = '{{ with $labels.namespace }} in {{ . }}{{ end }}'

function unready(service: 'sts' | 'gateway', title: string): Alert {
  return platformAlert({
    name: `CaracalPlatform${title}Unready`,
    stop: `${service}-unready`,
    component: service,
    // A pod that is deleted or done has no series; one that starts may take 150 s.
    expr: `count by (cluster, namespace) (\n  kube_pod_status_ready{condition="true", pod=~"${CARACAL}-${service}-.+"} == 0\n)`,
    hold: 3 * MINUTE,
    summary: `Pods of ${service}${where} are not ready.`,
    description: '{{ $value | humanize }} of them have not been ready for 5 minutes.',
    nextStep: `kubectl -n {{ $labels.namespace }} describe pods -l app.kubernetes.io/component=${service}`,
  })
}

/** A counter that rose within ten minutes, or came into sight already above 0: that is no rise for `increase`. */
function arrived(counter: string): string {
  return `max ${by} (increase(${counter}[10m])) > 0
or
max ${by} (${counter} unless last_over_time(${counter}[1h] offset 10m)) > 0`
}

/**
 * The stop conditions once more, from what the services, kube-state-metrics and redis_exporter say themselves: they
 * keep working when the exporter is down. Of what the exporter says they read one thing: that a stop condition does not
 * count. A silent exporter says nothing, and they fire.
 */
export const platformAlerts: readonly Alert[] = [
  platformAlert({
    name: 'CaracalPlatformMigrationJobFailed',
    stop: 'migration-job-failed',
    component: 'migration',
    expr: `max by (cluster, namespace, job_name) (\n  kube_job_failed{condition="true", job_name=~"${CARACAL}-migrate"}\n) == 1`,
    summary: `The migration Job {{ $labels.job_name }}${where} failed.`,
    description: 'What it applied before stays applied.',
    nextStep: 'kubectl -n {{ $labels.namespace }} describe job {{ $labels.job_name }}',
  }),
  unready('sts', 'Sts'),
  unready('gateway', 'Gateway'),
  platformAlert({
    name: 'CaracalPlatformAuditDlqGrowing',
    stop: 'audit-dlq-growing',
    component: 'audit',
    // The size of the stream is a gauge that starts at 0 with each pod and falls when entries are replayed.
    expr: arrived('caracal_audit_dlq_total'),
    summary: `Audit events${where} end up as dead letters.`,
    description: 'Audit gave up on events within the last 10 minutes.',
    nextStep: 'redis-cli XREVRANGE caracal.audit.events.dlq + - COUNT 1',
  }),
  platformAlert({
    name: 'CaracalPlatformReplayBacklogAging',
    stop: 'replay-backlog-aging',
    component: 'audit',
    expr: `max ${by} (\n  caracal_gateway_audit_replay_oldest_age_seconds or caracal_sts_audit_replay_oldest_age_seconds\n) > 300`,
    summary: `The audit replay backlog${where} ages.`,
    description:
      'Its oldest file is {{ $value | humanizeDuration }} old. Files drain only when their process starts.',
    nextStep: 'kubectl -n {{ $labels.namespace }} rollout restart the workload, once Redis is well',
  }),
  platformAlert({
    name: 'CaracalPlatformRevocationSnapshotStale',
    stop: 'revocation-snapshot-stale',
    component: 'gateway',
    expr: `count ${by} (caracal_gateway_revocation_snapshot_fresh == 0)`,
    summary: `Revocation snapshots${where} are stale.`,
    description: '{{ $value | humanize }} replicas of Gateway refuse every request.',
    nextStep: 'kubectl -n {{ $labels.namespace }} logs -l app.kubernetes.io/component=gateway --since=5m',
  }),
  platformAlert({
    name: 'CaracalPlatformOutboxDeadMessages',
    stop: 'outbox-dead-messages',
    component: 'api',
    // Both are gauges despite their names, every replica tells the same, and a status without rows has no series.
    expr: `max ${by} (caracal_api_outbox_dead_total or caracal_outbox_total{status="dead"}) > 0`,
    summary: `There are dead outbox messages${where}.`,
    description: '{{ $value | humanize }} messages will not be delivered.',
    nextStep:
      'psql -c "SELECT id, stream_name, last_error FROM event_outbox WHERE dispatched_at IS NULL AND available_at = \'infinity\' LIMIT 5"',
  }),
  platformAlert({
    name: 'CaracalPlatformPostgresPoolSaturation',
    stop: 'postgres-pool-saturation',
    component: 'postgres',
    // Only Gateway tells of its pool.
    expr: `max ${by} (caracal_db_pool_in_use_ratio) > 0.9`,
    hold: 5 * MINUTE,
    summary: `Postgres connections${where} are used up.`,
    description: '{{ $value | humanizePercentage }} of the fullest pool are in use.',
    nextStep: "psql -c 'SELECT usename, state, count(*) FROM pg_stat_activity GROUP BY 1, 2 ORDER BY 3 DESC'",
  }),
  platformAlert({
    name: 'CaracalPlatformRedisMemoryPressure',
    stop: 'redis-memory-pressure',
    component: 'redis',
    // Without a limit redis_exporter says 0.
    expr: `max ${by} (\n  redis_memory_used_bytes{job=~"${CARACAL}"} / (redis_memory_max_bytes{job=~"${CARACAL}"} > 0)\n) > 0.9`,
    hold: 5 * MINUTE,
    summary: `Redis${where} runs out of memory.`,
    description: 'It uses {{ $value | humanizePercentage }} of its limit.',
    nextStep: 'redis-cli INFO memory',
  }),
  platformAlert({
    name: 'CaracalPlatformAuditEvidenceLost',
    stop: 'audit-evidence-lost',
    component: 'audit',
    // The value itself: a loss before the first scrape is no rise, and the replica stays unready until it is replaced.
    expr: `max ${by} (caracal_gateway_audit_dropped_total or caracal_sts_audit_dropped_total) > 0`,
    summary: `Audit evidence${where} was lost.`,
    description: '{{ $value | humanize }} events of one replica are gone for good.',
    nextStep: 'kubectl -n {{ $labels.namespace }} get pods, and read the log of the one that is not ready',
  }),
  platformAlert({
    name: 'CaracalPlatformAuditTamperDetected',
    stop: 'audit-tamper-detected',
    component: 'audit',
    // The value itself: what the sweep at the start finds is in the first scrape already.
    expr: `max ${by} (
  caracal_audit_tamper_mismatch_total
  + caracal_audit_tamper_chain_breaks_total
  + caracal_audit_tamper_hmac_failures_total
) > 0`,
    summary: `Audit evidence${where} was tampered with.`,
    description: 'The sweep of a replica has {{ $value | humanize }} findings.',
    nextStep: 'kubectl -n {{ $labels.namespace }} logs -l app.kubernetes.io/component=audit --since=2h',
  }),
  {
    name: 'CaracalPlatformMetricsMissing',
    severity: 'warning',
    component: 'prometheus',
    // As shipped, the platform's ServiceMonitor sends no bearer and every service answers 401. Two of its targets are
    // left out: Web has no metrics, and Coordinator demands two bearers at once.
    expr: [
      `count by (cluster, namespace, job) (up{job=~"${platformJobs}"} == 0)`,
      ...platformMetrics.map((name) => `absent(${name})`),
    ].join('\nor\n'),
    for: 5 * MINUTE,
    keepFiringFor: 5 * MINUTE,
    summary: `Prometheus does not get the metrics of the platform{{ with $labels.job }}: {{ . }}{{ end }}.`,
    description:
      'Rules on what is missing cannot fire. Most often the bearer is missing in the ServiceMonitor, or a NetworkPolicy is in the way.',
    nextStep: 'check the targets of Prometheus: 401 is the bearer, a timeout the NetworkPolicy',
  },
]
