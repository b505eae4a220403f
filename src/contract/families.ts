import * as signals from '../rules/signals.ts'
import type { Signal } from '../core/signal.ts'
import { counter, gauge, type Family } from './family.ts'

/** All metrics that the daemon exposes besides the measured signals, by a short name. */
const oneIsSet = 'All states are present, exactly one of them is 1.'

/** The verdict and what it rests on. */
export const verdictFamilies = {
  verdict: gauge(
    'caracal_rollout_verdict',
    `Whether the rollout may proceed: proceed, hold or stop. ${oneIsSet}`,
    'state',
  ),
  verdictSince: gauge(
    'caracal_rollout_verdict_since_timestamp_seconds',
    'Since when the verdict has been what it is.',
  ),
  verdictTransitions: counter(
    'caracal_rollout_verdict_transitions_total',
    'How often the verdict turned to a value.',
    'to',
  ),
  expiry: gauge(
    'caracal_rollout_verdict_expires_timestamp_seconds',
    'After this moment the verdict says nothing.',
  ),
  steady: gauge('caracal_rollout_steady_seconds', 'For how long everything required has been proven.'),
  steadyRequired: gauge(
    'caracal_rollout_required_steady_seconds',
    'For how long everything must have been proven before the verdict is proceed.',
  ),
  active: gauge('caracal_rollout_active', 'Whether a rollout is under way.'),
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
    'When the current or last rollout began; absent while there is none.',
  ),
  finished: gauge(
    'caracal_rollout_finished_timestamp_seconds',
    'When the last rollout ended; absent while one is under way.',
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
    'What the check saw of its worst subject; absent while unknown.',
    'check',
    'unit',
  ),
  checkThreshold: gauge(
    'caracal_rollout_check_threshold',
    'The limit that the observed value of the check is held against.',
    'check',
    'unit',
  ),
  stop: gauge(
    'caracal_rollout_stop_condition_state',
    `State of the stop condition. ${oneIsSet}`,
    'stop_condition',
    'state',
  ),
  stopLatched: gauge(
    'caracal_rollout_stop_condition_latched',
    'Whether the stop condition fired during this rollout and is not acknowledged.',
    'stop_condition',
  ),
  stopLatchedAt: gauge(
    'caracal_rollout_stop_condition_latched_timestamp_seconds',
    'When the stop condition fired during this rollout, acknowledged since or not; absent while it did not.',
    'stop_condition',
  ),
  stopAcknowledgedAt: gauge(
    'caracal_rollout_stop_condition_acknowledged_timestamp_seconds',
    'When somebody acknowledged that the stop condition fired during this rollout; absent while nobody did.',
    'stop_condition',
  ),
  stopFirings: counter(
    'caracal_rollout_stop_condition_firings_total',
    "How often the stop condition began to fire since the daemon's state began.",
    'stop_condition',
  ),
  stopFiringSince: gauge(
    'caracal_rollout_stop_condition_firing_since_timestamp_seconds',
    'Since when the stop condition has been firing; absent while it is not.',
    'stop_condition',
  ),
  stopObserved: gauge(
    'caracal_rollout_stop_condition_observed',
    'What the stop condition saw of its worst subject; absent while unknown.',
    'stop_condition',
    'unit',
  ),
  stopThreshold: gauge(
    'caracal_rollout_stop_condition_threshold',
    'The limit that the observed value of the stop condition is held against.',
    'stop_condition',
    'unit',
  ),
  limit: gauge(
    'caracal_rollout_limit',
    'The limits in force, by their names under limits in the configuration; a breach begins above one.',
    'limit',
  ),
} satisfies Record<string, Family>

