import type { PlainObject } from '../../../src/kubernetes/manifest/objects.ts'

/** What the API server writes into every object. */
export const identity = {
  uid: 'u',
  creationTimestamp: '2030-01-01T00:00:10Z',
  generation: 2,
  resourceVersion: '7',
}

export function made(object: PlainObject): PlainObject {
  return { ...object, metadata: { ...(object['metadata'] as object), ...identity } }
}
