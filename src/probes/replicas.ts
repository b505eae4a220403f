import type { Target } from '../core/observation.ts'
import type { Replica } from '../core/replica.ts'

export { components, type Component, type Replica } from '../core/replica.ts'

/** Where replicas come from: configuration, or a cluster. Asked anew before each look, so replicas may come and go. */
export interface Discovery {
  replicas(): readonly Replica[]
}

/** A replica as the target of a look. */
export function targetOf(replica: Replica): Target {
  const { component, name } = replica
  return { id: `${component}/${name}`, labels: { component, replica: name } }
}
