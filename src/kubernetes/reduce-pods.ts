import { labelOf, objectAt, objectsAt, scalarText, textAt, type PlainObject } from './manifest/objects.ts'
import type { Container, ContainerRole, EndpointSlice, Pod, Service } from './model.ts'
import { SECOND, type Millis } from '../core/time.ts'
import { bounded, controllerOf, countAt, identityOf } from './objects.ts'
import { imagesByContainer, sourceOf } from './reduce-workloads.ts'

export function reducePod(object: PlainObject): Pod | undefined {
  const identity = identityOf(object)
  if (identity === undefined) return undefined
  const spec = objectAt(object, 'spec')
  const status = objectAt(object, 'status')
  const conditions = objectsAt(status, 'conditions')
  const ip = textAt(status, 'podIP')
  const served = portOf(objectsAt(spec, 'containers'))
  const unreadyWithin = unreadyWithinOf(served)
  const homeless = conditions.find(
    (condition) => condition['type'] === 'PodScheduled' && condition['status'] === 'False',
  )
  return {
    ...identity,
    ...(ip !== '' && { ip }),
    phase: textAt(status, 'phase') || 'Unknown',
    ready: conditions.some((condition) => condition['type'] === 'Ready' && condition['status'] === 'True'),
    deleting: textAt(objectAt(object, 'metadata'), 'deletionTimestamp') !== '',
    revision: labelOf(object, 'controller-revision-hash') || labelOf(object, 'pod-template-hash'),
    ...controllerOf(object),
    containers: containersOf(spec, status),
    ...(served !== undefined && { port: served.port }),
    ...(unreadyWithin !== undefined && { unreadyWithin }),
    ...(homeless !== undefined && {
      unschedulable: bounded(textAt(homeless, 'message') || textAt(homeless, 'reason')),
    }),
  }
}

/** Init containers first. */
function containersOf(spec: PlainObject, status: PlainObject): readonly Container[] {
  const asked = imagesByContainer(spec)
  const sidecars = objectsAt(spec, 'initContainers')
    .filter((container) => container['restartPolicy'] === 'Always')
    .map((container) => textAt(container, 'name'))
  return [
    ...statusesOf(status, 'initContainerStatuses', asked, (name) =>
      sidecars.includes(name) ? 'sidecar' : 'init',
    ),
    ...statusesOf(status, 'containerStatuses', asked, () => 'main'),
  ]
}

function statusesOf(
  status: PlainObject,
  field: string,
  asked: Readonly<Record<string, string>>,
  roleOf: (name: string) => ContainerRole,
): readonly Container[] {
  return objectsAt(status, field).map((container) => {
    const name = textAt(container, 'name')
    const role = roleOf(name)
    const state = objectAt(container, 'state')
    const waiting = objectAt(state, 'waiting')
    const ended = objectAt(state, 'terminated')
    const last = objectAt(objectAt(container, 'lastState'), 'terminated')
    const reason = textAt(waiting, 'reason')
    const message =
      (reason === 'CrashLoopBackOff' && endOf(last)) || textAt(waiting, 'message') || endOf(last)
    return {
      name,
      role,
      image: textAt(container, 'image'),
      asked: asked[name] ?? '',
      imageId: textAt(container, 'imageID'),
      runs: 'running' in state || (role === 'init' && 'exitCode' in ended && ended['exitCode'] === 0),
      ready: container['ready'] === true,
      restarts: countAt(container, 'restartCount'),
      ...(reason !== '' && { waiting: reason }),
      ...(message !== '' && { message: bounded(message) }),
    }
  })
}

/** How a container ended, as `Error, exit code 1: no database`; empty when it did not. */
function endOf(terminated: PlainObject): string {
  const reason = textAt(terminated, 'reason')
  if (reason === '') return ''
  const message = textAt(terminated, 'message')
  return `${reason}, exit code ${countAt(terminated, 'exitCode')}${message === '' ? '' : `: ${message}`}`
}

interface Served {
  readonly port: number
  /** Empty when it has none. */
  readonly name: string
  readonly container: PlainObject
}

function portOf(containers: readonly PlainObject[]): Served | undefined {
  const ports = containers.flatMap((container) =>
    objectsAt(container, 'ports').map((own) => ({
      port: countAt(own, 'containerPort'),
      name: textAt(own, 'name'),
      container,
    })),
  )
  const chosen = ports.find(({ name }) => name === 'http') ?? (ports.length === 1 ? ports[0] : undefined)
  return chosen !== undefined && chosen.port > 0 && chosen.port < 65_536 ? chosen : undefined
}

/** A probe that a service mesh has rewritten, or that another container answers, proves something else. */
function unreadyWithinOf(served: Served | undefined): Millis | undefined {
  if (served === undefined) return undefined
  const probe = objectAt(served.container, 'readinessProbe')
  const asked = objectAt(probe, 'httpGet')
  const port = asked['port']
  if (textAt(asked, 'path') !== '/ready' || (port !== served.port && port !== (served.name || undefined)))
    return undefined
  // The API server writes these three into every probe.
  const [period, failures, timeout] = ['periodSeconds', 'failureThreshold', 'timeoutSeconds'].map((field) =>
    countAt(probe, field),
  )
  return period && failures && timeout ? (period * failures + timeout) * SECOND : undefined
}

export function reduceService(object: PlainObject): Service | undefined {
  const identity = identityOf(object)
  if (identity === undefined) return undefined
  const spec = objectAt(object, 'spec')
  const selector = Object.entries(objectAt(spec, 'selector')).map(([name, value]) => [
    name,
    scalarText(value),
  ])
  return {
    ...identity,
    selector: Object.fromEntries(selector) as Readonly<Record<string, string>>,
    ports: objectsAt(spec, 'ports').map((port) => ({
      name: textAt(port, 'name'),
      port: countAt(port, 'port'),
      targetPort: textAt(port, 'targetPort') || countAt(port, 'targetPort') || countAt(port, 'port'),
    })),
    source: sourceOf(object, 'Service'),
  }
}

export function reduceEndpointSlice(object: PlainObject): EndpointSlice | undefined {
  const identity = identityOf(object)
  if (identity === undefined) return undefined
  return {
    ...identity,
    service: labelOf(object, 'kubernetes.io/service-name'),
    ports: objectsAt(object, 'ports').map((port) => ({
      name: textAt(port, 'name'),
      port: countAt(port, 'port'),
    })),
    endpoints: objectsAt(object, 'endpoints').map((endpoint) => {
      const addresses = endpoint['addresses']
      return {
        addresses: Array.isArray(addresses) ? addresses.filter((one) => typeof one === 'string') : [],
        // Absent means unknown, which the API defines as ready.
        ready: objectAt(endpoint, 'conditions')['ready'] !== false,
      }
    }),
  }
}
