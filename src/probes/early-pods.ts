import type { Cluster, Pod, Workload } from '../kubernetes/model.ts'
import type { Instant } from '../core/time.ts'
import { seenNow } from './cluster-watch.ts'

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
export function earlyPods(cluster: Cluster, spans: readonly Migrating[]): readonly string[] {
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
