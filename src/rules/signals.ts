import { defineSignal } from '../core/signal.ts'

const perReplica = ['component', 'replica'] as const
const perStream = ['stream'] as const
const perGroup = ['stream', 'group'] as const

// Readiness

export const ready = defineSignal({
  name: 'caracal_readiness_ready',
  help: 'Whether the replica proved its readiness (1) or answered that it is not ready (0); absent while that is unknown.',
  type: 'gauge',
  unit: 'boolean',
  labels: perReplica,
})

export const alive = defineSignal({
  name: 'caracal_readiness_alive',
  help: 'Whether the replica answers /health (1) or refuses connections (0); absent while it does neither.',
  type: 'gauge',
  unit: 'boolean',
  labels: perReplica,
})

// Streams and their consumer groups

export const streamExists = defineSignal({
  name: 'caracal_stream_exists',
  help: 'Whether the stream exists.',
  type: 'gauge',
  unit: 'boolean',
  labels: perStream,
})

export const streamEntries = defineSignal({
  name: 'caracal_stream_entries',
  help: 'Entries that the stream holds now.',
  type: 'gauge',
  unit: 'entries',
  labels: perStream,
})

export const streamEntriesAdded = defineSignal({
  name: 'caracal_stream_entries_added_total',
  help: 'Entries ever added to the stream; trimming and deletion do not lower it.',
  type: 'counter',
  unit: 'entries',
  labels: perStream,
})

export const groupExists = defineSignal({
  name: 'caracal_stream_group_exists',
  help: 'Whether the consumer group exists.',
  type: 'gauge',
  unit: 'boolean',
  labels: perGroup,
})

export const groupLag = defineSignal({
  name: 'caracal_stream_group_lag_entries',
  help: 'Entries that were never delivered to the group; absent while unknown.',
  type: 'gauge',
  unit: 'entries',
  labels: perGroup,
})

export const groupLagKnown = defineSignal({
  name: 'caracal_stream_group_lag_known',
  help: 'Whether Redis itself knows the lag of the group (1), or it is estimated or unknown (0).',
  type: 'gauge',
  unit: 'boolean',
  labels: perGroup,
})

export const groupPending = defineSignal({
  name: 'caracal_stream_group_pending_entries',
  help: 'Entries that were delivered to the group and not acknowledged.',
  type: 'gauge',
  unit: 'entries',
  labels: perGroup,
})

export const groupOldestPendingIdle = defineSignal({
  name: 'caracal_stream_group_oldest_pending_idle_seconds',
  help: 'Time since the oldest pending entry was last delivered, by the clock of Redis; 0 when none is pending.',
  type: 'gauge',
  unit: 'seconds',
  labels: perGroup,
})

export const groupOldestPendingAge = defineSignal({
  name: 'caracal_stream_group_oldest_pending_age_seconds',
  help: 'Age of the oldest pending entry since it was added, by the clock of Redis; 0 when none is pending.',
  type: 'gauge',
  unit: 'seconds',
  labels: perGroup,
})

export const groupConsumers = defineSignal({
  name: 'caracal_stream_group_consumers',
  help: 'Consumers that the group knows, alive or not.',
  type: 'gauge',
  unit: 'consumers',
  labels: perGroup,
})

export const groupConsumerIdle = defineSignal({
  name: 'caracal_stream_group_freshest_consumer_idle_seconds',
  help: 'Time since any consumer of the group last asked for entries, by the clock of Redis.',
  type: 'gauge',
  unit: 'seconds',
  labels: perGroup,
})

export const groupLost = defineSignal({
  name: 'caracal_stream_group_lost_entries',
  help: 'Entries that were trimmed away before the group got or acknowledged them.',
  type: 'gauge',
  unit: 'entries',
  labels: perGroup,
})

export const perReplicaGroups = defineSignal({
  name: 'caracal_stream_per_replica_groups',
  help: 'Per-replica groups of the stream whose replica is alive.',
  type: 'gauge',
  unit: 'groups',
  labels: perStream,
})

export const orphanGroups = defineSignal({
  name: 'caracal_stream_orphan_groups',
  help: 'Per-replica groups of the stream whose replica is gone.',
  type: 'gauge',
  unit: 'groups',
  labels: perStream,
})

export const deadLetterEntries = defineSignal({
  name: 'caracal_dead_letter_entries',
  help: 'Entries that the dead-letter stream holds now.',
  type: 'gauge',
  unit: 'entries',
  labels: perStream,
})

