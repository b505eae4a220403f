import { type Kubernetes, KubernetesFailure } from '../connections/kubernetes.ts'
import { LEFT_OUT, type Unavailable } from '../core/observation.ts'
import type { Millis } from '../core/time.ts'
import { beat, type Confirmed } from './heartbeat.ts'
import { isObject, objectAt } from './manifest/objects.ts'
import type { Cluster, Identity, Kind, Kinds, Seen, Workload } from './model.ts'
import { reduceEndpointSlice, reducePod, reduceService } from './reduce-pods.ts'
import { reduceAutoscaler, reduceJob, reduceReplicaSet, reduceWorkload } from './reduce-workloads.ts'
import { Reflector, type Resource } from './reflector.ts'
import { openReleases, reduceRelease, type SealedRelease } from './releases.ts'

export interface ClusterSettings {
  readonly kubernetes: Kubernetes
  readonly namespace: string
  /** Name of the Helm release. */
  readonly release: string
  /** Whether the Secrets in which Helm keeps releases may be read. */
  readonly helmSecrets: boolean
  /** Within what time each kind is to be confirmed, should its watch have kept something from us. */
  readonly confirm: () => Millis
  /** Takes what a listener threw: a fault of ours, which keeps nothing from the other listeners. */
  readonly onFault?: (fault: unknown) => void
}

/**
 * Follows the objects of one release. Nothing is asked before `start`.
 *
 * Where nothing happens this costs a request a second, and 100 a minute when each of the nine kinds is to be confirmed
 * within 5.4 s, each for the versions of one kind; and a new watch of each kind every six minutes. Each request for a Secret's
 * keys comes on top.
 */
export function openCluster(settings: ClusterSettings): Cluster {
  const { kubernetes, namespace } = settings
  const changes = openListeners(settings.onFault ?? (() => {}))
  const stopped = new AbortController()
  const followed = followedIn(settings, changes.changed)
  const { reflectors, views } = followed
  let lost: Unavailable | undefined
  let beating: Promise<void> | undefined

  /** What a dead API server said last is not what is. */
  function confirmed<T>(seen: Seen<T>): Seen<T> {
    return lost !== undefined && seen.ok ? { ok: false, unavailable: lost, lastKnown: seen.items } : seen
  }

  function onLoss(unavailable: Unavailable): void {
    lost = unavailable
    for (const reflector of reflectors) reflector.distrust(unavailable)
    changes.changed()
  }

  function onReturn(): void {
    lost = undefined
    for (const reflector of reflectors) reflector.hurry()
    changes.changed()
  }

  return {
    of: (kind) => confirmed(views[kind]()),
    subscribe: (listener) => changes.subscribe(listener),
    secretKeys: (name, deadline) => secretKeys(kubernetes, namespace, name, deadline),
    podsAge: () => (lost === undefined ? followed.podsAge() : Infinity),
    cost: kubernetes.cost,
    start() {
      for (const reflector of reflectors) reflector.start()
      beating ??= beat(reflectors, { round: settings.confirm, onLoss, onReturn }, stopped.signal)
    },
    async stop() {
      stopped.abort()
      followed.stopReading()
      await Promise.all([beating, ...reflectors.map((reflector) => reflector.stop())])
      await kubernetes.close()
    },
  }
}

interface FollowedKinds {
  readonly reflectors: readonly (Confirmed &
    Pick<Reflector<Identity>, 'start' | 'distrust' | 'hurry' | 'stop'>)[]
  readonly views: { readonly [K in Kind]: () => Seen<Kinds[K]> }
  podsAge(): Millis
  stopReading(): void
}

