import { describe, expect, it } from 'vitest'
import { reduceJob, reduceWorkload } from '../../../src/kubernetes/reduce-workloads.ts'
import { reduceRelease } from '../../../src/kubernetes/releases.ts'
import { deploymentObject, jobObject } from '../../support/fake-release.ts'
import { made } from './made.ts'

describe('a workload', () => {
  const reduce = reduceWorkload('Deployment')

  it('is reduced to its counts, images and template', () => {
    expect(reduce(made(deploymentObject('caracal-api')))).toMatchObject({
      kind: 'Deployment',
      component: 'api',
      generation: 2,
      observedGeneration: 1,
      replicas: { desired: 2, total: 2, updated: 2 },
      available: 2,
      ready: 2,
      revision: '3',
      images: ['api:1'],
    })
  })

  it('without a status was not seen by its controller and has no replicas', () => {
    expect(reduce(made({ ...deploymentObject('a'), status: undefined }))).toMatchObject({
      observedGeneration: 0,
      replicas: { desired: 2, total: 0, updated: 0 },
      available: 0,
    })
  })

  it.each([
    [undefined, 1],
    [0, 0],
    [3, 3],
    ['3', undefined],
    [-1, undefined],
    [1.5, undefined],
  ])('that wants %s replicas wants %s; a number that is none is not understood', (replicas, desired) => {
    const object = { ...deploymentObject('a'), spec: { replicas } }
    expect(reduce(made(object))?.replicas.desired).toBe(desired)
  })

  it('without a generation is not understood, since any would have been observed', () => {
    const object = made(deploymentObject('a'))
    const metadata = { ...(object['metadata'] as object), generation: '2' }
    expect(reduce({ ...object, metadata })).toBeUndefined()
  })

  it('has a fingerprint of its pod template, whatever its order, its scale or its status', () => {
    const template = { metadata: { labels: { a: '1', b: '2' } }, spec: { containers: [] } }
    const turned = { spec: { containers: [] }, metadata: { labels: { b: '2', a: '1' } } }
    const of = (spec: object) => reduce(made({ ...deploymentObject('a'), spec }))?.fingerprint
    expect(of({ template })).toBe(of({ template: turned, replicas: 9 }))
    expect(of({ template })).not.toBe(of({ template: { ...template, metadata: {} } }))
    expect(Number.isSafeInteger(of({ template }))).toBe(true)
  })

  it('says that its progress deadline has passed', () => {
    const late = {
      type: 'Progressing',
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: 'timed out',
    }
    const at = (condition: object) =>
      reduce(made({ ...deploymentObject('a'), status: { conditions: [condition] } }))?.deadlineExceeded
    expect(at(late)).toBe('timed out')
    expect(at({ ...late, status: 'True' })).toBeUndefined()
  })

  it('keeps its source without status and managed fields', () => {
    const object = made(deploymentObject('a'))
    const metadata = { ...(object['metadata'] as object), managedFields: [{ manager: 'helm' }] }
    const source = reduce({ ...object, metadata })?.source
    expect(source).toMatchObject({ kind: 'Deployment', metadata: { name: 'a' }, spec: { replicas: 2 } })
    expect(JSON.stringify(source)).not.toMatch(/managedFields|observedGeneration/)
  })

  it('of kind StatefulSet has the revision that its new pods have', () => {
    const object = { ...deploymentObject('a'), status: { updateRevision: 'sts-77' } }
    expect(reduceWorkload('StatefulSet')(made(object))?.revision).toBe('sts-77')
  })
})

describe('a Job', () => {
  it.each<[string, object, object]>([
    ['runs', { active: 1 }, { active: 1, failed: 0 }],
    ['has no status yet', {}, { active: 0, failed: 0 }],
    [
      'is complete',
      { completionTime: '2030-01-01T00:01:00Z', conditions: [{ type: 'Complete', status: 'True' }] },
      { outcome: 'complete', endedAt: Date.parse('2030-01-01T00:01:00Z') },
    ],
    [
      'failed',
      {
        failed: 4,
        conditions: [
          { type: 'FailureTarget', status: 'True' },
          {
            type: 'Failed',
            status: 'True',
            reason: 'BackoffLimitExceeded',
            message: 'over\nlimit',
            lastTransitionTime: '2030-01-01T00:02:00Z',
          },
        ],
      },
      {
        failed: 4,
        outcome: 'failed',
        reason: 'BackoffLimitExceeded',
        message: 'over limit',
        endedAt: Date.parse('2030-01-01T00:02:00Z'),
      },
    ],
    ['is only said to fail', { conditions: [{ type: 'Failed', status: 'False' }] }, { active: 0 }],
  ])('that %s', (_, status, expected) => {
    const reduced = reduceJob(made(jobObject('m', 'migrate', status)))
    expect(reduced).toMatchObject(expected)
    expect(reduced?.outcome).toBe('outcome' in expected ? expected.outcome : undefined)
  })
})

describe('a release Secret', () => {
  it('is its labels, and one without a revision is not understood', () => {
    const labels = { version: '4', status: 'deployed' }
    expect(reduceRelease(made({ metadata: { name: 'r', labels } }))).toMatchObject({
      revision: 4,
      status: 'deployed',
    })
    expect(reduceRelease(made({ metadata: { name: 'r', labels: { version: 'x' } } }))).toBeUndefined()
  })
})
