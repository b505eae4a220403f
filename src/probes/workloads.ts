import {
  workloadAvailable,
  workloadContainer,
  workloadDesired,
  workloadProgressing,
  workloadRolledOut,
  workloadTemplate,
  workloadUpdated,
} from '../rules/signals.ts'
import type { Cluster, Pod, Workload } from '../kubernetes/model.ts'
import { components } from '../core/replica.ts'
import { read, type Reading, type Signal } from '../core/signal.ts'
import { inWords, type Clock, type Instant, type Millis } from '../core/time.ts'
import { clusterWatch, seenNow } from './cluster-watch.ts'
import { blindLook, joined, type Look, type Watch } from './probe.ts'
import { runningImages } from './running-images.ts'
import { reasonsOf, type Declaration, type Reasons } from './declaration.ts'

const provides = [
  workloadDesired,
  workloadUpdated,
  workloadAvailable,
  workloadRolledOut,
  workloadProgressing,
  workloadTemplate,
  workloadContainer,
]

const reasons = {
  workload_unlabelled: [
    "a workload runs pods of the release without the release's label: Argo CD sets it to the name of its Application",
    'kubectl -n {namespace} get deployments,statefulsets --show-labels',
    'application.resourceTrackingMethod: annotation   # in the ConfigMap argocd-cm, or give both the same name',
  ],
  two_workloads: ['two workloads have the label of one component', '# remove the one that is not in use'],
} as const satisfies Reasons
const why = reasonsOf(reasons)

export const declaration: Declaration = {
  name: 'workloads',
  provides,
  reads: 'how far each Deployment and StatefulSet is rolled out, and the images that run',
  asks: 'kubernetes',
  needs: { kinds: ['workloads', 'pods', 'replicaSets'] },
  reasons,
  open: ({ cluster, clock, rollOutWithin }) => cluster && workloads(cluster, clock, rollOutWithin),
}

/** Follows how far each Deployment and StatefulSet of the release has come, and whether it can go on. */
export function workloads(cluster: Cluster, clock: Clock, deadline: Millis): Watch {
  const unfinished = unfinishedSince(clock)
  return clusterWatch(declaration, cluster, () => {
    const all = seenNow(cluster, 'workloads')
    const pods = Map.groupBy(seenNow(cluster, 'pods'), (pod) => pod.component)
    unfinished.keep(all)
    const looks = components.map((component): Look => {
      const own = all.filter((workload) => workload.component === component)
      const [workload, ...others] = own
      if (workload === undefined) return unlabelled(cluster, component)
      if (others.length > 0) return ambiguous(component, own)
      const members = (pods.get(component) ?? []).filter((pod) => !pod.deleting)
      const images = runningImages(workload, members, cluster.of('replicaSets'))
      return joined([
        { readings: readingsOf(workload, members, unfinished.since(workload), deadline) },
        images,
      ])
    })
    return joined(looks)
  })
}

function readingsOf(
  workload: Workload,
  pods: readonly Pod[],
  unfinished: Millis,
  deadline: Millis,
): readonly Reading[] {
  const { component, replicas, available, fingerprint, images } = workload
  const labels = { component }
  const missing = missingOf(workload, pods)
  const failure = failureOf(workload, pods, unfinished, deadline)
  return [
    read(workloadDesired, labels, replicas.desired),
    read(workloadUpdated, labels, replicas.updated),
    read(workloadAvailable, labels, available),
    judged(workloadRolledOut, component, missing),
    judged(workloadProgressing, component, failure),
    read(workloadTemplate, labels, fingerprint, undefined, { images }),
  ]
}

/** What is wrong: a stable code, and a sentence for people. */
interface Problem {
  readonly code: string
  readonly says: string
}

/** 1, or 0 with what is wrong. */
function judged(signal: Signal<'component'>, component: string, problem: Problem | undefined): Reading {
  return problem === undefined
    ? read(signal, { component }, 1)
    : read(signal, { component }, 0, problem.says, { code: problem.code })
}

