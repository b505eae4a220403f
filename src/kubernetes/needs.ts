import type { Kind } from './model.ts'

/** Verbs on a resource that the exporter uses, as a rule of a Role has them. */
export interface AccessNeed {
  /** Empty for the core group. */
  readonly group: string
  readonly resource: string
  readonly verbs: readonly ('get' | 'list' | 'watch' | 'update' | 'create')[]
}

const verbs = ['list', 'watch'] as const

/**
 * What following a kind of objects takes, in the namespace of the release. The Role of the chart grants it, and a test
 * compares. `releases` are the Secrets in which Helm keeps them: only where the configuration permits it.
 */
export const followed: Readonly<Record<Kind, readonly AccessNeed[]>> = {
  pods: [{ group: '', resource: 'pods', verbs }],
  services: [{ group: '', resource: 'services', verbs }],
  workloads: [
    { group: 'apps', resource: 'deployments', verbs },
    { group: 'apps', resource: 'statefulsets', verbs },
  ],
  replicaSets: [{ group: 'apps', resource: 'replicasets', verbs }],
  jobs: [{ group: 'batch', resource: 'jobs', verbs }],
  endpointSlices: [{ group: 'discovery.k8s.io', resource: 'endpointslices', verbs }],
  autoscalers: [{ group: 'autoscaling', resource: 'horizontalpodautoscalers', verbs }],
  releases: [{ group: '', resource: 'secrets', verbs }],
}

/** Of each Secret that a workload refers to, by its name. */
export const referredSecret: AccessNeed = { group: '', resource: 'secrets', verbs: ['get'] }

/** Of the ConfigMap of the state, by its name, in its own namespace. */
export const stateConfigMap: AccessNeed = {
  group: '',
  resource: 'configmaps',
  verbs: ['get', 'watch', 'update'],
}

/** To write Events about the exporter's own Deployment, in its own namespace. */
export const eventsWritten: AccessNeed = { group: 'events.k8s.io', resource: 'events', verbs: ['create'] }

/** Of that Deployment, by its name: its id, by which `kubectl describe` finds what is about it. */
export const ownDeployment: AccessNeed = { group: 'apps', resource: 'deployments', verbs: ['get'] }
