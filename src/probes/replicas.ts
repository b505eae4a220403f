import type { Target } from '../core/observation.ts'
import { components, type Component, type Replica } from '../core/replica.ts'
import { MINUTE, SECOND, type Millis } from '../core/time.ts'
import type { Cluster, Pod } from '../kubernetes/model.ts'

export { components, type Component, type Replica } from '../core/replica.ts'

/**
 * Where replicas come from: configuration, or a cluster. Asked anew before each look, so replicas may come and go; the
 * same list is returned for as long as none does.
 */
export interface Discovery {
  replicas(): readonly Replica[]
  /**
   * Ids of the targets whose `/ready` their kubelet proves, as a watch says that is fresh; the same set for as long as
   * none of them changes. Absent without a cluster.
   */
  proven?(): ReadonlySet<string>
}

/** A replica as the target of a look. */
export function targetOf(replica: Replica): Target {
  const { component, name, url, revision, instance } = replica
  const labels = {
    component,
    replica: name,
    address: addressOf(new URL(url)),
    ...(revision !== undefined && { revision }),
    ...(instance !== undefined && { instance }),
  }
  return { id: idOf(replica), labels }
}

/** Host and port, as a client names a replica that it resolved itself. */
function addressOf({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`
}

function idOf({ component, name }: Pick<Replica, 'component' | 'name'>): string {
  return `${component}/${name}`
}

interface Listing {
  readonly byTarget: ReadonlyMap<string, Replica>
  readonly targets: ReadonlyMap<Component, readonly Target[]>
}

// Each look asks for the list: with hundreds of replicas, making it anew each time would cost more than the looks.
const listings = new WeakMap<readonly Replica[], Listing>()

function listingOf(discovery: Discovery): Listing {
  const replicas = discovery.replicas()
  const known = listings.get(replicas)
  if (known !== undefined) return known
  const pairs = replicas.map((replica) => [replica, targetOf(replica)] as const)
  const listing: Listing = {
    byTarget: new Map(pairs.map(([replica, target]) => [target.id, replica])),
    targets: new Map(
      [...Map.groupBy(pairs, ([{ component }]) => component)].map(([component, own]) => [
        component,
        own.map(([, target]) => target),
      ]),
    ),
  }
  listings.set(replicas, listing)
  return listing
}

/** The replicas of these components as targets. */
export function targetsOf(discovery: Discovery, components: readonly Component[]): readonly Target[] {
  const { targets } = listingOf(discovery)
  return components.flatMap((component) => targets.get(component) ?? [])
}

/** How many replicas the component has. */
export function countOf(discovery: Discovery, component: Component): number {
  return listingOf(discovery).targets.get(component)?.length ?? 0
}

/** The replica behind a target, unless it has gone since. */
export function replicaAt(discovery: Discovery, target: Target): Replica | undefined {
  return listingOf(discovery).byTarget.get(target.id)
}

/** Ports of the platform's services, for containers that name none. */
const ports: Readonly<Record<Component, number>> = {
  api: 3000,
  sts: 8080,
  gateway: 8081,
  audit: 9090,
  coordinator: 4000,
  web: 3002,
}

/**
 * The pods of the release as replicas, each on its own IP: behind a Service one of them is seen at random, and one
 * that is not ready never. A pod that is going away is none any more. While the API server can't be seen the last
 * known pods are still asked: what they prove themselves stands.
 */
export function clusterDiscovery(cluster: Cluster): Required<Discovery> {
  let pods: readonly Pod[] | undefined
  let replicas: readonly Replica[] = []
  let proven: ReadonlySet<string> = none

  // Asked for many times between two changes.
  function update(): void {
    const seen = cluster.of('pods')
    const now = seen.ok ? seen.items : seen.lastKnown
    if (now === pods) return
    pods = now
    replicas = now.flatMap(replicaOf)
    const next = new Set(now.flatMap((pod) => (isProven(pod) ? replicaOf(pod).map(idOf) : [])))
    if (next.size !== proven.size || [...next].some((id) => !proven.has(id))) proven = next
  }

  return {
    replicas() {
      update()
      return replicas
    },
    proven() {
      update()
      return cluster.podsAge() <= FRESH ? proven : none
    },
  }
}

const none: ReadonlySet<string> = new Set()

/** Pods are confirmed every 5.4 s, every 9 s while quiet, and after one that failed again at once. */
const FRESH: Millis = 15 * SECOND

/** A kubelet that takes longer to notice proves too little; by the platform's chart it takes 31 s. */
const NOTICED_WITHIN: Millis = MINUTE

/** Whether the kubelet asks this pod's `/ready`, often enough, and is answered that it is ready. */
function isProven({ ready, unreadyWithin = Infinity }: Pod): boolean {
  return ready && unreadyWithin <= NOTICED_WITHIN
}

function replicaOf(pod: Pod): readonly Replica[] {
  const { name, uid, ip, deleting, phase, revision, containers } = pod
  const component = components.find((known) => known === pod.component)
  if (component === undefined || ip === undefined || deleting) return []
  if (phase === 'Succeeded' || phase === 'Failed') return []
  const host = ip.includes(':') ? `[${ip}]` : ip
  const url = `http://${host}:${pod.port ?? ports[component]}`
  const restarts = containers.reduce((sum, { role, restarts: own }) => sum + (role === 'main' ? own : 0), 0)
  const instance = `${uid}/${restarts}`
  // A container's host name is its pod's name.
  return [{ component, name, url, hostname: name, instance, ...(revision !== '' && { revision }) }]
}