/** What a workload still lacks; the order is that in which a rollout goes on. */
function missingOf(workload: Workload, pods: readonly Pod[]): Problem | undefined {
  const { generation, observedGeneration, replicas, available } = workload
  const { desired, updated, total } = replicas
  if (observedGeneration < generation)
    return { code: 'not_observed', says: `its controller has not taken up generation ${generation}` }
  if (updated < desired)
    return { code: 'waiting', says: `${updated} of ${desired} replicas updated${pending(pods)}` }
  if (total > updated)
    return {
      code: 'old_replicas_left',
      says: `${total - updated} replicas of the former revision are left`,
    }
  if (available < desired)
    return { code: 'unavailable', says: `${available} of ${desired} replicas available${pending(pods)}` }
  return undefined
}

function pending(pods: readonly Pod[]): string {
  const homeless = pods.find((pod) => pod.unschedulable !== undefined)
  return homeless === undefined ? '' : `; no node takes ${homeless.name}: ${homeless.unschedulable}`
}

/** A container that waits for these does not start by being waited for. */
const cannotStart = new Set([
  'ImagePullBackOff',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
])

/** Why a workload can't go on. */
function failureOf(
  workload: Workload,
  pods: readonly Pod[],
  unfinished: Millis,
  deadline: Millis,
): Problem | undefined {
  for (const { name: pod, containers } of pods)
    for (const { name, waiting, restarts, message } of containers) {
      const because = message === undefined ? '' : `: ${message}`
      if (waiting === 'CrashLoopBackOff')
        return {
          code: 'crash_loop',
          says: `container ${name} of ${pod} crashes over and over, ${restarts} restarts${because}`,
        }
      if (waiting !== undefined && cannotStart.has(waiting))
        return {
          code: 'cannot_start',
          says: `container ${name} of ${pod} can't start, ${waiting}${because}`,
        }
    }
  if (workload.deadlineExceeded !== undefined)
    return { code: 'progress_deadline_exceeded', says: workload.deadlineExceeded }
  // Of a StatefulSet the cluster never says that it has given up.
  if (workload.kind === 'StatefulSet' && unfinished > deadline)
    return {
      code: 'rollout_deadline_exceeded',
      says: `not rolled out for ${inWords(unfinished)}, ${inWords(deadline)} are allowed`,
    }
  return undefined
}

/** For how long each workload has not been rolled out to its revision, by our own clock. */
function unfinishedSince(clock: Clock) {
  const began = new Map<string, Instant>()
  const keyOf = ({ uid, revision }: Workload) => `${uid} ${revision}`
  return {
    keep(all: readonly Workload[]): void {
      const open = new Set(all.filter((workload) => missingOf(workload, []) !== undefined).map(keyOf))
      for (const key of began.keys()) if (!open.has(key)) began.delete(key)
      for (const key of open) if (!began.has(key)) began.set(key, clock.now())
    },
    since(workload: Workload): Millis {
      const at = began.get(keyOf(workload))
      return at === undefined ? 0 : clock.now() - at
    },
  }
}

/**
 * What can't be seen of a component whose pods are of the release and whose workload is not: another label on the
 * workload alone is what Argo CD makes of an Application that is not named like the release.
 */
function unlabelled(cluster: Cluster, component: string): Look {
  const owner = ownerOf(cluster, component)
  if (owner === undefined) return { readings: [] }
  const message = `${owner} runs the pods of ${component} and is no workload of the release: it lacks the release's label app.kubernetes.io/instance, or is neither Deployment nor StatefulSet`
  return blindLook(provides, { component }, why('ambiguous', 'workload_unlabelled', message))
}

/** What controls the pods of a component, up to the Deployment of a ReplicaSet; Jobs are none of its workloads. */
function ownerOf(cluster: Cluster, component: string): string | undefined {
  const replicaSets = cluster.of('replicaSets')
  const known = replicaSets.ok ? replicaSets.items : replicaSets.lastKnown
  const owners = seenNow(cluster, 'pods')
    .filter((pod) => pod.component === component && !pod.deleting)
    .map(({ owner, ownedBy }) => known.find(({ uid }) => uid === owner)?.ownedBy ?? ownedBy)
  return owners.find((owner) => owner !== undefined && !owner.startsWith('Job/'))
}

function ambiguous(component: string, own: readonly Workload[]): Look {
  const names = own.map(({ kind, name }) => `${kind}/${name}`).join(' and ')
  const message = `${names} both have the label app.kubernetes.io/component=${component}: remove the one that is not in use`
  return blindLook(provides, { component }, why('ambiguous', 'two_workloads', message))
}
