import { gauge } from '../core/signal.ts'

/** What is measured of the objects of the release in its cluster. */

// Workloads of the release

const perComponent = ['component'] as const

export const workloadDesired = gauge('caracal_workload_replicas_desired', 'replicas', perComponent, {
  help: 'Replicas that the Deployment or StatefulSet should have.',
})
export const workloadUpdated = gauge('caracal_workload_replicas_updated', 'replicas', perComponent, {
  help: 'Replicas that run the target revision.',
})
export const workloadAvailable = gauge('caracal_workload_replicas_available', 'replicas', perComponent, {
  help: 'Replicas that the cluster counts as available, whatever their revision.',
})
export const workloadRolledOut = gauge('caracal_workload_rolled_out', 'boolean', perComponent, {
  help: 'Whether every replica has the target revision and is available, and none of another is left.',
})
export const workloadProgressing = gauge('caracal_workload_progressing', 'boolean', perComponent, {
  help: 'Whether the workload can still roll out (1), or cannot (0): its deadline passed, or a pod crashes again and again or cannot start.',
})
export const workloadTemplate = gauge('caracal_workload_template_fingerprint', 'objects', perComponent, {
  help: 'A number derived from the pod template: it changes when the workload rolls out, not when it is scaled.',
})

/** Exposed as a number: a series for each digest would grow with every release. */
export const workloadContainer = gauge(
  'caracal_workload_container_runs',
  'boolean',
  [
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
  {
    help: 'Whether the container runs (1), with the image that its pod asks for and the one that its status reports.',
  },
)
export const workloadDrift = gauge('caracal_workload_drifted_fields', 'fields', perComponent, {
  help: 'Fields of the live objects of the component that differ from the manifest of the Helm release.',
})
export const servicePortReaches = gauge('caracal_service_port_reaches', 'boolean', perComponent, {
  help: 'Whether the Service reaches every ready pod of the component on the port that it listens on.',
})
export const secretKeysMissing = gauge('caracal_secret_keys_missing', 'keys', ['secret'], {
  help: 'Keys that workloads refer to and the Secret lacks; all of them when there is no such Secret.',
})

// Migration Jobs

const perMigration = ['kind'] as const

export const migrationJobActive = gauge('caracal_migration_job_active', 'boolean', perMigration, {
  help: 'Whether the migration Job exists and has not ended (1) or not (0).',
})
export const migrationJobFailed = gauge('caracal_migration_job_failed', 'boolean', perMigration, {
  help: 'Whether the migration Job exists and has failed.',
})
export const migrationJobSucceeded = gauge('caracal_migration_job_succeeded', 'boolean', perMigration, {
  help: 'Whether the last run of the migration Job was seen to succeed; absent while that is unknown.',
})
export const migrationJobCreated = gauge(
  'caracal_migration_job_created_timestamp_seconds',
  'seconds',
  perMigration,
  {
    help: 'When the last run of the migration Job was created, by the clock of the API server; absent while that run was not seen.',
  },
)
export const migrationEarlyPods = gauge('caracal_migration_early_pods', 'pods', [], {
  help: 'Pods of a new revision that were created while a migration Job still ran or after it failed.',
})

// The Helm release

export const releaseRevision = gauge('caracal_release_revision', 'versions', [], {
  help: 'Newest revision of the Helm release, whatever its status.',
})
export const releaseDeployed = gauge('caracal_release_deployed', 'boolean', [], {
  help: 'Whether the newest revision of the Helm release is deployed (1), or pending, failed or being removed (0).',
})
export const releaseFailed = gauge('caracal_release_failed', 'boolean', [], {
  help: 'Whether Helm says that the newest revision of its release has failed (1).',
})
export const releaseChart = gauge('caracal_release_chart_info', 'versions', ['chart', 'app_version'], {
  help: 'Chart and application version of the newest revision of the Helm release; always 1.',
})
export const releaseCreated = gauge('caracal_release_created_timestamp_seconds', 'seconds', [], {
  help: 'When Helm began the newest revision of the release, by the clock of the API server.',
})
export const releaseManifestObjects = gauge('caracal_release_manifest_objects', 'objects', [], {
  help: 'Objects in the manifest of the newest revision of the Helm release.',
})
export const releaseRevisionKept = gauge('caracal_release_revision_kept', 'boolean', ['revision'], {
  help: 'Whether the earlier revision has chart, images and values stored and did not fail (1) or not (0).',
})
export const releasePreviousRevision = gauge('caracal_release_previous_revision', 'versions', [], {
  help: 'Newest earlier revision that a rollback can go to, with chart, images and values stored; 0 when there is none.',
})
