import { servicePortReaches } from '../rules/signals.ts'
import type { Cluster, EndpointSlice, Pod, Service } from '../kubernetes/model.ts'
import { components } from '../core/replica.ts'
import { read } from '../core/signal.ts'
import { clusterWatch, seenNow } from './cluster-watch.ts'
import type { Watch } from './probe.ts'
import type { Declaration } from './declaration.ts'

export const declaration: Declaration = {
  name: 'service-ports',
  provides: [servicePortReaches],
  reads: 'whether each Service leads to the ready pods of its component',
  asks: 'kubernetes',
  needs: { kinds: ['services', 'endpointSlices', 'pods', 'workloads'] },
  open: ({ cluster }) => cluster && servicePorts(cluster),
}

/** Follows whether each Service leads to the ready pods of its component, on the port that they listen on. */
export function servicePorts(cluster: Cluster): Watch {
  return clusterWatch(declaration, cluster, () => {
    const services = Map.groupBy(seenNow(cluster, 'services'), (service) => service.component)
    const slices = Map.groupBy(seenNow(cluster, 'endpointSlices'), (slice) => slice.service)
    const pods = Map.groupBy(seenNow(cluster, 'pods'), (pod) => pod.component)
    const installed = new Set(seenNow(cluster, 'workloads').map((workload) => workload.component))
    return {
      readings: components
        .filter((component) => installed.has(component))
        .map((component) => {
          const own = services.get(component) ?? []
          const problem = problemOf(component, own, slices, pods.get(component) ?? [])
          if (problem === undefined) return read(servicePortReaches, { component }, 1)
          return read(servicePortReaches, { component }, 0, problem.says, { code: problem.code })
        }),
    }
  })
}

type Slices = ReadonlyMap<string, readonly EndpointSlice[]>

interface Problem {
  readonly code: 'no_service' | 'no_such_port' | 'endpoint_missing'
  readonly says: string
}

/** Why a Service does not reach its pods. */
function problemOf(
  component: string,
  services: readonly Service[],
  slices: Slices,
  pods: readonly Pod[],
): Problem | undefined {
  if (services.length === 0)
    return { code: 'no_service', says: `no Service has the label component=${component}` }
  for (const service of services) {
    const { name, ports } = service
    const target = (ports.find((port) => port.name === 'http') ?? ports[0])?.targetPort
    if (target === undefined) return { code: 'no_such_port', says: `Service ${name} has no port` }
    for (const pod of pods.filter(({ ready, deleting, ip }) => ready && !deleting && ip !== undefined)) {
      if (typeof target === 'number' && pod.port !== undefined && target !== pod.port)
        return {
          code: 'no_such_port',
          says: `Service ${name} leads to port ${target}, ${pod.name} listens on ${pod.port}`,
        }
      if (!reaches(slices.get(name) ?? [], pod))
        return {
          code: 'endpoint_missing',
          says: `no endpoint of Service ${name} leads to ${pod.name}${on(pod)}`,
        }
    }
  }
  return undefined
}

function reaches(slices: readonly EndpointSlice[], { ip, port }: Pod): boolean {
  return slices.some(
    (slice) =>
      (port === undefined || slice.ports.some((open) => open.port === port)) &&
      slice.endpoints.some(({ ready, addresses }) => ready && addresses.includes(ip ?? '')),
  )
}

function on({ port }: Pod): string {
  return port === undefined ? '' : ` on port ${port}`
}