function followedIn(settings: ClusterSettings, onChange: () => void): FollowedKinds {
  const { kubernetes } = settings
  const of = resourcesIn(settings)
  const follow = <T extends Identity>(resource: Resource<T>): Reflector<T> =>
    new Reflector(resource, { kubernetes, onChange })
  const deployments = follow(of('apis/apps/v1', 'deployments', reduceWorkload('Deployment')))
  const statefulSets = follow(of('apis/apps/v1', 'statefulsets', reduceWorkload('StatefulSet')))
  const pods = follow(of('api/v1', 'pods', reducePod))
  const replicaSets = follow(of('apis/apps/v1', 'replicasets', reduceReplicaSet))
  // Helm deletes a Job as it succeeds: what became of it comes with its end, or never.
  const jobs = follow({
    ...of('apis/batch/v1', 'jobs', reduceJob),
    bury: (job) => ({ ...job, deleted: true as const }),
  })
  const services = follow(of('api/v1', 'services', reduceService))
  const endpointSlices = follow(of('apis/discovery.k8s.io/v1', 'endpointslices', reduceEndpointSlice))
  const { labelSelector: _, ...autoscaled } = of(
    'apis/autoscaling/v2',
    'horizontalpodautoscalers',
    reduceAutoscaler,
  )
  // By what they scale: those of `kubectl autoscale` and KEDA have no label of the release.
  const autoscalers = follow({ ...autoscaled, optional: true })
  const releases = settings.helmSecrets ? followReleases(settings, onChange) : undefined
  const workloads = joined<Workload>()
  return {
    reflectors: [
      deployments,
      statefulSets,
      pods,
      replicaSets,
      jobs,
      services,
      endpointSlices,
      autoscalers,
      ...(releases === undefined ? [] : [releases.reflector]),
    ],
    views: {
      pods: () => pods.seen(),
      replicaSets: () => replicaSets.seen(),
      jobs: () => jobs.seen(),
      services: () => services.seen(),
      endpointSlices: () => endpointSlices.seen(),
      autoscalers: () => autoscalers.seen(),
      workloads: () => workloads(deployments.seen(), statefulSets.seen()),
      releases: () => releases?.seen() ?? notPermitted,
    },
    podsAge: () => pods.age(),
    stopReading: () => releases?.stop(),
  }
}

function followReleases(settings: ClusterSettings, onChange: () => void) {
  const { kubernetes, namespace, release } = settings
  const path = secretsPath(namespace)
  const resource: Resource<SealedRelease> = {
    name: 'secrets of Helm releases',
    path,
    labelSelector: `owner=helm,name=${release}`,
    metadataOnly: true,
    reduce: reduceRelease,
  }
  const reflector = new Reflector(resource, {
    kubernetes,
    onChange() {
      releases.update()
      onChange()
    },
  })
  const releases = openReleases({ kubernetes, path, sealed: () => reflector.seen(), onChange })
  return { reflector, seen: () => releases.seen(), stop: () => releases.stop() }
}

function secretsPath(namespace: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets`
}

/** Resources of the release, by its label and never by a name. */
function resourcesIn({ namespace, release }: ClusterSettings) {
  return <T extends Identity>(group: string, name: string, reduce: Resource<T>['reduce']): Resource<T> => ({
    name,
    path: `/${group}/namespaces/${encodeURIComponent(namespace)}/${name}`,
    labelSelector: `app.kubernetes.io/instance=${release}`,
    reduce,
  })
}

const notPermitted: Seen<never> = {
  ok: false,
  lastKnown: [],
  unavailable: {
    unknownReason: 'not_configured',
    reason: LEFT_OUT,
    message: 'the Secrets of Helm releases are not read: kubernetes.helmSecrets permits it',
  },
}

/** Both lists, or why one of them can't be seen; the same array for as long as both are the same. */
function joined<T>(): (first: Seen<T>, second: Seen<T>) => Seen<T> {
  let of: readonly (readonly T[])[] = []
  let items: readonly T[] = []
  return (...both) => {
    const parts = both.map((seen) => (seen.ok ? seen.items : seen.lastKnown))
    if (parts.some((part, index) => part !== of[index])) items = parts.flat()
    of = parts
    const missing = both.find((seen) => !seen.ok)
    return missing === undefined ? { ok: true, items } : { ...missing, lastKnown: items }
  }
}

const LARGEST_SECRET = 4 * 1024 * 1024

/** The values are dropped before anything else sees them. */
async function secretKeys(
  kubernetes: Kubernetes,
  namespace: string,
  name: string,
  deadline: AbortSignal,
): Promise<readonly string[] | undefined> {
  const path = `${secretsPath(namespace)}/${encodeURIComponent(name)}`
  try {
    const secret = await kubernetes.json('GET', path, { deadline, maxBytes: LARGEST_SECRET })
    return isObject(secret) ? Object.keys(objectAt(secret, 'data')) : []
  } catch (fault) {
    if (fault instanceof KubernetesFailure && fault.status === 404) return undefined
    throw fault
  }
}

/** Subscribers to changes. */
interface Listeners {
  /** Has them told once of all that changed in one turn of the event loop. */
  readonly changed: () => void
  readonly subscribe: Cluster['subscribe']
}

/**
 * Listeners of which none can keep anything from the others: what one throws is a fault of
 * ours, and goes to `onFault`. The next change calls all of them again.
 */
export function openListeners(onFault: (fault: unknown) => void): Listeners {
  const listeners = new Set<() => void>()
  let due: NodeJS.Immediate | undefined

  function tell(): void {
    due = undefined
    for (const listener of listeners) {
      try {
        listener()
      } catch (fault) {
        onFault(fault)
      }
    }
  }

  return {
    changed: () => void (due ??= setImmediate(tell)),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
