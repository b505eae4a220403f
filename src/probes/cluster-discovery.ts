import type { Cluster, Pod } from '../kubernetes/model.ts'
import { components, type Component, type Replica } from '../core/replica.ts'
import type { Discovery } from './replicas.ts'

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
export function clusterDiscovery(cluster: Cluster): Discovery {
  let pods: readonly Pod[] | undefined
  let replicas: readonly Replica[] = []
  return {
    replicas() {
      const seen = cluster.of('pods')
      const now = seen.ok ? seen.items : seen.lastKnown
      // Asked for many times between two changes.
      if (now !== pods) replicas = now.flatMap(replicaOf)
      pods = now
      return replicas
    },
  }
}

function replicaOf(pod: Pod): readonly Replica[] {
  const { name, ip, deleting, phase, revision } = pod
  const component = components.find((known) => known === pod.component)
  if (component === undefined || ip === undefined || deleting) return []
  if (phase === 'Succeeded' || phase === 'Failed') return []
  const host = ip.includes(':') ? `[${ip}]` : ip
  const url = `http://${host}:${pod.port ?? ports[component]}`
  // A container's host name is its pod's name.
  return [{ component, name, url, hostname: name, ...(revision !== '' && { revision }) }]
}
