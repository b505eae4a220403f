import {
  migrationEarlyPods,
  migrationJobActive,
  migrationJobCreated,
  migrationJobFailed,
  migrationJobSucceeded,
} from '../rules/signals.ts'
import type { Cluster, Job, Pod, ReleaseContent, ReleaseSecret, Workload } from '../kubernetes/model.ts'
import { blindSpot, type BlindSpot } from '../core/observation.ts'
import { read, type Reading } from '../core/signal.ts'
import { SECOND, type Instant } from '../core/time.ts'
import { clusterWatch, seenNow } from './cluster-watch.ts'
import type { Look, Watch } from './probe.ts'
import { reasonsOf, type Declaration, type Reasons } from './declaration.ts'

/** The label component of the platform's migration Jobs. */
const kinds = ['migrate', 'auth-migrate'] as const
type Kind = (typeof kinds)[number]

/** How Helm's own record says that a hook's last run in the newest revision ended. */
type HookJob = ReleaseContent['hookJobs'][number]

const reasons = {
  migration_job_unseen: [
    'no migration Job is there, and none was observed to succeed',
    'kubectl -n {namespace} get jobs,events   # what became of it',
  ],
} as const satisfies Reasons
const why = reasonsOf(reasons)

export const declaration: Declaration = {
  name: 'migration-jobs',
  provides: [
    migrationJobActive,
    migrationJobCreated,
    migrationJobFailed,
    migrationJobSucceeded,
    migrationEarlyPods,
  ],
  reads: 'migration Jobs, also those that succeeded and were deleted',
  asks: 'kubernetes',
  needs: { kinds: ['jobs', 'releases', 'pods', 'replicaSets', 'workloads'] },
  reasons,
  open: ({ cluster }) => cluster && migrationJobs(cluster),
}

/** Follows the migration Jobs, also those that succeeded and were deleted. */
export function migrationJobs(cluster: Cluster): Watch {
  return clusterWatch(declaration, cluster, () => {
    const jobs = seenNow(cluster, 'jobs')
    const release = newest(cluster)
    const last = new Map(kinds.map((kind) => [kind, youngest(jobs, kind)] as const))
    const looks = kinds.map((kind) => lookAt(kind, last.get(kind), release))
    const spans = kinds.flatMap((kind) => spanOf(last.get(kind), hookOf(kind, release), release) ?? [])
    const early = earlyPods(cluster, spans)
    return {
      readings: [
        ...looks.flatMap((look) => look.readings),
        read(migrationEarlyPods, {}, early.length, early.slice(0, 10).join(', ')),
      ],
      blindSpots: looks.flatMap((look) => look.blindSpots ?? []),
    }
  })
}

type Release = ReleaseSecret & { readonly content: ReleaseContent }

/** The newest revision of the release, when it may be read. */
function newest(cluster: Cluster): Release | undefined {
  const seen = cluster.of('releases')
  if (!seen.ok) return undefined
  const latest = seen.items.toSorted((a, b) => b.revision - a.revision)[0]
  return latest !== undefined && 'digest' in latest.content
    ? { ...latest, content: latest.content }
    : undefined
}

function youngest(jobs: readonly Job[], kind: Kind): Job | undefined {
  return jobs.filter((job) => job.component === kind).toSorted((a, b) => b.createdAt - a.createdAt)[0]
}

function hookOf(kind: Kind, release: Release | undefined): HookJob | undefined {
  return release?.content.hookJobs.find((hook) => hook.component === kind)
}

function lookAt(kind: Kind, job: Job | undefined, release: Release | undefined): Look {
  const labels = { kind }
  const hook = hookOf(kind, release)
  if (job !== undefined && job.deleted !== true) return { readings: liveReadings(kind, job) }
  // A release whose manifest is known and has no such hook does not migrate this way.
  if (release !== undefined && hook === undefined) return { readings: [] }
  // What Helm says of a run that was not seen is not about the one before it.
  const isLast = job !== undefined && (release === undefined || isNewer(job, release))
  const gone = [read(migrationJobActive, labels, 0), ...(isLast ? [created(kind, job)] : [])]
  const failed = hook?.phase === 'Failed' && !isNewer(job, release)
  const detail = failed ? `Helm says that ${hook.name} failed (Job deleted)` : undefined
  const succeeded = hasSucceeded(job, hook, release)
  const readings: readonly Reading[] = [...gone, read(migrationJobFailed, labels, failed ? 1 : 0, detail)]
  return succeeded === undefined
    ? { readings, blindSpots: [unseen(kind)] }
    : { readings: [...readings, read(migrationJobSucceeded, labels, succeeded && !failed ? 1 : 0)] }
}

