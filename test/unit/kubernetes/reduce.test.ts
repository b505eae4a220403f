import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reduceEndpointSlice, reducePod, reduceService } from '../../../src/kubernetes/reduce-pods.ts'
import {
  reduceAutoscaler,
  reduceJob,
  reduceReplicaSet,
  reduceWorkload,
} from '../../../src/kubernetes/reduce-workloads.ts'
import { reduceRelease } from '../../../src/kubernetes/releases.ts'
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

/** Fields that reducers read, with what they hold in no object of an API server. */
const fields = `addresses annotations conditions containers containerStatuses endpoints labels lastState metadata name
ownerReferences ports reason replicas scaleTargetRef selector spec state status targetPort template terminated type
waiting toString valueOf constructor __proto__`
const field = fc.constantFrom(...fields.split(/\s/))
const { anything } = fc.letrec<{ anything: unknown }>((tie) => ({
  anything: fc.oneof(
    { depthSize: 'large', withCrossShrink: true },
    fc.jsonValue({ maxDepth: 1 }),
    fc.array(tie('anything'), { maxLength: 3 }),
    fc.array(fc.tuple(field, tie('anything')), { maxLength: 6 }).map((pairs) => Object.fromEntries(pairs)),
  ),
}))

describe('every object', () => {
  it.each(Object.entries(reducers))('of any shape is no reason to throw: %s', (_, reduce) => {
    fc.assert(
      fc.property(anything, anything, (spec, status) => {
        const metadata = { name: 'a', ...identity }
        reduce({ metadata, spec, status })
        reduce({ metadata, ports: spec, endpoints: status })
      }),
    )
  })

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