/** The daemon itself. */
export const selfFamilies = {
  build: gauge(
    'caracal_gate_exporter_build_info',
    'Version and configuration of the daemon; always 1.',
    'version',
    'config_hash',
  ),
  release: gauge(
    'caracal_gate_exporter_release_info',
    'The release that the daemon judges; always 1. Joined to tell the releases of one Prometheus apart.',
    'release_name',
    'release_namespace',
  ),
  start: gauge('caracal_gate_exporter_start_timestamp_seconds', 'When the daemon started.'),
  targetUp: gauge(
    'caracal_gate_exporter_target_up',
    'Whether the last look at the target succeeded and still counts; its measurements are absent when not.',
    'probe',
    'target',
  ),
  probeUp: gauge('caracal_gate_exporter_probe_up', 'Whether the probe sees all of its targets now.', 'probe'),
  probeAttempts: counter('caracal_gate_exporter_probe_attempts_total', 'Looks of the probe.', 'probe'),
  probeFailures: counter(
    'caracal_gate_exporter_probe_failures_total',
    'Looks of the probe that failed, by reason; a reason appears with its first failure.',
    'probe',
    'reason',
  ),
  probeDuration: counter(
    'caracal_gate_exporter_probe_duration_seconds_total',
    'Time that the looks of the probe took, all together.',
    'probe',
  ),
  probeLastSuccess: gauge(
    'caracal_gate_exporter_probe_last_success_timestamp_seconds',
    'The oldest last success among the targets of the probe; absent while one was never seen.',
    'probe',
  ),
  starved: gauge(
    'caracal_gate_exporter_starved',
    'Whether the exporter stood still so much that it takes nothing slow for a fault of others; it does not proceed then.',
  ),
  stalled: counter(
    'caracal_gate_exporter_stalled_seconds_total',
    'Time for which the exporter stood still when it had something to do.',
  ),
  cpuWait: counter(
    'caracal_gate_exporter_cpu_wait_seconds_total',
    'Time for which the main thread of the exporter was ready to run and had no CPU; absent where the kernel does not say.',
  ),
  evaluated: gauge(
    'caracal_gate_exporter_last_evaluation_timestamp_seconds',
    'When the last evaluation ended.',
  ),
  interval: gauge(
    'caracal_gate_exporter_evaluation_interval_seconds',
    'Longest time between two evaluations in the cadence in force.',
  ),
  cadence: gauge(
    'caracal_gate_exporter_cadence',
    `How often is looked: quiet or brisk. ${oneIsSet}`,
    'state',
  ),
  reloadOk: gauge(
    'caracal_gate_exporter_config_last_reload_successful',
    'Whether the last reload of the configuration succeeded.',
  ),
  reloadAt: gauge(
    'caracal_gate_exporter_config_last_reload_timestamp_seconds',
    'When the configuration was last reloaded or tried to be.',
  ),
  certificateExpiry: gauge(
    'caracal_gate_exporter_certificate_expiry_timestamp_seconds',
    'When the certificate expires that the HTTPS listener shows; absent without TLS.',
  ),
  stateStore: gauge('caracal_gate_exporter_state_store_up', 'Whether latches and the ledger can be written.'),
  lostWrites: counter(
    'caracal_gate_exporter_log_failures_total',
    'Lines of the log that could not be written, because of a full disk or a closed pipe; absent while there are none.',
  ),
  waiters: gauge('caracal_gate_exporter_http_waiters', 'Clients that wait for a change.'),
  streams: gauge('caracal_gate_exporter_http_event_streams', 'Clients that listen to /events.'),
  refused: counter(
    'caracal_gate_exporter_http_refused_total',
    'Clients that were turned away: as many waited, listened or were connected as may, or they sent requests ahead or left answers unread beyond the bound; a kind appears with its first.',
    'kind',
  ),
  requests: counter(
    'caracal_gate_exporter_dependency_requests_total',
    'Requests to a dependency.',
    'dependency',
  ),
  cost: counter(
    'caracal_gate_exporter_dependency_seconds_total',
    'Time that a dependency spent on requests of the daemon, as seen from outside.',
    'dependency',
  ),
} satisfies Record<string, Family>

/** A series for each version or image would grow with every release: their number is exposed, the document has them. */
export const counted: ReadonlyMap<string, Family> = new Map([
  [
    signals.migrationApplied.name,
    gauge('caracal_migration_applied_versions', 'Versions that schema_migrations holds.'),
  ],
  [signals.workloadContainer.name, gauge('caracal_workload_containers', 'Containers whose image is known.')],
])

/** The measured signals by name, each with its family. */
export const signalFamilies: ReadonlyMap<string, Family> = new Map(
  (Object.values(signals) as readonly Signal[])
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, help, type, labels }) => [name, counted.get(name) ?? { name, help, type, labels }]),
)
