import { afterEach, describe, expect, it } from 'vitest'
import type { Kind } from '../../src/kubernetes/model.ts'
import type { FakeKubernetes } from '../support/fake-kubernetes.ts'
import { refused } from '../support/fake-kubernetes-wire.ts'
import { deploymentObject, podObject } from '../support/fake-release.ts'
import { watchedCluster, type Watched } from '../support/watched-cluster.ts'
import { until, watchFor } from '../support/waiting.ts'

let watched: Watched

afterEach(() => watched.end())

/** A cluster with one pod that is seen. */
async function seeing(settings: Parameters<typeof watchedCluster>[1] = {}): Promise<FakeKubernetes> {
  watched = await watchedCluster((fake) => {
    fake.put('pods', podObject('a'))
    fake.put('deployments', deploymentObject('caracal-api'))
  }, settings)
  await watched.untilNames('pods', 'a')
  await until(() => watched.fake.streams() === 8)
  return watched.fake
}

function countOf(fake: FakeKubernetes, verb: string, resource = 'pods'): number {
  return fake.requests.filter((one) => one.verb === verb && one.resource === resource).length
}

/** Every reason for unavailable that shows from now on, until it is asked for. */
function whyUnavailable(kind: Kind): () => readonly string[] {
  const reasons: string[] = []
  const unsubscribe = watched.cluster.subscribe(() => {
    const seen = watched.cluster.of(kind)
    if (!seen.ok) reasons.push(seen.unavailable.reason)
  })
  return () => {
    unsubscribe()
    return reasons
  }
}

describe('a watch', () => {
  it('that the API server ends goes on from the last version, without a list and without a gap', async () => {
    const fake = await seeing()
    const unavailable = whyUnavailable('pods')
    fake.put('pods', podObject('b'))
    await watched.untilNames('pods', 'a', 'b')
    const version = fake.version()
    fake.endStreams()
    fake.put('pods', podObject('c'))
    await watched.untilNames('pods', 'a', 'b', 'c')
    expect(countOf(fake, 'list')).toBe(1)
    const last = fake.requests.findLast((one) => one.verb === 'watch' && one.resource === 'pods')
    expect(last?.query.get('resourceVersion')).toBe(String(version))
    expect(unavailable()).toEqual([])
  })

  it('goes on from a bookmark, so that a quiet kind never has to begin anew', async () => {
    const fake = await seeing()
    fake.put('deployments', deploymentObject('caracal-api'))
    fake.say('pods', { type: 'BOOKMARK', object: { metadata: { resourceVersion: String(fake.version()) } } })
    fake.compact()
    fake.endStreams()
    await until(() => countOf(fake, 'watch') === 2)
    const last = fake.requests.findLast((one) => one.verb === 'watch' && one.resource === 'pods')
    expect(Number(last?.query.get('resourceVersion'))).toBe(fake.version() - 1)
  })

  it('whose connection is killed hides nothing when the list that follows at once succeeds', async () => {
    const fake = await seeing()
    const unavailable = whyUnavailable('pods')
    fake.killSockets()
    fake.put('pods', podObject('b'))
    await watched.untilNames('pods', 'a', 'b')
    expect(unavailable()).toEqual([])
  })

  it('that is refused hides its kind, and only that, until one is taken up', async () => {
    const fake = await seeing()
    fake.misbehave(({ verb, resource }) =>
      verb === 'watch' && resource === 'pods' ? refused(403, 'no') : undefined,
    )
    fake.endStreams()
    await watched.untilBlind('pods', 'forbidden')
    const seen = watched.cluster.of('pods')
    expect(seen.ok ? '' : seen.unavailable.message).toBe(
      'may not watch pods in namespace caracal: the API server forbids it: grant it with the Role of the chart (helm/templates/role.yaml)',
    )
    expect(seen.ok ? [] : seen.lastKnown.map(({ name }) => name)).toEqual(['a'])
    expect(watched.names('workloads')).toEqual(['caracal-api'])
    const before = countOf(fake, 'list')
    const unavailable = whyUnavailable('pods')
    await until(() => countOf(fake, 'list') > before + 1)
    // A list alone would show it for a moment, over and over.
    expect(watched.names('pods')).toBe('forbidden')
    expect(unavailable().every((reason) => reason === 'forbidden')).toBe(true)
    fake.misbehave()
    await watched.untilNames('pods', 'a')
  })

  it('takes frames that are cut anywhere, also within a character', async () => {
    const fake = await seeing()
    fake.cutInto(1)
    fake.put('pods', podObject('ärger-😀'))
    await watched.untilNames('pods', 'a', 'ärger-😀')
  })

  it('that brings what is no JSON is begun anew', async () => {
    const fake = await seeing()
    fake.sayRaw('pods', '<html>\n')
    fake.put('pods', podObject('b'))
    await watched.untilNames('pods', 'a', 'b')
    expect(countOf(fake, 'list')).toBe(2)
  })

  it('X96: that falls silent is ended when something happens, and no other is', async () => {
    const fake = await seeing({ confirm: () => 900 })
    const unavailable = whyUnavailable('pods')
    fake.put('pods', podObject('b'))
    await watched.untilNames('pods', 'a', 'b')
    fake.mute('pods')
    fake.removeInSilence('pods', 'b')
    fake.put('pods', podObject('c'))
    await watched.untilNames('pods', 'a', 'c')
    await until(() => countOf(fake, 'watch') === 2)
    expect(countOf(fake, 'list')).toBe(2)
    expect(countOf(fake, 'watch', 'jobs')).toBe(1)
    expect(unavailable()).toEqual([])
  })

  it('X96: that is silent because nothing happens goes on, and costs no list', async () => {
    const fake = await seeing({ confirm: () => 90 })
    fake.put('pods', podObject('b'))
    await watched.untilNames('pods', 'a', 'b')
    fake.mute(true)
    await until(() => countOf(fake, 'confirm') > 10)
    expect([countOf(fake, 'watch'), countOf(fake, 'list')]).toEqual([1, 1])
  })

  it('X96: that falls silent hides its kind when it can not be listed anew', async () => {
    const fake = await seeing({ confirm: () => 900 })
    fake.mute('pods')
    fake.put('pods', podObject('b'))
    fake.misbehave(({ verb, resource }) =>
      verb === 'list' && resource === 'pods' ? refused(503, 'busy') : undefined,
    )
    await watched.untilBlind('pods', 'server_error')
    expect(watched.names('workloads')).toEqual(['caracal-api'])
  })
})

