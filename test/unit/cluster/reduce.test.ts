import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reduceEndpointSlice, reducePod, reduceService } from '../../../src/cluster/reduce-pods.ts'
import {
  reduceAutoscaler,
  reduceJob,
  reduceReplicaSet,
  reduceWorkload,
} from '../../../src/cluster/reduce-workloads.ts'
import { reduceRelease } from '../../../src/cluster/releases.ts'
import { identity } from './made.ts'

const reducers = {
  pod: reducePod,
  deployment: reduceWorkload('Deployment'),
  statefulSet: reduceWorkload('StatefulSet'),
  replicaSet: reduceReplicaSet,
  job: reduceJob,
  service: reduceService,
  endpointSlice: reduceEndpointSlice,
  autoscaler: reduceAutoscaler,
  release: reduceRelease,
}

describe('every object', () => {
  it.each(Object.entries(reducers))('is never a reason to throw: %s', (_, reduce) => {
    const anything = fc.dictionary(
      fc.constantFrom('metadata', 'spec', 'status', 'endpoints', 'ports', 'kind'),
      fc.oneof(
        fc.jsonValue(),
        fc.dictionary(
          fc.constantFrom(
            'name',
            'uid',
            'labels',
            'conditions',
            'containers',
            'replicas',
            'template',
            'ports',
          ),
          fc.jsonValue(),
        ),
      ),
    )
    fc.assert(
      fc.property(anything, (object) => {
        reduce(object)
        reduce({ ...object, metadata: { name: 'a', ...identity } })
      }),
    )
  })

  it.each(Object.entries(reducers))(
    'without name, uid or time of its making is not understood: %s',
    (_, reduce) => {
      for (const field of ['name', 'uid', 'creationTimestamp']) {
        const metadata = { name: 'a', ...identity, labels: { version: '1' }, [field]: undefined }
        expect(reduce({ metadata, spec: {}, status: {} })).toBeUndefined()
      }
    },
  )
})
