import * as signals from '../rules/signals.ts'
import type { Signal } from '../core/signal.ts'
import { counter, gauge, type Family } from './family.ts'
import { oneIsSet, stopFamilies } from './stop-families.ts'
import { waiverFamilies } from './waiver-families.ts'

/** The verdict and what it rests on. */
export const verdictFamilies = {
  verdict: gauge(
    'caracal_rollout_verdict',
    `Whether the rollout may proceed: proceed, hold or stop. ${oneIsSet}`,
    'state',
  ),
  verdictSince: gauge(
    'caracal_rollout_verdict_since_timestamp_seconds',
    'Start of the current verdict, in seconds since the epoch.',
  ),
  verdictTransitions: counter(
    'caracal_rollout_verdict_transitions_total',
    'Number of times that the verdict changed to this value.',
    'to',
  ),
  expiry: gauge(
    'caracal_rollout_verdict_expires_timestamp_seconds',
    'End of the validity of the verdict; treat it as unknown afterwards.',
  ),
  steady: gauge(
    'caracal_rollout_steady_seconds',
    'Time for which everything required has been proven, in seconds.',
  ),
  steadyRequired: gauge(
    'caracal_rollout_required_steady_seconds',
    'Time for which everything must be proven before the verdict is proceed, in seconds.',
  ),
  active: gauge('caracal_rollout_active', 'Whether a rollout is in progress (1) or not (0).'),
  phase: gauge('caracal_rollout_phase', `Phase of the current or last rollout. ${oneIsSet}`, 'state'),
  info: gauge(
    'caracal_rollout_info',
    'The current or last rollout; always 1.',
    'rollout_id',
    'revision',
    'chart',
    'release_name',
    'release_namespace',
  ),
  started: gauge(
    'caracal_rollout_started_timestamp_seconds',
    'Start of the current or last rollout; absent before the first.',
  ),
  finished: gauge(
    'caracal_rollout_finished_timestamp_seconds',
    'End of the last rollout; absent while one is in progress.',
  ),
  rollbackViable: gauge(
    'caracal_rollout_rollback_viable',
    `Whether the release can be rolled back: yes, no or unknown. ${oneIsSet}`,
    'state',
  ),
  gate: gauge('caracal_rollout_gate_state', `State of the gate. ${oneIsSet}`, 'gate', 'state'),
  check: gauge('caracal_rollout_check_state', `State of the check. ${oneIsSet}`, 'gate', 'check', 'state'),
  checkObserved: gauge(
    'caracal_rollout_check_observed',
    'Observed value of the worst subject of the check; absent while unknown.',
    'check',
    'unit',
  ),
  checkThreshold: gauge(
    'caracal_rollout_check_threshold',
    'Limit for the observed value of the check.',
    'check',
    'unit',
  ),
  evidenceIssued: gauge(
    'caracal_rollout_evidence_issued_timestamp_seconds',
    'When the evidence that the check rests on was found out, in seconds since the epoch; absent without evidence.',
    'check',
  ),
  ...stopFamilies,
  ...waiverFamilies,
  limit: gauge(
    'caracal_rollout_limit',
    'Limits in force, by their name under limits in the configuration; a value above its limit is a breach.',
    'limit',
  ),
} satisfies Record<string, Family>

