import type { Target } from '../core/observation.ts'

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
}

/** Where replicas come from: configuration, or a cluster. Asked anew before each look, so replicas may come and go. */
export interface Discovery {
  replicas(): readonly Replica[]
}

/** A replica as the target of a look. */
export function targetOf(replica: Replica): Target {
  const { component, name } = replica
  return { id: `${component}/${name}`, labels: { component, replica: name } }
}
