import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Holding } from '../../../src/kubernetes/holding.ts'
import type { Identity } from '../../../src/kubernetes/model.ts'
import { reduceEndpointSlice, reducePod, reduceService } from '../../../src/kubernetes/reduce-pods.ts'
import { reduceAutoscaler, reduceJob } from '../../../src/kubernetes/reduce-workloads.ts'
import { reduceReplicaSet, reduceWorkload } from '../../../src/kubernetes/reduce-workloads.ts'
import { reduceRelease } from '../../../src/kubernetes/releases.ts'
import type { PlainObject } from '../../../src/kubernetes/manifest/objects.ts'
import { identity } from './made.ts'

const settings = {
  seed: Number(process.env['FC_SEED'] ?? 20_261_129),
  numRuns: Number(process.env['FC_RUNS'] ?? 400),
}

const reductions: Readonly<Record<string, (object: PlainObject) => Identity | undefined>> = {
  deployments: reduceWorkload('Deployment'),
  statefulsets: reduceWorkload('StatefulSet'),
  pods: reducePod,
  replicasets: reduceReplicaSet,
  jobs: reduceJob,
  services: reduceService,
  endpointslices: reduceEndpointSlice,
  autoscalers: reduceAutoscaler,
  releases: reduceRelease,
}

/** Fields that are read of any kind; each may hold anything. */
const fields = [
  'replicas',
  'template',
  'containers',
  'initContainerStatuses',
  'containerStatuses',
  'conditions',
  'ports',
  'endpoints',
  'selector',
  'scaleTargetRef',
  'observedGeneration',
  'restartCount',
  'active',
  'failed',
  'completionTime',
  'state',
  'lastState',
  'podIP',
] as const

const leaf = fc.oneof(
  fc.constantFrom('', 'True', 'Ready', 'http', 'Complete', '2030-01-01T00:00:00Z', null),
  fc.constantFrom(0, -1, 1, 1.5, 2 ** 53, 1e308),
  fc.jsonValue({ maxDepth: 2 }),
)
const part: fc.Arbitrary<unknown> = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.array(tie('node'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(...fields, 'type', 'status', 'name', 'waiting', 'terminated'),
      tie('node'),
      {
        maxKeys: 4,
      },
    ),
  ),
})).node
const section = fc.oneof(fc.dictionary(fc.constantFrom(...fields), part, { maxKeys: 8 }), part)
const metadata = fc
  .record(
    {
      labels: fc.oneof(part, fc.dictionary(fc.constantFrom('version', 'status'), leaf)),
      annotations: part,
      ownerReferences: part,
      generation: leaf,
    },
    { requiredKeys: [] },
  )
  .map((own) => ({ name: 'a', ...identity, ...own }))
const object: fc.Arbitrary<PlainObject> = fc.record({
  metadata: fc.oneof({ weight: 9, arbitrary: metadata }, { weight: 1, arbitrary: part }),
  spec: section,
  status: section,
  ports: part,
  endpoints: part,
}) as fc.Arbitrary<PlainObject>

/** Every number in what is kept, besides the object as it was sent. */
function numbersIn(value: unknown): readonly number[] {
  if (typeof value === 'number') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, child]) => (name === 'source' ? [] : numbersIn(child)))
}

describe('whatever an API server sends', () => {
  it.each(Object.keys(reductions))('of %s is understood or named, and no number of it is none', (kind) => {
    const reduce = reductions[kind] ?? reducePod
    fc.assert(
      fc.property(fc.array(object, { maxLength: 4 }), fc.boolean(), (objects, isDeleted) => {
        const holding = new Holding<Identity>({ reduce })
        const listing = holding.list()
        holding.add(listing, objects)
        holding.end(listing, '7', false)
        for (const one of objects) holding.apply(isDeleted, one)
        holding.covers({ version: '8', objects })
        expect(
          holding
            .items()
            .flatMap(numbersIn)
            .filter((one) => !Number.isFinite(one)),
        ).toEqual([])
        expect(holding.strange().every((name) => typeof name === 'string')).toBe(true)
      }),
      settings,
    )
  })
})
