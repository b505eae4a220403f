import { createHash } from 'node:crypto'
import {
  annotationOf,
  canonical,
  isObject,
  labelOf,
  objectAt,
  objectsAt,
  podSpecOf,
  textAt,
  type PlainObject,
} from './manifest/objects.ts'
import { secretReferences } from './manifest/references.ts'
import type { Autoscaler, Job, ReplicaSet, Workload, WorkloadKind } from './model.ts'
import { bounded, controllerOf, countAt, identityOf, instantAt } from './objects.ts'

const REVISION = 'deployment.kubernetes.io/revision'

/** A Deployment or StatefulSet; a list does not say of its items which. */
export function reduceWorkload(kind: WorkloadKind): (object: PlainObject) => Workload | undefined {
  return (object) => {
    const identity = identityOf(object)
    const spec = objectAt(object, 'spec')
    const desired = desiredOf(spec)
    const generation = countAt(objectAt(object, 'metadata'), 'generation')
    // Read as 0 they would make a workload that is rolled out of one that is not understood.
    if (identity === undefined || desired === undefined || generation === 0) return undefined
    const status = objectAt(object, 'status')
    const deadlineExceeded = deadlineOf(status)
    return {
      ...identity,
      kind,
      generation,
      observedGeneration: countAt(status, 'observedGeneration'),
      replicas: {
        desired,
        total: countAt(status, 'replicas'),
        updated: countAt(status, 'updatedReplicas'),
      },
      available: countAt(status, 'availableReplicas'),
      ready: countAt(status, 'readyReplicas'),
      revision: kind === 'Deployment' ? annotationOf(object, REVISION) : textAt(status, 'updateRevision'),
      fingerprint: fingerprintOf(spec['template']),
      images: objectsAt(podSpecOf(object), 'containers').map((container) => textAt(container, 'image')),
      imageOf: imagesByContainer(podSpecOf(object)),
      ...(deadlineExceeded !== undefined && { deadlineExceeded }),
      source: sourceOf(object, kind),
    }
  }
}

/** The images that a pod specification asks for, by the names of its containers. */
export function imagesByContainer(spec: PlainObject): Readonly<Record<string, string>> {
  const containers = [...objectsAt(spec, 'initContainers'), ...objectsAt(spec, 'containers')]
  return Object.fromEntries(containers.map((one) => [textAt(one, 'name'), textAt(one, 'image')]))
}

/** The API server writes 1 where the manifest has no number. */
function desiredOf(spec: PlainObject): number | undefined {
  const replicas = spec['replicas'] ?? 1
  return Number.isSafeInteger(replicas) && Number(replicas) >= 0 ? Number(replicas) : undefined
}

function deadlineOf(status: PlainObject): string | undefined {
  const late = objectsAt(status, 'conditions').find(
    (condition) =>
      condition['type'] === 'Progressing' &&
      condition['status'] === 'False' &&
      condition['reason'] === 'ProgressDeadlineExceeded',
  )
  return late && (bounded(textAt(late, 'message')) || 'its progress deadline has passed')
}

/** As the manifest would have it: without what the API server keeps for itself. */
export function sourceOf(object: PlainObject, kind: string): PlainObject {
  const { status: _, metadata, ...rest } = object
  const { managedFields: __, ...kept } = isObject(metadata) ? metadata : {}
  return { kind, ...rest, metadata: kept }
}

/** 52 bits, so that it is a whole number in every reader. */
function fingerprintOf(template: unknown): number {
  const digest = createHash('sha256').update(canonical(template, true)).digest('hex')
  return Number.parseInt(digest.slice(0, 13), 16)
}

export function reduceReplicaSet(object: PlainObject): ReplicaSet | undefined {
  const identity = identityOf(object)
  if (identity === undefined) return undefined
  return {
    ...identity,
    ...controllerOf(object),
    revision: annotationOf(object, REVISION),
    hash: labelOf(object, 'pod-template-hash'),
    replicas: countAt(objectAt(object, 'spec'), 'replicas'),
  }
}

export function reduceJob(object: PlainObject): Job | undefined {
  const identity = identityOf(object)
  if (identity === undefined) return undefined
  const status = objectAt(object, 'status')
  const counts = {
    ...identity,
    references: secretReferences(object),
    active: countAt(status, 'active'),
    failed: countAt(status, 'failed'),
  }
  const ended = objectsAt(status, 'conditions').find(
    (condition) =>
      condition['status'] === 'True' && ['Complete', 'Failed'].includes(textAt(condition, 'type')),
  )
  if (ended === undefined) return counts
  const endedAt = instantAt(status, 'completionTime') ?? instantAt(ended, 'lastTransitionTime')
  const when = endedAt === undefined ? {} : { endedAt }
  if (ended['type'] === 'Complete') return { ...counts, outcome: 'complete', ...when }
  const [reason, message] = [textAt(ended, 'reason'), bounded(textAt(ended, 'message'))]
  return {
    ...counts,
    outcome: 'failed',
    ...when,
    ...(reason !== '' && { reason }),
    ...(message !== '' && { message }),
  }
}

export function reduceAutoscaler(object: PlainObject): Autoscaler | undefined {
  const identity = identityOf(object)
  const target = objectAt(objectAt(object, 'spec'), 'scaleTargetRef')
  return identity && { ...identity, target: { kind: textAt(target, 'kind'), name: textAt(target, 'name') } }
}
