import { counter, gauge } from '../core/signal.ts'

/** Everything that is measured: of replicas, stores and pushed evidence here, of the cluster in the file beside it. */
export * from './cluster-signals.ts'

const perReplica = ['component', 'replica'] as const
const perStream = ['stream'] as const
const perGroup = ['stream', 'group'] as const

// Readiness

export const ready = gauge('caracal_readiness_ready', 'boolean', perReplica, {
  help: 'Whether the replica proved its readiness (1) or answered that it is not ready (0); absent while that is unknown.',
})
export const alive = gauge('caracal_readiness_alive', 'boolean', perReplica, {
  help: 'Whether the replica answers /health (1) or refuses connections (0); absent while it does neither.',
})

// Streams and their consumer groups

export const streamExists = gauge('caracal_stream_exists', 'boolean', perStream, {
  help: 'Whether the stream exists (1) or not (0).',
})
export const streamEntries = gauge('caracal_stream_entries', 'entries', perStream, {
  help: 'Entries that the stream holds now.',
})
export const streamEntriesAdded = counter('caracal_stream_entries_added_total', 'entries', perStream, {
  help: 'Entries ever added to the stream; trimming and deletion do not lower it.',
})
export const groupExists = gauge('caracal_stream_group_exists', 'boolean', perGroup, {
  help: 'Whether the consumer group exists (1) or not (0).',
})
export const groupLag = gauge('caracal_stream_group_lag_entries', 'entries', perGroup, {
  help: 'Entries that were never delivered to the group; absent while unknown.',
})
export const groupLagKnown = gauge('caracal_stream_group_lag_known', 'boolean', perGroup, {
  help: 'Whether Redis itself knows the lag of the group (1), or the lag is estimated or unknown (0).',
})
export const groupPending = gauge('caracal_stream_group_pending_entries', 'entries', perGroup, {
  help: 'Entries that were delivered to the group and not acknowledged.',
})
export const groupOldestPendingIdle = gauge(
  'caracal_stream_group_oldest_pending_idle_seconds',
  'seconds',
  perGroup,
  {
    help: 'Time since the oldest pending entry was last delivered, by the clock of Redis; 0 when none is pending.',
  },
)
export const groupOldestPendingAge = gauge(
  'caracal_stream_group_oldest_pending_age_seconds',
  'seconds',
  perGroup,
  {
    help: 'Age of the oldest pending entry since it was added, by the clock of Redis; 0 when none is pending.',
  },
)
export const groupConsumers = gauge('caracal_stream_group_consumers', 'consumers', perGroup, {
  help: 'Consumers that the group knows, alive or not.',
})
export const groupConsumerIdle = gauge(
  'caracal_stream_group_freshest_consumer_idle_seconds',
  'seconds',
  perGroup,
  {
    help: 'Time since any consumer of the group last asked for entries, by the clock of Redis.',
  },
)
export const groupLost = gauge('caracal_stream_group_lost_entries', 'entries', perGroup, {
  help: 'Entries that were trimmed away before the group got or acknowledged them.',
})
export const perReplicaGroups = gauge('caracal_stream_per_replica_groups', 'groups', perStream, {
  help: 'Consumer groups of single replicas whose replica is alive.',
})
export const orphanGroups = gauge('caracal_stream_orphan_groups', 'groups', perStream, {
  help: 'Consumer groups of single replicas whose replica is gone.',
})
export const deadLetterEntries = gauge('caracal_dead_letter_entries', 'entries', perStream, {
  help: 'Entries that the dead-letter stream holds now.',
})
export const deadLetterArrivals = counter('caracal_dead_letter_arrivals_total', 'entries', perStream, {
  help: 'Entries ever added to the dead-letter stream; replay and trimming do not lower it.',
})

// Redis itself

export const redisMemoryUsed = gauge('caracal_redis_memory_used_bytes', 'bytes', [], {
  help: 'Memory that Redis uses, in bytes.',
})
export const redisMemoryLimit = gauge('caracal_redis_memory_limit_bytes', 'bytes', [], {
  help: 'Memory that Redis may use, in bytes: the configured limit, else its maxmemory, else the memory of its server.',
})
export const redisRejectedWrites = counter('caracal_redis_rejected_writes_total', 'events', [], {
  help: 'Writes that Redis refused for lack of memory or because it cannot persist.',
})
export const redisEvictedKeys = counter('caracal_redis_evicted_keys_total', 'events', [], {
  help: 'Keys that Redis evicted for lack of memory.',
})
export const redisNoEviction = gauge('caracal_redis_noeviction', 'boolean', [], {
  help: 'Whether the eviction policy of Redis is noeviction (1) or another (0).',
})
export const redisPersistence = gauge('caracal_redis_persistence_ok', 'boolean', [], {
  help: 'Whether Redis persists to disk and its last write or save succeeded (1) or not (0).',
})

// Transactional outboxes; outbox is api (event_outbox) or coordinator (caracal_outbox)

