import { afterEach, describe, expect, it } from 'vitest'
import type { FakeKubernetes } from '../support/fake-kubernetes.ts'
import { refused } from '../support/fake-kubernetes-wire.ts'
import { kinds } from '../support/cluster-kinds.ts'
import { deploymentObject, jobObject, podObject, releaseObject } from '../support/fake-release.ts'
import { watchedCluster, type Watched } from '../support/watched-cluster.ts'
import { until, watchFor } from '../support/waiting.ts'

let watched: Watched

afterEach(() => watched.end())

function requestsOf(fake: FakeKubernetes, verb: string, resource: string): number {
  return fake.requests.filter((one) => one.verb === verb && one.resource === resource).length
}

describe('a cluster', () => {
  it('is unseen until the first list of a kind is whole, page by page', async () => {
    const seenAt: (readonly string[] | string)[] = []
    watched = await watchedCluster((fake) => {
      fake.fill(
        'pods',
        Array.from({ length: 600 }, (_, index) => podObject(`pod-${index}`)),
      )
      fake.misbehave(({ resource }) => {
        if (resource === 'pods') seenAt.push(watched?.names('pods') ?? 'not_listed')
        return undefined
      })
    })
    for (const kind of kinds) expect(watched.names(kind)).toBe('not_listed')
    await watched.until('pods', (seen) => seen.ok && seen.items.length === 600)
    expect(seenAt.slice(0, 3)).toEqual(['not_listed', 'not_listed', 'not_listed'])
    expect(requestsOf(watched.fake, 'list', 'pods')).toBe(3)
  })

  it('is told of what comes, changes and goes, once for what arrives together', async () => {
    watched = await watchedCluster((fake) => fake.put('pods', podObject('a')))
    for (const kind of kinds) await watched.until(kind, ({ ok }) => ok)
    let told = 0
    watched.cluster.subscribe(() => (told += 1))
    for (let turn = 0; turn < 50; turn += 1) watched.fake.put('pods', podObject(`b-${turn}`))
    await watched.until('pods', (seen) => seen.ok && seen.items.length === 51)
    expect(told).toBeLessThan(25)
    watched.fake.remove('pods', 'a')
    await watched.until('pods', (seen) => seen.ok && seen.items.length === 50)
  })

  it('gives the same list for as long as nothing is different', async () => {
    watched = await watchedCluster((fake) => fake.put('deployments', deploymentObject('caracal-api')), {
      confirm: () => 100,
    })
    await watched.untilNames('workloads', 'caracal-api')
    const first = watched.cluster.of('workloads')
    await until(() => requestsOf(watched.fake, 'confirm', 'deployments') > 2)
    const second = watched.cluster.of('workloads')
    expect(second.ok && first.ok && second.items === first.items).toBe(true)
  })

  it('X34: says how long ago its pods were confirmed, and never while they cannot be seen', async () => {
    watched = await watchedCluster((fake) => fake.put('pods', podObject('a')), { confirm: () => 100 })
    expect(watched.cluster.podsAge()).toBe(Infinity)
    await watched.untilNames('pods', 'a')
    const listed = watched.cluster.podsAge()
    expect(listed).toBeLessThan(Infinity)
    const beganAt = performance.now()
    const asked = requestsOf(watched.fake, 'confirm', 'pods')
    await until(() => requestsOf(watched.fake, 'confirm', 'pods') > asked)
    await until(() => watched.cluster.podsAge() < performance.now() - beganAt)
    watched.fake.misbehave(({ resource }) => (resource === 'pods' ? refused(403, 'no') : undefined))
    watched.fake.endStreams()
    await watched.untilBlind('pods', 'forbidden')
    expect(watched.cluster.podsAge()).toBe(Infinity)
  })

  it('shows Deployments and StatefulSets as one kind, and hides it when one of them is', async () => {
    watched = await watchedCluster((fake) => {
      fake.put('deployments', deploymentObject('caracal-api'))
      fake.put('statefulsets', deploymentObject('caracal-sts', 'caracal', 'sts'))
    })
    await watched.untilNames('workloads', 'caracal-api', 'caracal-sts')
    watched.fake.misbehave(({ resource }) => (resource === 'statefulsets' ? refused(403, 'no') : undefined))
    watched.fake.endStreams()
    await watched.untilBlind('workloads', 'forbidden')
    expect(watched.cluster.of('workloads')).toMatchObject({
      lastKnown: [{ name: 'caracal-api' }, { name: 'caracal-sts' }],
    })
  })

  it('shows nothing of another release in the same namespace', async () => {
    watched = await watchedCluster(
      (fake) => {
        fake.put('pods', podObject('ours'))
        fake.put('pods', podObject('theirs', 'caracal-2'))
        fake.put('secrets', releaseObject(1, 'deployed'))
        fake.put('secrets', releaseObject(7, 'deployed', 'caracal-2'))
      },
      { helmSecrets: true },
    )
    await watched.untilNames('pods', 'ours')
    await watched.untilNames('releases', 'sh.helm.release.v1.caracal.v1')
    watched.fake.put('pods', podObject('also-theirs', 'caracal-2'))
    watched.fake.put('pods', podObject('also-ours'))
    await watched.untilNames('pods', 'also-ours', 'ours')
  })

  it('of which one kind is forbidden shows the others', async () => {
    watched = await watchedCluster((fake) =>
      fake.misbehave(({ resource }) => (resource === 'jobs' ? refused(403, 'no') : undefined)),
    )
    await watched.untilBlind('jobs', 'forbidden')
    for (const kind of kinds) if (kind !== 'jobs') await watched.until(kind, ({ ok }) => ok)
    const seen = watched.cluster.of('jobs')
    expect(seen.ok ? '' : seen.unavailable.message).toContain('may not list jobs.batch in namespace caracal')
  })

  it('hides a kind in which an object is not understood, names it, and shows it again when that is gone', async () => {
    watched = await watchedCluster((fake) => fake.put('deployments', deploymentObject('caracal-api')))
    await watched.untilNames('workloads', 'caracal-api')
    const strange = { ...deploymentObject('caracal-web'), spec: { replicas: 'two' } }
    watched.fake.put('deployments', strange)
    await watched.untilBlind('workloads', 'unexpected_object')
    const seen = watched.cluster.of('workloads')
    expect(seen.ok ? '' : seen.unavailable.message).toContain('of the deployments, caracal-web can')
    watched.fake.put('deployments', deploymentObject('caracal-web'))
    await watched.untilNames('workloads', 'caracal-api', 'caracal-web')
  })

  it('keeps how a Job ended that was deleted in the moment in which it succeeded', async () => {
    watched = await watchedCluster((fake) => fake.put('jobs', jobObject('caracal-migrate', 'migrate')))
    await watched.until('jobs', (seen) => seen.ok && seen.items[0]?.active === 1)
    const done = { conditions: [{ type: 'Complete', status: 'True' }], succeeded: 1 }
    watched.fake.put('jobs', jobObject('caracal-migrate', 'migrate', done))
    watched.fake.remove('jobs', 'caracal-migrate')
    const seen = await watched.until(
      'jobs',
      ({ ok, ...rest }) => ok && JSON.stringify(rest).includes('"deleted"'),
    )
    expect(seen).toMatchObject({ items: [{ outcome: 'complete', deleted: true }] })
  })

  it('pays nothing for pods of others', async () => {
    watched = await watchedCluster((fake) => {
      fake.fill(
        'pods',
        Array.from({ length: 5_000 }, (_, index) => podObject(`other-${index}`, 'other')),
      )
      fake.put('pods', podObject('ours'))
    })
    await watched.untilNames('pods', 'ours')
    expect(requestsOf(watched.fake, 'list', 'pods')).toBe(1)
  })

  it('stops in a moment, and asks nothing more', async () => {
    watched = await watchedCluster((fake) => fake.put('pods', podObject('a')))
    await watched.untilNames('pods', 'a')
    watched.fake.hang(true)
    const startedAt = performance.now()
    await watched.cluster.stop()
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    const asked = watched.fake.requests.length
    await watchFor(1_500)
    expect(watched.fake.requests.length).toBe(asked)
  })
})

