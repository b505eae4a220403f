import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Http, HttpAnswer } from '../../src/connections/http.ts'
import type { Pod } from '../../src/kubernetes/model.ts'
import { healthEndpoint } from '../../src/probes/health-endpoint.ts'
import type { Pace, Probe } from '../../src/probes/probe.ts'
import { readyEndpoint } from '../../src/probes/ready-endpoint.ts'
import { clusterDiscovery, type Component } from '../../src/probes/replicas.ts'
import { clusterOf, pod, refused, type GivenCluster } from '../support/cluster.ts'
import * as servers from '../support/misbehaving-server.ts'
import { oneReplica, type OneReplica } from '../support/one-replica.ts'

let rig: OneReplica
let cluster: GivenCluster
/** All that was asked, in its order. */
let answers: Promise<HttpAnswer>[]

beforeEach(async () => {
  rig = await oneReplica('no secret here')
  answers = []
})

afterEach(() => rig.close())

/** A pod of the component whose kubelet proves `/ready`, but for what is said; the server of the rig answers for it. */
function follow(component: Component, given: Partial<Pod> = {}): readonly Pod[] {
  const { hostname, port } = new URL(rig.server.url)
  return [
    pod(`${component}-1`, { component, ip: hostname, port: Number(port), unreadyWithin: 31_000, ...given }),
  ]
}

function probeOf(
  open: typeof readyEndpoint | typeof healthEndpoint,
  component: Component,
  given: Partial<Pod> = {},
): Probe {
  cluster = clusterOf({ pods: follow(component, given) })
  const http: Http = {
    ...rig.http,
    get(...asked) {
      const answer = rig.http.get(...asked)
      answers.push(answer)
      return answer
    },
  }
  return open({ ...rig, http, discovery: clusterDiscovery(cluster) })
}

function paceOf(probe: Probe): Pace | undefined {
  return probe.targets().map((target) => probe.pace(target))[0]
}

async function readinessSeen(probe: Probe): Promise<unknown> {
  const { outcome } = await rig.look(probe)
  return outcome.ok ? (outcome.readings[0]?.detail ?? outcome.readings[0]?.value) : outcome.reason
}

const byKubelet = 'its kubelet proves it'
const notReady = servers.saysJson(503, { ok: false, error: 'redis_unreachable', dependency: 'redis' })

describe('R134: X34: /ready of a pod whose kubelet proves it', () => {
  it.each(['api', 'coordinator', 'web'] as const)('is not asked of %s', async (component) => {
    const probe = probeOf(readyEndpoint, component)
    expect(await readinessSeen(probe)).toBe(byKubelet)
    expect(rig.server.requests).toEqual([])
    expect(paceOf(probe)).toMatchObject({ brisk: 5_000, quiet: 15_000 })
  })

  it.each(['gateway', 'sts', 'audit'] as const)('is asked of %s all the same', async (component) => {
    const probe = probeOf(readyEndpoint, component)
    rig.server.behave(servers.saysJson(200, { ok: true, ready: true }))
    expect(await readinessSeen(probe)).toBe(1)
    expect(rig.server.requests).toHaveLength(1)
  })

  it.each<[string, Partial<Pod>]>([
    ['is not ready', { ready: false }],
    ['has no probe that asks the same', { unreadyWithin: Infinity }],
    ['is asked too seldom by its kubelet', { unreadyWithin: 60_001 }],
  ])('is asked for the reason where the pod %s', async (_, given) => {
    const probe = probeOf(readyEndpoint, 'api', given)
    rig.server.behave(notReady)
    expect(await readinessSeen(probe)).toBe('redis_unreachable')
  })

  it('is asked again, and at once, when the watch no longer says so', async () => {
    const probe = probeOf(readyEndpoint, 'api')
    rig.server.behave(notReady)
    await rig.look(probe)
    for (const change of [
      () => cluster.set({ pods: follow('api', { ready: false }) }),
      () => cluster.set({ pods: refused }),
      () => cluster.setAge(15_001),
    ]) {
      change()
      expect(paceOf(probe)).toMatchObject({ brisk: 1_700, quiet: 1_700 })
      expect(await readinessSeen(probe)).toBe('redis_unreachable')
      expect(paceOf(probe)).toMatchObject({ brisk: 5_000, quiet: 15_000 })
      cluster.set({ pods: follow('api') })
      cluster.setAge(0)
      expect(paceOf(probe)).toMatchObject({ brisk: 0, quiet: 0 })
      expect(await readinessSeen(probe)).toBe(byKubelet)
    }
    expect(rig.server.requests).toHaveLength(3)
  })

  it('gives the same outcome each time, so that nothing of it is news', async () => {
    const probe = probeOf(readyEndpoint, 'api')
    const [target] = probe.targets()
    if (target === undefined) throw new Error('no target')
    const looks = [1, 2].map(() => probe.look(target, AbortSignal.timeout(1_000)))
    expect(await looks[0]).toBe(await looks[1])
  })

  it('takes no answer that came meanwhile for one to what is asked later', async () => {
    const probe = probeOf(readyEndpoint, 'api', { ready: false })
    const release = Promise.withResolvers<void>()
    rig.server.behave((...given) => {
      void release.promise.then(() => servers.saysJson(200, { ok: true })(...given))
    })
    const [target] = probe.targets()
    if (target === undefined) throw new Error('no target')
    await expect(probe.look(target, AbortSignal.timeout(100))).rejects.toThrow()
    cluster.set({ pods: follow('api') })
    expect(await readinessSeen(probe)).toBe(byKubelet)
    release.resolve()
    await answers.at(-1)
    cluster.set({ pods: follow('api', { ready: false }) })
    rig.server.behave(notReady)
    expect(await readinessSeen(probe)).toBe('redis_unreachable')
  })
})

describe('R134: X33: /health of a pod whose kubelet proves its readiness', () => {
  const seldom = { brisk: 5_000, quiet: 15_000 }
  const often = { brisk: 400, quiet: 5_000 }

  it('is asked seldom, once it has answered itself, and often as soon as it does not', async () => {
    const probe = probeOf(healthEndpoint, 'api')
    expect(paceOf(probe)).toMatchObject(often)
    rig.server.behave(servers.saysJson(200, { ok: true }))
    await rig.look(probe)
    expect(paceOf(probe)).toMatchObject(seldom)
    rig.server.behave(servers.resetBeforeHeaders)
    await rig.look(probe)
    expect(paceOf(probe)).toMatchObject(often)
  })

  it.each<[string, () => void]>([
    ['is not ready', () => cluster.set({ pods: follow('api', { ready: false }) })],
    ['cannot be seen', () => cluster.set({ pods: refused })],
    ['was not confirmed for 15 s', () => cluster.setAge(15_001)],
  ])('is asked often while the pod %s', async (_, change) => {
    const probe = probeOf(healthEndpoint, 'api')
    rig.server.behave(servers.saysJson(200, { ok: true }))
    await rig.look(probe)
    change()
    expect(paceOf(probe)).toMatchObject(often)
  })

  it('X33: costs a replica less than 30 log lines a minute brisk, and less than 10 quiet', async () => {
    const probe = probeOf(healthEndpoint, 'api')
    rig.server.behave(servers.saysJson(200, { ok: true }))
    await rig.look(probe)
    const { brisk = 0, quiet = 0 } = paceOf(probe) ?? {}
    // Two lines for each request.
    const lines = (interval: number) => (2 * 60_000) / interval
    expect(lines(brisk)).toBeLessThan(30)
    expect(lines(quiet)).toBeLessThan(10)
  })
})