describe('versions that are gone', () => {
  it('within a stream lead to a new list, and hide nothing', async () => {
    const fake = await seeing()
    const unavailable = whyUnavailable('pods')
    fake.say('pods', { type: 'ERROR', object: refused(410, 'too old resource version').body })
    await until(() => countOf(fake, 'list') === 2)
    fake.put('pods', podObject('b'))
    await watched.untilNames('pods', 'a', 'b')
    expect(unavailable()).toEqual([])
  })

  it('as the status of a watch lead to a new list, and hide nothing', async () => {
    const fake = await seeing()
    const unavailable = whyUnavailable('pods')
    let refusals = 0
    fake.misbehave(({ verb, resource }) =>
      verb === 'watch' && resource === 'pods' && refusals++ === 0 ? refused(410, 'Expired') : undefined,
    )
    fake.killSockets()
    await until(() => countOf(fake, 'list') === 3)
    fake.put('pods', podObject('b'))
    await watched.untilNames('pods', 'a', 'b')
    expect(unavailable()).toEqual([])
  })

  it('while pages are fetched lead to a list in one page', async () => {
    watched = await watchedCluster((fake) => {
      fake.fill(
        'pods',
        Array.from({ length: 600 }, (_, index) => podObject(`pod-${index}`)),
      )
      fake.misbehave(({ query }) => {
        if (query.has('continue')) fake.compact()
        return undefined
      })
    })
    await watched.until('pods', (seen) => seen.ok && seen.items.length === 600)
  })

  it('after a restore from a backup, where versions begin anew, leave nothing of before', async () => {
    const fake = await seeing()
    fake.put('pods', podObject('b'))
    await watched.untilNames('pods', 'a', 'b')
    fake.removeInSilence('pods', 'b')
    fake.removeInSilence('pods', 'a')
    fake.restore(3)
    fake.put('pods', podObject('a'))
    fake.killSockets()
    await watched.untilNames('pods', 'a')
    fake.put('pods', podObject('c'))
    await watched.untilNames('pods', 'a', 'c')
  })
})

describe('autoscalers', () => {
  it('X18: are shown whatever their labels, for what they scale tells', async () => {
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

  it('are none without their API', async () => {
    watched = await watchedCluster((fake) =>
      fake.misbehave(({ resource }) =>
        resource === 'horizontalpodautoscalers' ? refused(404, 'the server could not find it') : undefined,
      ),
    )
    await watched.untilNames('autoscalers')
    await watchFor(300)
    expect(watched.names('autoscalers')).toEqual([])
    expect(countOf(watched.fake, 'list', 'horizontalpodautoscalers')).toBe(1)
  })
})