describe('the keys of a Secret', () => {
  const deadline = () => AbortSignal.timeout(5_000)

  it('are names without values; of none that exists there are none', async () => {
    watched = await watchedCluster((fake) =>
      fake.put('secrets', {
        metadata: { name: 'runtime' },
        data: { metricsBearer: 'c2VjcmV0', redisUrl: '' },
      }),
    )
    expect(await watched.cluster.secretKeys('runtime', deadline())).toEqual(['metricsBearer', 'redisUrl'])
    expect(await watched.cluster.secretKeys('other', deadline())).toBeUndefined()
  })

  it('that may not be asked for are refused by the name of the Secret', async () => {
    watched = await watchedCluster((fake) =>
      fake.misbehave(({ verb }) => (verb === 'get' ? refused(403, 'no') : undefined)),
    )
    await expect(watched.cluster.secretKeys('runtime', deadline())).rejects.toThrow(
      'may not get secrets runtime in namespace caracal',
    )
  })
})

describe('the releases of Helm', () => {
  const withSecrets = { helmSecrets: true }

  it('are not asked for without permission', async () => {
    watched = await watchedCluster((fake) => fake.put('secrets', releaseObject(1, 'deployed')))
    await watched.untilNames('pods')
    expect(watched.names('releases')).toBe('helm_secrets_off')
    expect(requestsOf(watched.fake, 'list', 'secrets')).toBe(0)
  })

  it('are known by their labels; only the newest and those to go back to are read, each once', async () => {
    watched = await watchedCluster(
      (fake) => {
        for (let revision = 1; revision <= 6; revision += 1)
          fake.put('secrets', releaseObject(revision, revision === 5 ? 'failed' : 'superseded'))
        fake.put('secrets', releaseObject(7, 'pending-upgrade'))
      },
      { ...withSecrets, confirm: () => 100 },
    )
    const seen = await watched.until('releases', ({ ok }) => ok)
    const read = (seen.ok ? seen.items : []).filter(({ content }) => 'digest' in content)
    expect(read.map(({ revision }) => revision)).toEqual([3, 4, 6, 7])
    const wholes = () =>
      watched.fake.requests.filter((one) => one.resource === 'secrets' && one.query.has('fieldSelector'))
        .length
    await until(() => requestsOf(watched.fake, 'confirm', 'secrets') > 2)
    expect(wholes()).toBe(4)

    watched.fake.put('secrets', releaseObject(7, 'deployed'))
    await watched.until('releases', (now) => now.ok && now.items.some(({ status }) => status === 'deployed'))
    expect(wholes()).toBe(5)
  })

  it('never show with the content of another version', async () => {
    watched = await watchedCluster((fake) => fake.put('secrets', releaseObject(1, 'deployed')), withSecrets)
    const charts = new Set<string>()
    watched.cluster.subscribe(() => {
      const seen = watched.cluster.of('releases')
      for (const { revision, content } of seen.ok ? seen.items : [])
        charts.add(`${revision} ${'digest' in content ? content.chart : content.reason}`)
    })
    await watched.until('releases', ({ ok }) => ok)
    watched.fake.put('secrets', releaseObject(1, 'superseded'))
    watched.fake.put('secrets', releaseObject(2, 'deployed'))
    await watched.untilNames('releases', 'sh.helm.release.v1.caracal.v1', 'sh.helm.release.v1.caracal.v2')
    expect([...charts].toSorted()).toEqual(['1 caracal-1.0.0', '2 caracal-2.0.0'])
  })

  it('that can not be read for a while are read later', async () => {
    let isBusy = true
    watched = await watchedCluster((fake) => {
      fake.put('secrets', releaseObject(1, 'deployed'))
      fake.misbehave(({ query }) => (query.has('fieldSelector') && isBusy ? refused(503, 'busy') : undefined))
    }, withSecrets)
    const seen = await watched.until('releases', ({ ok }) => ok)
    expect(seen).toMatchObject({ items: [{ content: { reason: 'server_error' } }] })
    isBusy = false
    await watched.until('releases', (now) => now.ok && now.items.every(({ content }) => 'digest' in content))
  })
})
