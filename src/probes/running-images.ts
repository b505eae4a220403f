import { canBeOne, pulledAs, readImage, readImageId } from '../core/image.ts'
import { read, type Reading } from '../core/signal.ts'
import type { Container, Pod, ReplicaSet, Seen, Workload } from '../kubernetes/model.ts'
import { workloadContainer } from '../rules/signals.ts'
import { blindLook, type Look } from './probe.ts'

/** A pod that has ended for good, such as one that was evicted, is no replica any more. */
const ended = new Set(['Failed', 'Succeeded'])

/** Which image each container of a workload runs, and whether its pod is of the revision that the workload should have. */
export function runningImages(workload: Workload, pods: readonly Pod[], sets: Seen<ReplicaSet>): Look {
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