export const deadLetterArrivals = defineSignal({
  name: 'caracal_dead_letter_arrivals_total',
  help: 'Entries ever added to the dead-letter stream; replay and trimming do not lower it.',
  type: 'counter',
  unit: 'entries',
  labels: perStream,
})

// Redis itself

export const redisMemoryUsed = defineSignal({
  name: 'caracal_redis_memory_used_bytes',
  help: 'Memory that Redis uses.',
  type: 'gauge',
  unit: 'bytes',
  labels: [],
})

export const redisMemoryLimit = defineSignal({
  name: 'caracal_redis_memory_limit_bytes',
  help: 'Memory that Redis may use: as configured, else its maxmemory, else what its server has.',
  type: 'gauge',
  unit: 'bytes',
  labels: [],
})

export const redisRejectedWrites = defineSignal({
  name: 'caracal_redis_rejected_writes_total',
  help: 'Writes that Redis refused for lack of memory or because it cannot persist.',
  type: 'counter',
  unit: 'events',
  labels: [],
})

export const redisEvictedKeys = defineSignal({
  name: 'caracal_redis_evicted_keys_total',
  help: 'Keys that Redis evicted for lack of memory.',
  type: 'counter',
  unit: 'events',
  labels: [],
})

export const redisNoEviction = defineSignal({
  name: 'caracal_redis_noeviction',
  help: 'Whether the eviction policy of Redis is noeviction.',
  type: 'gauge',
  unit: 'boolean',
  labels: [],
})

export const redisPersistence = defineSignal({
  name: 'caracal_redis_persistence_ok',
  help: 'Whether Redis persists to disk and its last write or save succeeded.',
  type: 'gauge',
  unit: 'boolean',
  labels: [],
})

// Transactional outboxes; outbox is api (event_outbox) or coordinator (caracal_outbox)

export const outboxMessages = defineSignal({
  name: 'caracal_outbox_messages',
  help: 'Rows of the outbox by state (pending, dead); counting stops at 10001.',
  type: 'gauge',
  unit: 'rows',
  labels: ['outbox', 'state'],
})

export const outboxOldestPending = defineSignal({
  name: 'caracal_outbox_oldest_pending_age_seconds',
  help: 'Age of the oldest pending row of the outbox, by the clock of the database; 0 when none is pending.',
  type: 'gauge',
  unit: 'seconds',
  labels: ['outbox'],
})

// Postgres itself

export const postgresConnections = defineSignal({
  name: 'caracal_postgres_connections',
  help: 'Connections of the component by its database role.',
  type: 'gauge',
  unit: 'connections',
  labels: ['component'],
})

export const postgresConnectionsInUse = defineSignal({
  name: 'caracal_postgres_connections_in_use',
  help: 'Connections of the component that are not idle.',
  type: 'gauge',
  unit: 'connections',
  labels: ['component'],
})

export const postgresConnectionLimit = defineSignal({
  name: 'caracal_postgres_connection_limit',
  help: 'Connections that the component may open: its pools together, or the limit of its role when that is lower.',
  type: 'gauge',
  unit: 'connections',
  labels: ['component'],
})

export const postgresServerConnections = defineSignal({
  name: 'caracal_postgres_server_connections',
  help: 'Connections of all clients to the server.',
  type: 'gauge',
  unit: 'connections',
  labels: [],
})

export const postgresServerLimit = defineSignal({
  name: 'caracal_postgres_server_connection_limit',
  help: 'Connections that the server grants to ordinary roles.',
  type: 'gauge',
  unit: 'connections',
  labels: [],
})

export const postgresAccepts = defineSignal({
  name: 'caracal_postgres_accepts_connections',
  help: 'Whether the server grants a connection (1) or refuses it because its limit is reached (0).',
  type: 'gauge',
  unit: 'boolean',
  labels: [],
})

export const migrationApplied = defineSignal({
  name: 'caracal_migration_applied',
  help: 'One series of value 1 for each version that schema_migrations holds.',
  type: 'gauge',
  unit: 'versions',
  labels: ['version'],
})

// From the metrics of Gateway, STS and Audit replicas

export const snapshotAge = defineSignal({
  name: 'caracal_revocation_snapshot_age_seconds',
  help: 'Age of the revocation snapshot of the Gateway replica, as the replica states it.',
  type: 'gauge',
  unit: 'seconds',
  labels: perReplica,
  components: ['gateway'],
})

