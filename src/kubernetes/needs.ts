/** Verbs on a resource that the exporter uses, as a rule of a Role has them. */
export interface AccessNeed {
  /** Empty for the core group. */
  readonly group: string
  readonly resource: string
  readonly verbs: readonly ('get' | 'list' | 'watch' | 'update')[]
}

const follow = ['list', 'watch'] as const

/** Of the namespace of the release; the Role of the chart grants them, and a test compares. */
export const followedResources: readonly AccessNeed[] = [
  { group: '', resource: 'pods', verbs: follow },
  { group: '', resource: 'services', verbs: follow },
  { group: 'apps', resource: 'deployments', verbs: follow },
  { group: 'apps', resource: 'statefulsets', verbs: follow },
  { group: 'apps', resource: 'replicasets', verbs: follow },
  { group: 'batch', resource: 'jobs', verbs: follow },
  { group: 'discovery.k8s.io', resource: 'endpointslices', verbs: follow },
  { group: 'autoscaling', resource: 'horizontalpodautoscalers', verbs: follow },
]

/** The Secrets in which Helm keeps releases; only where the configuration permits it. */
export const helmSecrets: AccessNeed = { group: '', resource: 'secrets', verbs: follow }

/** Of each Secret that a workload refers to, by its name. */
export const referredSecret: AccessNeed = { group: '', resource: 'secrets', verbs: ['get'] }

/** Of the ConfigMap of the state, by its name, in its own namespace. */
export const stateConfigMap: AccessNeed = {
  group: '',
  resource: 'configmaps',
  verbs: ['get', 'watch', 'update'],
}