export const outboxMessages = gauge('caracal_outbox_messages', 'rows', ['outbox', 'state'], {
  help: 'Rows of the outbox by state (pending, dead); counting stops at 10001.',
})
export const outboxOldestPending = gauge('caracal_outbox_oldest_pending_age_seconds', 'seconds', ['outbox'], {
  help: 'Age of the oldest pending row of the outbox, by the clock of the database; 0 when none is pending.',
})

// Postgres itself

export const postgresConnections = gauge('caracal_postgres_connections', 'connections', ['component'], {
  help: 'Connections of the component by its database role.',
})
export const postgresConnectionsInUse = gauge(
  'caracal_postgres_connections_in_use',
  'connections',
  ['component'],
  {
    help: 'Connections of the component that are not idle.',
  },
)
export const postgresConnectionLimit = gauge(
  'caracal_postgres_connection_limit',
  'connections',
  ['component'],
  {
    help: 'Connections that the component may open: its pools together, or the limit of its role when that is lower.',
  },
)
export const postgresServerConnections = gauge('caracal_postgres_server_connections', 'connections', [], {
  help: 'Connections of all clients to the server.',
})
export const postgresServerLimit = gauge('caracal_postgres_server_connection_limit', 'connections', [], {
  help: 'Connections that the server allows to ordinary roles.',
})
export const postgresAccepts = gauge('caracal_postgres_accepts_connections', 'boolean', [], {
  help: 'Whether the server grants a connection (1) or refuses it because its limit is reached (0).',
})
export const migrationApplied = gauge('caracal_migration_applied', 'versions', ['version'], {
  help: 'One series of value 1 for each version that schema_migrations holds.',
})

// From the metrics of Gateway, STS and Audit replicas

export const snapshotAge = gauge('caracal_revocation_snapshot_age_seconds', 'seconds', perReplica, {
  help: 'Age of the revocation snapshot of the Gateway replica, as the replica states it.',
  components: ['gateway'],
})
export const snapshotFresh = gauge('caracal_revocation_snapshot_fresh', 'boolean', perReplica, {
  help: 'Whether the Gateway replica reports its revocation snapshot as fresh (1) or stale (0).',
  components: ['gateway'],
})
export const snapshotReloadErrors = counter(
  'caracal_revocation_reload_failures_total',
  'events',
  perReplica,
  {
    help: 'Revocation snapshot reloads of the Gateway replica that failed.',
    components: ['gateway'],
  },
)
export const replayFiles = gauge('caracal_replay_files', 'files', perReplica, {
  help: 'Audit replay files that wait on the volume of the replica.',
  components: ['gateway', 'sts'],
})
export const replayOldestAge = gauge('caracal_replay_oldest_age_seconds', 'seconds', perReplica, {
  help: 'Age of the oldest audit replay file of the replica; 0 when there is none.',
  components: ['gateway', 'sts'],
})
export const evidenceDropped = counter('caracal_evidence_dropped_total', 'events', perReplica, {
  help: 'Audit events that the replica lost for good.',
  components: ['gateway', 'sts'],
})
export const tamperFindings = counter(
  'caracal_tamper_findings_total',
  'events',
  ['component', 'replica', 'kind'],
  {
    help: 'Findings of the Audit replica by kind: content mismatch, chain_break, hmac_failure, replay of an id with other content.',
    components: ['audit'],
  },
)
export const circuitOpened = counter('caracal_exchange_circuit_opened_total', 'events', perReplica, {
  help: 'Number of times that the Gateway replica opened its circuit to STS.',
  components: ['gateway'],
})
export const policyErrors = counter(
  'caracal_policy_errors_total',
  'events',
  ['component', 'replica', 'kind'],
  {
    help: 'Policy compile and evaluation errors of the STS replica.',
    components: ['sts'],
  },
)

// The way of alerts, as Prometheus and Alertmanager say. A server is `prometheus` or `alertmanager/<host>`.

const perStep = ['server', 'step'] as const

export const alertPathIntact = gauge('caracal_alert_path_intact', 'boolean', perStep, {
  help: 'Whether this step of the way of alerts is intact (1) or broken (0); absent while unknown, and without `alerting` in the configuration.',
})
export const alertPathAge = gauge('caracal_alert_path_age_seconds', 'seconds', perStep, {
  help: 'Age of the last evaluation: of our rules by Prometheus, and of the exporter as Prometheus has it.',
})

// Pushed by a pipeline

export const pushedEvidence = gauge('caracal_rollout_evidence_accepted', 'boolean', ['check'], {
  help: 'Whether the evidence for the check says pass (1) or fail (0); absent without valid evidence.',
})
export const pushedReplicaEvidence = gauge(
  'caracal_rollout_evidence_replica_accepted',
  'boolean',
  ['check', 'component', 'replica'],
  {
    help: 'Whether the evidence for the check says pass (1) or fail (0) of the replica; absent where it cannot tell, and without valid evidence.',
  },
)
