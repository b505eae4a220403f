import { afterEach, describe, expect, it } from 'vitest'
import type { FakeKubernetes } from '../support/fake-kubernetes.ts'
import { refused } from '../support/fake-kubernetes-wire.ts'
import { watchedCluster, type Watched } from '../support/watched-cluster.ts'
import { watchFor } from '../support/waiting.ts'

let watched: Watched

afterEach(() => watched.end())

function requestsOf(fake: FakeKubernetes, verb: string, resource: string): number {
  return fake.requests.filter((one) => one.verb === verb && one.resource === resource).length
}

describe('a cluster', () => {
  it('X18: shows autoscalers whatever their labels, for what they scale tells', async () => {
    watched = await watchedCluster((fake) =>
      fake.put('horizontalpodautoscalers', {
        metadata: { name: 'by-hand' },
        spec: { scaleTargetRef: { kind: 'Deployment', name: 'caracal-api' } },
      }),
    )
    await watched.untilNames('autoscalers', 'by-hand')
    watched.fake.put('horizontalpodautoscalers', {
      metadata: { name: 'keda-hpa-sts', labels: { 'scaledobject.keda.sh/name': 'sts' } },
      spec: { scaleTargetRef: { kind: 'StatefulSet', name: 'caracal-sts' } },
    })
    await watched.untilNames('autoscalers', 'by-hand', 'keda-hpa-sts')
  })

  it('without the API of autoscalers has none', async () => {
    watched = await watchedCluster((fake) =>
      fake.misbehave(({ resource }) =>
        resource === 'horizontalpodautoscalers' ? refused(404, 'the server could not find it') : undefined,
      ),
    )
    await watched.untilNames('autoscalers')
    await watchFor(300)
    expect(watched.names('autoscalers')).toEqual([])
    expect(requestsOf(watched.fake, 'list', 'horizontalpodautoscalers')).toBe(1)
  })
})
