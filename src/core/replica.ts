/** The services of the platform that have replicas. */
export const components = ['api', 'sts', 'gateway', 'audit', 'coordinator', 'web'] as const
export type Component = (typeof components)[number]

/** One replica of a service, wherever it was found. */
export interface Replica {
  readonly component: Component
  /** Unique within its component, e.g. `gateway-1` or a pod's name. */
  readonly name: string
  /** Base URL of the replica itself, not of a load balancer before it. */
  readonly url: string
  /** What the replica believes its host is called; Gateway names its consumer group by it. */
  readonly hostname?: string
  /** Revision of its workload that it belongs to, where a cluster says so. */
  readonly revision?: string
  /** Another one after the replica was replaced or restarted under its name, where a cluster says so. */
  readonly instance?: string
}