export const snapshotFresh = defineSignal({
  name: 'caracal_revocation_snapshot_fresh',
  help: 'Whether the Gateway replica holds its revocation snapshot for fresh.',
  type: 'gauge',
  unit: 'boolean',
  labels: perReplica,
  components: ['gateway'],
})

export const snapshotReloadErrors = defineSignal({
  name: 'caracal_revocation_reload_failures_total',
  help: 'Revocation snapshot reloads of the Gateway replica that failed.',
  type: 'counter',
  unit: 'events',
  labels: perReplica,
  components: ['gateway'],
})

export const replayFiles = defineSignal({
  name: 'caracal_replay_files',
  help: 'Audit replay files that wait on the volume of the replica.',
  type: 'gauge',
  unit: 'files',
  labels: perReplica,
  components: ['gateway', 'sts'],
})

export const replayOldestAge = defineSignal({
  name: 'caracal_replay_oldest_age_seconds',
  help: 'Age of the oldest audit replay file of the replica; 0 when there is none.',
  type: 'gauge',
  unit: 'seconds',
  labels: perReplica,
  components: ['gateway', 'sts'],
})

export const evidenceDropped = defineSignal({
  name: 'caracal_evidence_dropped_total',
  help: 'Audit events that the replica lost for good.',
  type: 'counter',
  unit: 'events',
  labels: perReplica,
  components: ['gateway', 'sts'],
})

export const tamperFindings = defineSignal({
  name: 'caracal_tamper_findings_total',
  help: 'Findings of the Audit replica by kind: content mismatch, chain_break, hmac_failure, replay of an id with other content.',
  type: 'counter',
  unit: 'events',
  labels: ['component', 'replica', 'kind'],
  components: ['audit'],
})

export const circuitOpened = defineSignal({
  name: 'caracal_exchange_circuit_opened_total',
  help: 'How often the Gateway replica opened its circuit towards STS.',
  type: 'counter',
  unit: 'events',
  labels: perReplica,
  components: ['gateway'],
})

export const policyErrors = defineSignal({
  name: 'caracal_policy_errors_total',
  help: 'Policy compile and evaluation errors of the STS replica.',
  type: 'counter',
  unit: 'events',
  labels: ['component', 'replica', 'kind'],
  components: ['sts'],
})

// Pushed by a pipeline

export const pushedEvidence = defineSignal({
  name: 'caracal_rollout_evidence_accepted',
  help: 'Whether the evidence that counts for the check says pass (1) or fail (0); absent when none does or it expired.',
  type: 'gauge',
  unit: 'boolean',
  labels: ['check'],
})

// Workloads of the release

const perComponent = ['component'] as const

export const workloadDesired = defineSignal({
  name: 'caracal_workload_replicas_desired',
  help: 'Replicas that the Deployment or StatefulSet should have.',
  type: 'gauge',
  unit: 'replicas',
  labels: perComponent,
})

export const workloadUpdated = defineSignal({
  name: 'caracal_workload_replicas_updated',
  help: 'Replicas that have the target revision.',
  type: 'gauge',
  unit: 'replicas',
  labels: perComponent,
})

export const workloadAvailable = defineSignal({
  name: 'caracal_workload_replicas_available',
  help: 'Replicas that the cluster counts as available, whatever their revision.',
  type: 'gauge',
  unit: 'replicas',
  labels: perComponent,
})

export const workloadRolledOut = defineSignal({
  name: 'caracal_workload_rolled_out',
  help: 'Whether every replica has the target revision and is available, and none of another is left.',
  type: 'gauge',
  unit: 'boolean',
  labels: perComponent,
})

export const workloadProgressing = defineSignal({
  name: 'caracal_workload_progressing',
  help: 'Whether the workload can go on (1), or a deadline passed, a pod crashes over and over or cannot start (0).',
  type: 'gauge',
  unit: 'boolean',
  labels: perComponent,
})

export const workloadTemplate = defineSignal({
  name: 'caracal_workload_template_fingerprint',
  help: 'A number made of the pod template: it changes when the workload rolls, not when it is scaled.',
  type: 'gauge',
  unit: 'objects',
  labels: perComponent,
})