/** The exporter itself. */
export const selfFamilies = {
  build: gauge(
    'caracal_gate_exporter_build_info',
    'Version and configuration of the exporter; always 1.',
    'version',
    'config_hash',
  ),
  release: gauge(
    'caracal_gate_exporter_release_info',
    'Release that the exporter judges; always 1. Join it to tell releases apart.',
    'release_name',
    'release_namespace',
  ),
  links: gauge(
    'caracal_gate_exporter_links_info',
    'Addresses of the page and of the runbook, as configured; always 1. A label is absent when its address is not configured, and the series when neither is.',
    'page_url',
    'runbook_url',
  ),
  start: gauge(
    'caracal_gate_exporter_start_timestamp_seconds',
    'Start of the exporter, in seconds since the epoch.',
  ),
  targetUp: gauge(
    'caracal_gate_exporter_target_up',
    'Whether the last attempt at the target succeeded and is fresh (1); otherwise 0, and its measurements are absent.',
    'probe',
    'target',
  ),
  probeUp: gauge('caracal_gate_exporter_probe_up', 'Whether every target of the probe is up (1).', 'probe'),
  probeAttempts: counter('caracal_gate_exporter_probe_attempts_total', 'Number of probe attempts.', 'probe'),
  probeFailures: counter(
    'caracal_gate_exporter_probe_failures_total',
    'Probe attempts that failed, by reason; a reason appears with its first failure.',
    'probe',
    'reason',
  ),
  probeDuration: counter(
    'caracal_gate_exporter_probe_duration_seconds_total',
    'Total duration of probe attempts, in seconds.',
    'probe',
  ),
  probeLastSuccess: gauge(
    'caracal_gate_exporter_probe_last_success_timestamp_seconds',
    'Oldest last success among the targets of the probe; absent until every target succeeded once.',
    'probe',
  ),
  starved: gauge(
    'caracal_gate_exporter_starved',
    'Whether the exporter has too little CPU to blame a target for a late answer (1); the verdict is not proceed then.',
  ),
  stalled: counter(
    'caracal_gate_exporter_stalled_seconds_total',
    'Total time in seconds during which the event loop was blocked.',
  ),
  cpuWait: counter(
    'caracal_gate_exporter_cpu_wait_seconds_total',
    'Total time in seconds during which the main thread was ready to run and had no CPU; absent if the kernel does not report it.',
  ),
  evaluated: gauge(
    'caracal_gate_exporter_last_evaluation_timestamp_seconds',
    'Time of the last evaluation, in seconds since the epoch.',
  ),
  interval: gauge(
    'caracal_gate_exporter_evaluation_interval_seconds',
    'Greatest age of a published evaluation, in seconds. A document expires after three times that.',
  ),
  cadence: gauge(
    'caracal_gate_exporter_cadence',
    `Cadence of probe attempts: quiet or brisk. ${oneIsSet}`,
    'state',
  ),
  reloadOk: gauge(
    'caracal_gate_exporter_config_last_reload_successful',
    'Whether the last reload of the configuration succeeded (1) or failed (0).',
  ),
  reloadAt: gauge(
    'caracal_gate_exporter_config_last_reload_timestamp_seconds',
    'Time of the last reload of the configuration, successful or not.',
  ),
  certificateExpiry: gauge(
    'caracal_gate_exporter_certificate_expiry_timestamp_seconds',
    'Expiry of the certificate of the HTTPS listener; absent without TLS.',
  ),
  stateStore: gauge(
    'caracal_gate_exporter_state_store_up',
    'Whether latches and the ledger can be written (1).',
  ),
  recording: gauge(
    'caracal_gate_exporter_recording_up',
    'Whether rounds can be recorded (1); absent while recording is off.',
  ),
  recordingDropped: counter(
    'caracal_gate_exporter_recording_dropped_total',
    'Rounds that were not recorded because writing was too slow; absent while recording is off.',
  ),
  lostWrites: counter(
    'caracal_gate_exporter_log_failures_total',
    'Log lines that could not be written because of a full disk or a closed pipe; absent until the first.',
  ),
  waiters: gauge('caracal_gate_exporter_http_waiters', 'Clients that wait in a long poll.'),
  streams: gauge('caracal_gate_exporter_http_event_streams', 'Clients connected to /events.'),
  refused: counter(
    'caracal_gate_exporter_http_refused_total',
    'Clients that were refused, by the limit that they exceeded; a kind appears with its first refusal.',
    'kind',
  ),
  requests: counter(
    'caracal_gate_exporter_dependency_requests_total',
    'Requests to the dependency.',
    'dependency',
  ),
  cost: counter(
    'caracal_gate_exporter_dependency_seconds_total',
    'Total duration of requests to the dependency, in seconds.',
    'dependency',
  ),
} satisfies Record<string, Family>

/** A series for each version or image would grow with every release. Their number is exposed; the document lists them. */
export const counted: ReadonlyMap<string, Family> = new Map([
  [
    signals.migrationApplied.name,
    gauge('caracal_migration_applied_versions', 'Versions in schema_migrations.'),
  ],
  [signals.workloadContainer.name, gauge('caracal_workload_containers', 'Containers with a known image.')],
])

/** The measured signals by name, each with its family. */
export const signalFamilies: ReadonlyMap<string, Family> = new Map(
  (Object.values(signals) as readonly Signal[])
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, help, type, labels }) => [name, counted.get(name) ?? { name, help, type, labels }]),
)
