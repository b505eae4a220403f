import { afterEach, describe, expect, it } from 'vitest'
import type { Kind } from '../../src/kubernetes/model.ts'
import { kinds } from '../support/cluster-kinds.ts'
import type { FakeKubernetes } from '../support/fake-kubernetes.ts'
import { refused } from '../support/fake-kubernetes-wire.ts'
import { podObject, releaseObject } from '../support/fake-release.ts'
import { watchedCluster, type Watched } from '../support/watched-cluster.ts'
import { watchFor } from '../support/waiting.ts'

let watched: Watched

afterEach(() => watched.end())

const resources: readonly (readonly [resource: string, kind: Kind, words: string])[] = [
  ['pods', 'pods', 'pods'],
  ['services', 'services', 'services'],
  ['secrets', 'releases', 'secrets'],
  ['deployments', 'workloads', 'deployments.apps'],
  ['statefulsets', 'workloads', 'statefulsets.apps'],
  ['replicasets', 'replicaSets', 'replicasets.apps'],
  ['jobs', 'jobs', 'jobs.batch'],
  ['endpointslices', 'endpointSlices', 'endpointslices.discovery.k8s.io'],
  ['horizontalpodautoscalers', 'autoscalers', 'horizontalpodautoscalers.autoscaling'],
]
const rights = resources.flatMap((one) => (['list', 'watch'] as const).map((verb) => [verb, ...one] as const))
const everything: readonly Kind[] = [...kinds, 'releases']

function counted(fake: FakeKubernetes, resource: string): number {
  return fake.requests.filter((one) => one.resource === resource).length
}

describe('the right to', () => {
  it.each(rights)(
    '%s %s, when it is lacking, hides %s and nothing else',
    async (verb, resource, kind, words) => {
      watched = await watchedCluster(
        (fake) => {
          fake.put('secrets', releaseObject(1, 'deployed'))
          fake.misbehave((one) =>
            one.verb === verb && one.resource === resource ? refused(403, 'forbidden') : undefined,
          )
        },
        { helmSecrets: true },
      )
      await watched.untilBlind(kind, 'forbidden')
      for (const other of everything) if (other !== kind) await watched.until(other, ({ ok }) => ok)
      const seen = watched.cluster.of(kind)
      expect(seen).toMatchObject({ unavailable: { unknownReason: 'unauthorized' } })
      expect(seen.ok ? '' : seen.unavailable.message).toBe(
        `may not ${verb} ${words} in namespace caracal: the API server forbids it: grant it with the Role of the chart (helm/templates/role.yaml)`,
      )
      watched.fake.misbehave()
      await watched.until(kind, ({ ok }) => ok)
    },
  )
})

describe('what an API server is asked', () => {
  it.each(['list', 'watch'])('stays little while it forbids to %s', async (verb) => {
    watched = await watchedCluster((fake) =>
      fake.misbehave((one) => (one.verb === verb ? refused(403, 'forbidden') : undefined)),
    )
    await watched.untilBlind('pods', 'forbidden')
    await watchFor(3_000)
    // Pauses of 0.2, 0.4, 0.8, 1.6 s and so on, with a list before each watch.
    expect(counted(watched.fake, 'pods')).toBeLessThanOrEqual(verb === 'list' ? 6 : 12)
  })

  it('stays little while it ends each watch at once, and changes are seen all the same', async () => {
    watched = await watchedCluster((fake) => {
      fake.put('pods', podObject('a'))
      fake.misbehave((one) => (one.verb === 'watch' ? { status: 200, body: '' } : undefined))
    })
    await watched.untilNames('pods', 'a')
    await watchFor(3_000)
    expect(counted(watched.fake, 'pods')).toBeLessThanOrEqual(12)
    watched.fake.misbehave()
    watched.fake.put('pods', podObject('b'))
    await watched.untilNames('pods', 'a', 'b')
  })

  it.each([
    ['breaks', '{"type":"ERROR","object":{"code":500,"message":"etcd"}}\n'],
    ['fills with what is no event', '[]\n'],
    ['says to be too old', '{"type":"ERROR","object":{"code":410,"message":"too old"}}\n'],
  ])('stays little while it %s each watch', async (_, body) => {
    watched = await watchedCluster((fake) =>
      fake.misbehave((one) => (one.verb === 'watch' ? { status: 200, body } : undefined)),
    )
    await watched.untilNames('pods')
    await watchFor(3_000)
    expect(counted(watched.fake, 'pods')).toBeLessThanOrEqual(14)
  })

  it('is a beat a second where nothing happens', async () => {
    watched = await watchedCluster()
    for (const kind of kinds) await watched.until(kind, ({ ok }) => ok)
    await watchFor(500)
    const before = watched.fake.requests.length
    await watchFor(4_000)
    const asked = watched.fake.requests.slice(before)
    expect([...new Set(asked.map(({ verb }) => verb))]).toEqual(['confirm'])
    expect(asked.length).toBeLessThanOrEqual(5)
  })

  it('is no more than a list for each kind while it stays away, and at once when it is back', async () => {
    watched = await watchedCluster((fake) => fake.put('pods', podObject('a')))
    await watched.untilNames('pods', 'a')
    await watched.fake.stop()
    await watched.untilBlind('pods', 'connection_refused')
    await watchFor(6_000)
    const before = watched.cluster.cost.requests
    await watchFor(2_000)
    // Two beats, and by now each kind pauses for 5 s and more.
    expect(watched.cluster.cost.requests - before).toBeLessThanOrEqual(13)
    // It comes back busy: pauses that grew while it was away must not count against it.
    let refusals = 0
    watched.fake.misbehave((one) =>
      one.verb === 'list' && one.resource !== '' && refusals++ < 8 ? refused(503, 'starting') : undefined,
    )
    await watched.fake.startAgain()
    const startedAt = performance.now()
    for (const kind of kinds) await watched.until(kind, ({ ok }) => ok)
    expect(performance.now() - startedAt).toBeLessThan(3_000)
  })
})
