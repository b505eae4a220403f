import {
  workloadAvailable,
  workloadContainer,
  workloadDesired,
  workloadProgressing,
  workloadRolledOut,
  workloadTemplate,
  workloadUpdated,
} from '../rules/signals.ts'
import type { Cluster, Container, Pod, ReplicaSet, Seen, Workload } from '../kubernetes/model.ts'
import { components } from '../core/replica.ts'
import { read, type Reading } from '../core/signal.ts'
import { inWords, type Clock, type Instant, type Millis } from '../core/time.ts'
import { clusterWatch, seenNow } from './cluster-watch.ts'
import { blindLook, joined, type Look, type Watch } from './probe.ts'
import { canBeOne, pulledAs, readImage, readImageId } from '../core/image.ts'
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
    read(workloadRolledOut, labels, missing === undefined ? 1 : 0, missing),
    read(workloadProgressing, labels, failure === undefined ? 1 : 0, failure),
    read(workloadTemplate, labels, fingerprint, images.join(', ')),
  ]
}

/** What a workload still lacks, as `code: sentence`; the order is that in which a rollout goes on. */
function missingOf(workload: Workload, pods: readonly Pod[]): string | undefined {
  const { generation, observedGeneration, replicas, available } = workload
  const { desired, updated, total } = replicas
  if (observedGeneration < generation)
    return `not_observed: its controller has not taken up generation ${generation}`
  if (updated < desired) return `waiting: ${updated} of ${desired} replicas updated${pending(pods)}`
  if (total > updated) return `old_replicas_left: ${total - updated} of the former revision`
  if (available < desired) return `unavailable: ${available} of ${desired} replicas available${pending(pods)}`
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

/** Why a workload can't go on, as `code: sentence`. */
function failureOf(
  workload: Workload,
  pods: readonly Pod[],
  unfinished: Millis,
  deadline: Millis,
): string | undefined {
  for (const { name: pod, containers } of pods)
    for (const { name, waiting, restarts, message } of containers) {
      const because = message === undefined ? '' : `: ${message}`
      if (waiting === 'CrashLoopBackOff')
        return `crash_loop: container ${name} of ${pod} crashes over and over, ${restarts} restarts${because}`
      if (waiting !== undefined && cannotStart.has(waiting))
        return `cannot_start: container ${name} of ${pod} can't start, ${waiting}${because}`
    }
  if (workload.deadlineExceeded !== undefined)
    return `progress_deadline_exceeded: ${workload.deadlineExceeded}`
  // Of a StatefulSet the cluster never says that it has given up.
  if (workload.kind === 'StatefulSet' && unfinished > deadline)
    return `rollout_deadline_exceeded: not rolled out for ${inWords(unfinished)}, ${inWords(deadline)} are allowed`
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

/** A pod that has ended for good, such as one that was evicted, is no replica any more. */
const ended = new Set(['Failed', 'Succeeded'])

/** Which image each container of a workload runs, and whether its pod is of the revision that the workload should have. */
function runningImages(workload: Workload, pods: readonly Pod[], sets: Seen<ReplicaSet>): Look {
  const { component, kind } = workload
  if (kind === 'Deployment' && !sets.ok)
    return blindLook([workloadContainer], { component }, sets.unavailable)
  const isTarget = targetOf(workload, sets.ok ? sets.items : [])
  const living = pods.filter(({ phase }) => !ended.has(phase))
  return {
    readings: living.flatMap((pod) =>
      pod.containers.map((container) => readingOf(workload, pod, container, isTarget(pod))),
    ),
  }
}

/** Tells whether a pod was made for the revision that the workload should have now. */
function targetOf(workload: Workload, sets: readonly ReplicaSet[]): (pod: Pod) => boolean {
  const { kind, uid, revision, generation, observedGeneration } = workload
  // Until its controller has taken up what it should be, its revision is the one before.
  if (observedGeneration < generation || revision === '') return () => false
  if (kind === 'StatefulSet') return (pod) => pod.owner === uid && pod.revision === revision
  const set = sets.find((one) => one.owner === uid && one.revision === revision)
  return (pod) => set !== undefined && pod.owner === set.uid
}

function readingOf(
  { component, imageOf }: Workload,
  { name: replica }: Pod,
  { name: part, role, asked, imageId, runs }: Container,
  isTarget: boolean,
): Reading {
  const image = readImage(asked)
  const template = readImage(imageOf[part] ?? '')
  // The image of a pod can be changed by hand, and a webhook may name a mirror or add a digest.
  const isAsTold =
    image !== undefined && template !== undefined && canBeOne(pulledAs(template), pulledAs(image))
  const id = readImageId(imageId)
  const labels = {
    component,
    replica,
    part,
    role,
    revision: !isTarget ? 'other' : isAsTold ? 'target' : 'changed',
    image: image?.name ?? '',
    tag: image === undefined ? '' : (pulledAs(image).tag ?? ''),
    digest: image?.digest ?? '',
    template_digest: template?.digest ?? '',
    reported: id?.digest ?? '',
    reported_as: id?.kind ?? '',
  }
  return read(workloadContainer, labels, runs ? 1 : 0)
}