/** Exposed as a number: a series for each digest would grow with every release. */
export const workloadContainer = defineSignal({
  name: 'caracal_workload_container_runs',
  help: 'Whether the container runs (1), with the image that its pod asks for and the one that its status reports.',
  type: 'gauge',
  unit: 'boolean',
  labels: [
    'component',
    'replica',
    'part',
    'role',
    'revision',
    'image',
    'tag',
    'digest',
    'template_digest',
    'reported',
    'reported_as',
  ],
})

export const workloadDrift = defineSignal({
  name: 'caracal_workload_drifted_fields',
  help: 'Fields of the live objects of the component that differ from the manifest of the Helm release.',
  type: 'gauge',
  unit: 'fields',
  labels: perComponent,
})

export const servicePortReaches = defineSignal({
  name: 'caracal_service_port_reaches',
  help: 'Whether the Service reaches every ready pod of the component on the port that it listens on.',
  type: 'gauge',
  unit: 'boolean',
  labels: perComponent,
})

export const secretKeysMissing = defineSignal({
  name: 'caracal_secret_keys_missing',
  help: 'Keys of the Secret that workloads refer to and that it does not hold; all of them when there is no such Secret.',
  type: 'gauge',
  unit: 'keys',
  labels: ['secret'],
})

// Migration Jobs

const perMigration = ['kind'] as const

export const migrationJobActive = defineSignal({
  name: 'caracal_migration_job_active',
  help: 'Whether the migration Job exists and has not ended.',
  type: 'gauge',
  unit: 'boolean',
  labels: perMigration,
})

export const migrationJobFailed = defineSignal({
  name: 'caracal_migration_job_failed',
  help: 'Whether the migration Job exists and has failed.',
  type: 'gauge',
  unit: 'boolean',
  labels: perMigration,
})

export const migrationJobSucceeded = defineSignal({
  name: 'caracal_migration_job_succeeded',
  help: 'Whether the last run of the migration Job was seen to succeed; absent while that is unknown.',
  type: 'gauge',
  unit: 'boolean',
  labels: perMigration,
})

export const migrationJobCreated = defineSignal({
  name: 'caracal_migration_job_created_timestamp_seconds',
  help: 'When the last run of the migration Job was created, by the clock of the API server; absent while that run was not seen.',
  type: 'gauge',
  unit: 'seconds',
  labels: perMigration,
})

export const migrationEarlyPods = defineSignal({
  name: 'caracal_migration_early_pods',
  help: 'Pods of a new revision that were created while a migration Job still ran or after it failed.',
  type: 'gauge',
  unit: 'pods',
  labels: [],
})

// The Helm release

export const releaseRevision = defineSignal({
  name: 'caracal_release_revision',
  help: 'Newest revision of the Helm release, whatever its status.',
  type: 'gauge',
  unit: 'versions',
  labels: [],
})

export const releaseDeployed = defineSignal({
  name: 'caracal_release_deployed',
  help: 'Whether the newest revision of the Helm release is deployed (1), or pending, failed or going away (0).',
  type: 'gauge',
  unit: 'boolean',
  labels: [],
})

export const releaseFailed = defineSignal({
  name: 'caracal_release_failed',
  help: 'Whether Helm says that the newest revision of its release has failed (1).',
  type: 'gauge',
  unit: 'boolean',
  labels: [],
})

export const releaseChart = defineSignal({
  name: 'caracal_release_chart_info',
  help: 'Chart and application version of the newest revision of the Helm release; always 1.',
  type: 'gauge',
  unit: 'versions',
  labels: ['chart', 'app_version'],
})

export const releaseCreated = defineSignal({
  name: 'caracal_release_created_timestamp_seconds',
  help: 'When the newest revision of the Helm release was begun, by the clock of the API server.',
  type: 'gauge',
  unit: 'seconds',
  labels: [],
})

export const releaseManifestObjects = defineSignal({
  name: 'caracal_release_manifest_objects',
  help: 'Objects in the manifest of the newest revision of the Helm release.',
  type: 'gauge',
  unit: 'objects',
  labels: [],
})

export const releaseRevisionKept = defineSignal({
  name: 'caracal_release_revision_kept',
  help: 'Whether the earlier revision is kept with chart, images and values, and Helm does not say that it failed (1).',
  type: 'gauge',
  unit: 'boolean',
  labels: ['revision'],
})

export const releasePreviousRevision = defineSignal({
  name: 'caracal_release_previous_revision',
  help: 'Newest earlier revision that is kept with chart, images and values and could be rolled back to; 0 when none is.',
  type: 'gauge',
  unit: 'versions',
  labels: [],
})
