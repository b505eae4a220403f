import { afterEach, describe, expect, it } from 'vitest'
import { kinds } from '../support/cluster-kinds.ts'
import type { ApiObject, WatchEvent } from '../support/fake-kubernetes-store.ts'
import type { Answer } from '../support/fake-kubernetes-wire.ts'
import { podObject } from '../support/fake-release.ts'
import { watchedCluster, type Watched } from '../support/watched-cluster.ts'
import { until } from '../support/waiting.ts'

let watched: Watched

afterEach(() => watched.end())

/** A cluster in which lists of pods are answered like this. */
async function answering(answer: Answer): Promise<void> {
  watched = await watchedCluster((fake) => {
    fake.put('pods', podObject('a'))
    fake.misbehave(({ verb, resource }) => (verb === 'list' && resource === 'pods' ? answer : undefined))
  })
}

/** A cluster in which one pod is seen, and its list is rare. */
async function seeing(): Promise<Watched['fake']> {
  watched = await watchedCluster((fake) => fake.put('pods', podObject('a')))
  await watched.untilNames('pods', 'a')
  await until(() => watched.fake.streams('pods') > 0)
  return watched.fake
}

describe('a list', () => {
  it.each<[what: string, answer: Answer, reason: string]>([
    ['is nothing', { status: 200, body: 'null' }, 'not_a_list'],
    ['is a bare list', { status: 200, body: [] }, 'not_a_list'],
    ['has no items', { status: 200, body: { metadata: {} } }, 'not_a_list'],
    ['has null for items and is no list of metadata', { status: 200, body: { items: null } }, 'not_a_list'],
    ['has items that are no list', { status: 200, body: { items: {} } }, 'not_a_list'],
    [
      'begins anew with each page',
      { status: 200, body: { items: [], metadata: { continue: '0/100' } } },
      'not_a_list',
    ],
    ['is a page for people', { status: 200, body: '<html>Sign in</html>' }, 'not_json'],
    ['is cut off', { status: 200, body: '{"items":[{"metadata":' }, 'not_json'],
    ['has no end', { status: 200, body: ' ', isEndless: true }, 'body_too_large'],
    ['is a redirection', { status: 302, headers: { location: '/elsewhere' } }, 'unexpected_status'],
    ['is empty', { status: 204 }, 'not_json'],
  ])('that %s hides its kind and no other, until it is one', async (_, answer, reason) => {
    await answering(answer)
    await watched.untilBlind('pods', reason)
    expect(watched.cluster.of('pods')).toMatchObject({ lastKnown: [] })
    for (const kind of kinds) if (kind !== 'pods') await watched.until(kind, ({ ok }) => ok)
    watched.fake.misbehave()
    await watched.untilNames('pods', 'a')
  })

  it('of metadata that is empty has null for items, as real API servers answer', async () => {
    const kind = 'PartialObjectMetadataList'
    // Of a version after all that a watch could still tell of.
    await answering({ status: 200, body: { kind, metadata: { resourceVersion: '1000' }, items: null } })
    await watched.untilNames('pods')
  })

  it.each<[what: string, item: unknown, named: string]>([
    ['nothing', null, '(without uid)'],
    ['a text', 'pod', '(without uid)'],
    ['an object without metadata', { spec: {} }, '(without uid)'],
    ['an object whose metadata are a text', { metadata: 'pod' }, '(without uid)'],
    ['an object without a uid', { metadata: { name: 'odd' } }, '(without uid)'],
    ['an object without a name', { metadata: { uid: 'u-odd', resourceVersion: '7' } }, '(without name)'],
    ['an object without a time of its making', { metadata: { uid: 'u', name: 'odd' } }, 'odd'],
  ])('with %s in it hides its kind and names what it can', async (_, item, named) => {
    await answering({ status: 200, body: { metadata: { resourceVersion: '100' }, items: [item] } })
    await watched.untilBlind('pods', 'unexpected_object')
    const seen = watched.cluster.of('pods')
    expect(seen.ok ? '' : seen.unavailable.message).toContain(`of the pods, ${named} can't be understood`)
  })
})

describe('a watch', () => {
  it.each([
    ['nothing', 'null\n'],
    ['a text', '"event"\n'],
    ['an event without an object', '{"type":"MODIFIED"}\n'],
    ['an event about nothing', '{"type":"ADDED","object":null}\n'],
    ['an error about nothing', '{"type":"ERROR"}\n'],
    ['an error in another shape', '{"type":"ERROR","object":{"code":"410"}}\n'],
  ])('that tells %s is begun anew and loses no change', async (_, text) => {
    const fake = await seeing()
    fake.sayRaw('pods', text)
    fake.put('pods', podObject('b'))
    await watched.untilNames('pods', 'a', 'b')
  })

  it('takes empty lines and bookmarks about nothing for signs of life', async () => {
    const fake = await seeing()
    fake.sayRaw('pods', '\n \n{"type":"BOOKMARK","object":{}}\n{"type":"BOOKMARK","object":{"metadata":7}}\n')
    fake.put('pods', podObject('b'))
    await watched.untilNames('pods', 'a', 'b')
    expect(fake.requests.filter(({ verb, resource }) => verb === 'watch' && resource === 'pods').length).toBe(
      1,
    )
  })

  it('that tells everything twice, late and in another order ends with what is', async () => {
    const fake = await seeing()
    const told: WatchEvent[] = []
    const put = (object: ApiObject) => void told.push({ type: 'MODIFIED', object: fake.put('pods', object) })
    put(podObject('b'))
    put({ ...podObject('a'), status: { phase: 'Failed' } })
    const gone = fake.all('pods').find(({ metadata }) => metadata.name === 'b')
    fake.remove('pods', 'b')
    put({ ...podObject('c') })
    put({ ...podObject('a'), status: { phase: 'Succeeded' } })
    for (const event of [...told.toReversed(), ...told, { type: 'ADDED', object: gone } as const])
      fake.say('pods', event)
    fake.put('pods', podObject('last'))
    await watched.untilNames('pods', 'a', 'c', 'last')
    expect(watched.cluster.of('pods')).toMatchObject({ items: [{ phase: 'Succeeded' }, {}, {}] })
  })
})
