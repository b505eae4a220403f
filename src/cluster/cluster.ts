import { KubernetesFailure, type Kubernetes } from '../connections/kubernetes.ts'
import type { Millis } from '../core/time.ts'
import { isObject, objectAt } from '../manifest/objects.ts'
import { beat } from './heartbeat.ts'
import { reduceEndpointSlice, reducePod, reduceService } from './reduce-pods.ts'
import { reduceAutoscaler, reduceJob, reduceReplicaSet, reduceWorkload } from './reduce-workloads.ts'
import { reflect, type Reflector, type Resource } from './reflector.ts'
import { openReleases, reduceRelease } from './releases.ts'
import type { Cluster, Identity, Kind, Kinds, Seen } from './model.ts'

export interface ClusterSettings {
  readonly kubernetes: Kubernetes
  readonly namespace: string
  /** Name of the Helm release. */
  readonly release: string
  /** Whether the Secrets in which Helm keeps releases may be read. */
  readonly helmSecrets: boolean
  /** How often each kind is listed anew, should its watch have kept something from us. */
  relist(): Millis
}

/** Follows the objects of one release. Nothing is asked before `start`. */
export function openCluster(settings: ClusterSettings): Cluster {
  const { kubernetes, namespace, helmSecrets, relist } = settings
  const changes = coalesced()
  const stopped = new AbortController()
  const follow = <T extends Identity>(resource: Resource<T>): Reflector<T> =>
    reflect(resource, { kubernetes, relist, onChange: changes.changed })

  const of = resourcesIn(settings)
  const deployments = follow(of('apis/apps/v1', 'deployments', reduceWorkload('Deployment')))
  const statefulSets = follow(of('apis/apps/v1', 'statefulsets', reduceWorkload('StatefulSet')))
  const releases = helmSecrets ? follow(releaseSecrets(settings)) : undefined
  const simple = {
    pods: follow(of('api/v1', 'pods', reducePod)),
    replicaSets: follow(of('apis/apps/v1', 'replicasets', reduceReplicaSet)),
    // Helm deletes a Job as it succeeds: what it came to is told with its end, or never.
    jobs: follow({
      ...of('apis/batch/v1', 'jobs', reduceJob),
      bury: (job) => ({ ...job, deleted: true as const }),
    }),
    services: follow(of('api/v1', 'services', reduceService)),
    endpointSlices: follow(of('apis/discovery.k8s.io/v1', 'endpointslices', reduceEndpointSlice)),
    autoscalers: follow(of('apis/autoscaling/v2', 'horizontalpodautoscalers', reduceAutoscaler)),
  }
  const all = [
    deployments,
    statefulSets,
    ...(releases === undefined ? [] : [releases]),
    ...Object.values(simple),
  ]
  const readReleases = openReleases()
  const views: { readonly [K in Kind]: () => Seen<Kinds[K]> } = {
    pods: () => simple.pods.seen(),
    replicaSets: () => simple.replicaSets.seen(),
    jobs: () => simple.jobs.seen(),
    services: () => simple.services.seen(),
    endpointSlices: () => simple.endpointSlices.seen(),
    autoscalers: () => simple.autoscalers.seen(),
    workloads: () => both(deployments.seen(), statefulSets.seen()),
    releases: () => (releases === undefined ? notPermitted : mapped(releases.seen(), readReleases)),
  }
  let beating: Promise<void> | undefined
  return {
    of: (kind) => views[kind](),
    subscribe: (listener) => changes.subscribe(listener),
    secretKeys: (name, deadline) => secretKeys(kubernetes, namespace, name, deadline),
    cost: kubernetes.cost,
    start() {
      for (const reflector of all) reflector.start()
      beating ??= beat(
        kubernetes,
        (blindness) => {
          for (const reflector of all) reflector.distrust(blindness)
        },
        stopped.signal,
      )
    },
    async stop() {
      stopped.abort()
      await Promise.all([beating, ...all.map((reflector) => reflector.stop())])
      await kubernetes.close()
    },
  }
}

/** Resources of the release, told by its label and never by a name. */
function resourcesIn({ namespace, release }: ClusterSettings) {
  return <T extends Identity>(group: string, name: string, reduce: Resource<T>['reduce']): Resource<T> => ({
    name,
    path: `/${group}/namespaces/${encodeURIComponent(namespace)}/${name}`,
    labelSelector: `app.kubernetes.io/instance=${release}`,
    reduce,
  })
}

function releaseSecrets({
  namespace,
  release,
}: ClusterSettings): Resource<ReturnType<typeof reduceRelease> & {}> {
  return {
    name: 'Helm release secrets',
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets`,
    labelSelector: `owner=helm,name=${release}`,
    // Each may be a megabyte.
    pageSize: 5,
    reduce: reduceRelease,
  }
}

const notPermitted: Seen<never> = {
  ok: false,
  lastKnown: [],
  blindness: {
    unknownReason: 'not_configured',
    reason: 'helm_secrets_off',
    message: 'the Secrets of Helm releases are not read: kubernetes.helmSecrets permits it',
  },
}

/** Both lists, or why one of them can't be seen. */
function both<T>(first: Seen<T>, second: Seen<T>): Seen<T> {
  if (first.ok && second.ok) return { ok: true, items: [...first.items, ...second.items] }
  const lastKnown = [first, second].flatMap((seen) => (seen.ok ? seen.items : seen.lastKnown))
  const blind = first.ok ? second : first
  return blind.ok ? blind : { ok: false, blindness: blind.blindness, lastKnown }
}

function mapped<T, U>(seen: Seen<T>, map: (items: readonly T[]) => readonly U[]): Seen<U> {
  return seen.ok
    ? { ok: true, items: map(seen.items) }
    : { ok: false, blindness: seen.blindness, lastKnown: map(seen.lastKnown) }
}

/** Tells listeners once of all that changed in one turn of the event loop. */
function coalesced(): { readonly changed: () => void; readonly subscribe: Cluster['subscribe'] } {
  const listeners = new Set<() => void>()
  let due: NodeJS.Immediate | undefined

  function tell(): void {
    due = undefined
    for (const listener of listeners) listener()
  }

  return {
    changed: () => void (due ??= setImmediate(tell)),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
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
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`
  try {
    const secret = await kubernetes.json('GET', path, { deadline, maxBytes: LARGEST_SECRET })
    return isObject(secret) ? Object.keys(objectAt(secret, 'data')) : []
  } catch (fault) {
    if (fault instanceof KubernetesFailure && fault.status === 404) return undefined
    throw fault
  }
}
