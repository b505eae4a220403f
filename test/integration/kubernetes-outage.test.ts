import { afterEach, describe, expect, it } from 'vitest'
import { certificateAuthority } from '../../rig/certificate-authority.ts'
import { kinds } from '../support/cluster-kinds.ts'
import type { FakeKubernetes } from '../support/fake-kubernetes.ts'
import { refused } from '../support/fake-kubernetes-wire.ts'
import { podObject } from '../support/fake-release.ts'
import { watchedCluster, type Watched } from '../support/watched-cluster.ts'
import { until, watchFor } from '../support/waiting.ts'

let watched: Watched

afterEach(() => watched.end())

async function seeing(settings: Parameters<typeof watchedCluster>[1] = {}): Promise<FakeKubernetes> {
  watched = await watchedCluster((fake) => fake.put('pods', podObject('a')), settings)
  for (const kind of kinds) await watched.until(kind, ({ ok }) => ok)
  return watched.fake
}

/** How long it takes until no kind is seen any more, in milliseconds. */
async function untilAllBlind(): Promise<number> {
  const startedAt = performance.now()
  for (const kind of kinds) await watched.until(kind, ({ ok }) => !ok)
  return performance.now() - startedAt
}

function isBeat({ verb }: { readonly verb: string }): boolean {
  return verb === 'confirm'
}

describe('an API server', () => {
  it('that hangs with all connections open makes every kind unknown within three seconds', async () => {
    const fake = await seeing()
    fake.hang(true)
    const took = await untilAllBlind()
    expect(took).toBeLessThan(3_200)
    expect(watched.names('pods')).toBe('timeout')
    const seen = watched.cluster.of('pods')
    expect(seen.ok ? [] : seen.lastKnown.map(({ name }) => name)).toEqual(['a'])
  })

  it('that comes back is believed only after a new list, which shows what happened meanwhile', async () => {
    const fake = await seeing()
    fake.hang(true)
    await untilAllBlind()
    fake.put('pods', podObject('b'))
    fake.remove('pods', 'a')
    const shown: (readonly string[] | string)[] = []
    watched.cluster.subscribe(() => shown.push(watched.names('pods')))
    fake.hang(false)
    await watched.untilNames('pods', 'b')
    for (const kind of kinds) await watched.until(kind, ({ ok }) => ok)
    expect(shown.filter((names) => Array.isArray(names) && names.includes('a'))).toEqual([])
  })

  it('that is gone is told from one that hangs, and seen again soon after its return', async () => {
    const fake = await seeing()
    await fake.stop()
    await untilAllBlind()
    expect(watched.names('pods')).toBe('connection_refused')
    // The pauses between tries grow meanwhile, and must not count against it.
    await watchFor(7_000)
    await fake.startAgain()
    const startedAt = performance.now()
    await watched.untilNames('pods', 'a')
    expect(performance.now() - startedAt).toBeLessThan(2_500)
  })

  it('whose etcd hangs says so itself, although all its watches live', async () => {
    const fake = await seeing()
    fake.misbehave((request) => (isBeat(request) ? refused(500, 'etcd failed') : undefined))
    await untilAllBlind()
    // Lists that are still answered, from memory, prove nothing.
    await watchFor(500)
    expect(watched.names('pods')).toBe('server_error')
    fake.misbehave()
    await watched.untilNames('pods', 'a')
  })

  it('that loses a single request hides nothing', async () => {
    const fake = await seeing()
    let lost = 0
    fake.misbehave((request) => (isBeat(request) && lost++ % 2 === 0 ? refused(500, 'once') : undefined))
    let blind = 0
    watched.cluster.subscribe(() => (blind += watched.cluster.of('pods').ok ? 0 : 1))
    await until(() => lost >= 5)
    expect(blind).toBe(0)
  })

  it('that forbids one kind, or does not answer for it, lives', async () => {
    for (const status of [403, 503]) {
      const fake = await seeing({ confirm: () => 300 })
      fake.misbehave(({ resource }) => (resource === 'pods' ? refused(status, 'no') : undefined))
      let lost = 0
      watched.cluster.subscribe(() => (lost += watched.cluster.of('jobs').ok ? 0 : 1))
      await watched.until('pods', ({ ok }) => !ok)
      const before = fake.requests.filter(isBeat).length
      await until(() => fake.requests.filter(isBeat).length >= before + 20)
      expect(lost).toBe(0)
      fake.misbehave()
      await watched.untilNames('pods', 'a')
      if (status === 403) await watched.end()
    }
  })

  it.each([
    [429, 'too_many_requests'],
    [500, 'server_error'],
  ])('X78: that refuses every read with %i is unknown within three seconds', async (status, reason) => {
    const fake = await seeing()
    // Its watches go on, and so would /livez: neither proves that a read would be answered.
    fake.misbehave(() => refused(status, 'no'))
    expect(await untilAllBlind()).toBeLessThan(3_200)
    expect(watched.names('pods')).toBe(reason)
    fake.misbehave()
    for (const kind of kinds) await watched.until(kind, ({ ok }) => ok)
  })

  it('with a certificate of a foreign authority is never asked anything', async () => {
    const fake = await seeing()
    fake.certify(certificateAuthority('foreign'))
    fake.killSockets()
    const asked = fake.requests.length
    await watched.untilBlind('pods', 'tls_not_trusted')
    await untilAllBlind()
    expect(fake.requests.length).toBe(asked)
    fake.certify(fake.authority)
    await watched.untilNames('pods', 'a')
  })

  it('whose authority is replaced is believed again once the kubeconfig names the new one', async () => {
    const fake = await seeing()
    const next = certificateAuthority('next')
    fake.certify(next)
    fake.killSockets()
    await watched.untilBlind('pods', 'tls_not_trusted')
    await fake.writeKubeconfig('first-token', next.ca)
    await watched.untilNames('pods', 'a')
  })
})

