import type { Kind } from '../../src/kubernetes/model.ts'

/** Every kind that is seen without permission to read the Secrets of Helm. */
export const kinds: readonly Kind[] = [
  'pods',
  'workloads',
  'replicaSets',
  'jobs',
  'services',
  'endpointSlices',
  'autoscalers',
]