function liveReadings(kind: Kind, job: Job): readonly Reading[] {
  const labels = { kind }
  const { outcome, reason = 'failed', message = 'no message', name, uid } = job
  const failed = outcome === 'failed'
  return [
    read(migrationJobActive, labels, outcome === undefined ? 1 : 0, undefined, { uid }),
    read(
      migrationJobFailed,
      labels,
      failed ? 1 : 0,
      failed ? `${reason}: ${message} (job ${name}, uid ${uid})` : undefined,
      { uid },
    ),
    read(migrationJobSucceeded, labels, outcome === 'complete' ? 1 : 0, undefined, { uid }),
    created(kind, job),
  ]
}

function created(kind: Kind, job: Job): Reading {
  return read(migrationJobCreated, { kind }, job.createdAt / SECOND)
}

/**
 * Whether the last run succeeded although its Job is gone; undefined when that is unknown. A Job that was seen counts
 * unless Helm has begun a revision since.
 */
function hasSucceeded(
  past: Job | undefined,
  hook: HookJob | undefined,
  release: Release | undefined,
): boolean | undefined {
  if (past !== undefined && (release === undefined || isNewer(past, release))) {
    if (past.outcome !== undefined) return past.outcome === 'complete'
    // It vanished while it ran: Helm deletes what succeeded, a person what hangs.
    return hook?.phase === 'Succeeded' ? true : undefined
  }
  switch (hook?.phase) {
    case 'Succeeded':
      return true
    case 'Failed':
    case 'Running':
    case '':
      return false
    case 'Unknown':
    case undefined:
      return undefined
  }
}

/** Both times are the API server's. */
function isNewer(past: Job | undefined, release: Release | undefined): boolean {
  return past !== undefined && release !== undefined && past.createdAt >= release.createdAt
}

/** From when to when the schema was, or is, being changed. */
function spanOf(
  last: Job | undefined,
  hook: HookJob | undefined,
  release: Release | undefined,
): Migrating | undefined {
  if (last !== undefined && (release === undefined || isNewer(last, release))) {
    if (last.outcome === 'complete') return span(last.createdAt, last.endedAt)
    // How a Job ended that was deleted while it ran is unknown; the Job's own reading says so.
    return last.deleted === true && last.outcome === undefined ? undefined : span(last.createdAt, undefined)
  }
  // When a hook ended Helm says by the clock of wherever it ran, which is compared with no other. That Helm goes on
  // only after a hook that succeeded is its own law.
  return release !== undefined && hook?.phase === 'Failed' ? span(release.createdAt, undefined) : undefined
}

function span(from: Instant, until: Instant | undefined): Migrating {
  return until === undefined ? { from } : { from, until }
}

function unseen(kind: Kind): BlindSpot {
  const message = `no Job with the label component=${kind} is there and none was seen to succeed: Helm deletes one that succeeded`
  return blindSpot(migrationJobSucceeded, { kind }, why('never_measured', 'migration_job_unseen', message))
}

/** A span in which the schema was being changed; without an end it still is, or the change failed. */
export interface Migrating {
  readonly from: Instant
  readonly until?: Instant
}

/**
 * Names of pods of a new revision that were created while the schema was being changed. All times are the API
 * server's own, so they may be compared. A revision that had pods before is not new: its pods are only replaced.
 * @throws ProbeError when pods, workloads or ReplicaSets can't be seen
 */
function earlyPods(cluster: Cluster, spans: readonly Migrating[]): readonly string[] {
  if (spans.length === 0) return []
  const pods = seenNow(cluster, 'pods')
  const hashes = new Map(
    seenNow(cluster, 'replicaSets').map((set) => [`${set.owner} ${set.revision}`, set] as const),
  )
  return seenNow(cluster, 'workloads').flatMap((workload) => {
    const set = hashes.get(`${workload.uid} ${workload.revision}`)
    const revision = workload.kind === 'Deployment' ? set?.hash : workload.revision
    const own = pods.filter((pod) => pod.component === workload.component && pod.revision === revision)
    const bornAt = bornOf(workload, set?.createdAt, own)
    return spans.some(({ from }) => bornAt < from)
      ? []
      : own.filter((pod) => spans.some((span) => within(span, pod.createdAt))).map((pod) => pod.name)
  })
}

/** When the revision came into being: with its ReplicaSet, or with the first of its pods. */
function bornOf({ kind }: Workload, set: Instant | undefined, pods: readonly Pod[]): Instant {
  if (kind === 'Deployment') return set ?? -Infinity
  return Math.min(...pods.map((pod) => pod.createdAt))
}

function within({ from, until = Infinity }: Migrating, at: Instant): boolean {
  return at >= from && at < until
}