describe('a storm', () => {
  it.each([
    [503, 'server_error', 'unreachable'],
    [429, 'too_many_requests', 'throttled'],
  ])(
    'of %i is named, waited out for as long as is asked, and survived',
    async (status, reason, unknownReason) => {
      const fake = await seeing()
      const at: number[] = []
      fake.misbehave((request) => {
        if (isBeat(request)) return undefined
        if (request.resource === 'pods') at.push(performance.now())
        return refused(status, 'storm', { 'retry-after': '1' })
      })
      fake.endStreams()
      await watched.untilBlind('pods', reason)
      const seen = watched.cluster.of('pods')
      expect(seen.ok ? '' : seen.unavailable.unknownReason).toBe(unknownReason)
      await until(() => at.length >= 4)
      fake.misbehave()
      await watched.untilNames('pods', 'a')
      // The watch that was refused, then lists: none sooner than was asked for.
      const pauses = at.slice(1).map((time, index) => time - (at[index] ?? 0))
      expect(pauses.every((pause) => pause >= 990)).toBe(true)
    },
  )

  it('of refused lists hides nothing while watches live, but a second refusal in a row does', async () => {
    const fake = await seeing({ confirm: () => 300 })
    let refusals = 0
    fake.misbehave(({ verb, resource }) =>
      verb === 'confirm' && resource === 'pods' && refusals++ === 0 ? refused(503, 'busy') : undefined,
    )
    let blind = 0
    const unsubscribe = watched.cluster.subscribe(() => (blind += watched.cluster.of('pods').ok ? 0 : 1))
    await until(() => refusals >= 2)
    unsubscribe()
    expect(blind).toBe(0)
    fake.misbehave(({ resource }) => (resource === 'pods' ? refused(503, 'busy') : undefined))
    await watched.untilBlind('pods', 'server_error')
  })
})

describe('a token', () => {
  it('that was replaced is read again at the first refusal, and no watch ends because of it', async () => {
    const fake = await seeing({ confirm: () => 200 })
    fake.put('pods', podObject('b'))
    await watched.untilNames('pods', 'a', 'b')
    const watches = fake.requests.filter(({ verb }) => verb === 'watch').length
    let blind = 0
    watched.cluster.subscribe(() => (blind += watched.cluster.of('pods').ok ? 0 : 1))
    await fake.writeKubeconfig('second-token')
    fake.accept('second-token')
    const isNew = () => fake.requests.some(({ headers }) => headers.authorization === 'Bearer second-token')
    await until(isNew)
    fake.put('pods', podObject('c'))
    await watched.untilNames('pods', 'a', 'b', 'c')
    expect(fake.requests.filter(({ verb }) => verb === 'watch').length).toBe(watches)
    expect(blind).toBe(0)
  })

  it('that is refused for good is named, with what fixes it', async () => {
    const fake = await seeing({ confirm: () => 200 })
    fake.accept()
    await watched.untilBlind('pods', 'token_refused')
    const seen = watched.cluster.of('pods')
    expect(seen.ok ? '' : seen.unavailable.message).toContain('check the service account')
    fake.accept('first-token')
    await watched.untilNames('pods', 'a')
  })
})
