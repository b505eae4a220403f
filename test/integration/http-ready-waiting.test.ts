import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readyEndpoint } from '../../src/probes/ready-endpoint.ts'
import { budgets, type Budgets } from '../../src/probes/ready-pace.ts'
import type { Probe } from '../../src/probes/probe.ts'
import { components, type Component } from '../../src/probes/replicas.ts'
import * as servers from '../support/misbehaving-server.ts'
import type { Behaviour } from '../support/misbehaving-server.ts'
import { oneReplica, type OneReplica } from '../support/one-replica.ts'
import { recordedNotReady } from '../support/recorded-answers.ts'

let rig: OneReplica

beforeEach(async () => {
  rig = await oneReplica('no secret')
})
afterEach(() => rig.close())

/** The real paces, but for the times that a test would have to wait. */
function quickly(timeout: number, patience: number): Budgets {
  const pace = { brisk: 500, quiet: 3_000, timeout, patience }
  return Object.fromEntries(components.map((component) => [component, pace])) as unknown as Budgets
}

function probeOf(component: Component, { timeout = 500, patience = 30_000 } = {}): Probe {
  rig.listAs(component)
  return readyEndpoint(rig, quickly(timeout, patience))
}

/** A server that keeps each request until the test answers it, in order. */
function keeping() {
  const kept: Parameters<Behaviour>[] = []
  rig.server.behave((...request) => void kept.push(request))
  return {
    get asked() {
      return rig.server.requests.length
    },
    answer(behaviour: Behaviour) {
      const request = kept.shift()
      if (request === undefined) throw new Error('nobody has asked')
      behaviour(...request)
    },
  }
}

async function looked(probe: Probe): Promise<unknown> {
  const { outcome } = await rig.look(probe)
  if (!outcome.ok) return `${outcome.unknownReason}: ${outcome.reason}`
  return [outcome.readings[0]?.value, outcome.readings[0]?.detail]
}

const unreachable = servers.saysJson(503, { ok: false, ready: false, reason: 'redis_unreachable' })
const isReady = servers.saysJson(200, { ok: true, ready: true })

describe('R131: X14: a replica that takes long to answer', () => {
  it.each(['sts', 'api', 'web'] as const)('has one request of ours to answer (%s)', async (component) => {
    const server = keeping()
    const probe = probeOf(component, { timeout: 100 })
    for (let turn = 0; turn < 4; turn += 1) expect(await looked(probe)).toBe('timeout: timeout')
    expect(server.asked).toBe(1)
  })

  it('is read when it answers, however many looks later, and stays so while it owes the next answer', async () => {
    const server = keeping()
    const probe = probeOf('gateway')
    expect(await looked(probe)).toBe('timeout: timeout')
    const next = looked(probe)
    server.answer(unreachable)
    expect(await next).toEqual([0, 'redis_unreachable'])
    for (let turn = 0; turn < 3; turn += 1) expect(await looked(probe)).toEqual([0, 'redis_unreachable'])
    expect(server.asked).toBe(2)
    server.answer(unreachable)
    expect(await looked(probe)).toEqual([0, 'redis_unreachable'])
  })

  it('is told what came between two looks', async () => {
    const server = keeping()
    const probe = probeOf('audit')
    expect(await looked(probe)).toBe('timeout: timeout')
    server.answer(servers.saysJson(500, {}))
    expect(await looked(probe)).toEqual([0, 'internal_error'])
    expect(server.asked).toBe(1)
  })

  it('R132: has not proven that it is ready by an answer that came too late for one look', async () => {
    const server = keeping()
    const probe = probeOf('sts')
    expect(await looked(probe)).toBe('timeout: timeout')
    const next = looked(probe)
    server.answer(isReady)
    // It is asked anew at once, and what it says then counts.
    await expect.poll(() => server.asked).toBe(2)
    server.answer(isReady)
    expect(await next).toEqual([1, undefined])
  })

  it('R132: is ready again as soon as it says so in time', async () => {
    rig.server.behave(unreachable)
    const probe = probeOf('sts')
    expect(await looked(probe)).toEqual([0, 'redis_unreachable'])
    rig.server.behave(isReady)
    expect(await looked(probe)).toEqual([1, undefined])
  })

  it('is given up when it has not answered for as long as it may take, and then asked anew', async () => {
    rig.server.behave(unreachable)
    const probe = probeOf('coordinator', { timeout: 500, patience: 700 })
    expect(await looked(probe)).toEqual([0, 'redis_unreachable'])
    const server = keeping()
    expect(await looked(probe)).toEqual([0, 'redis_unreachable'])
    expect(await looked(probe)).toBe('timeout: timeout')
    const asked = server.asked
    expect(await looked(probe)).toBe('timeout: timeout')
    expect(server.asked).toBe(asked + 1)
  })

  it('is unknown at once when its connection breaks, whatever it said before', async () => {
    rig.server.behave(unreachable)
    const probe = probeOf('sts')
    expect(await looked(probe)).toEqual([0, 'redis_unreachable'])
    rig.server.behave(servers.resetBeforeHeaders)
    expect(await looked(probe)).toBe('unreachable: connection_reset')
  })

  it('is another one when another process stands at another address', async () => {
    const server = keeping()
    const probe = probeOf('sts')
    expect(await looked(probe)).toBe('timeout: timeout')
    const other = await servers.misbehavingServer(isReady)
    rig.listAs('sts', other.url)
    expect(await looked(probe)).toEqual([1, undefined])
    expect(server.asked).toBe(1)
    await other.close()
  })

  it.each(recordedNotReady().filter(({ seconds, path }) => seconds !== undefined && path === '/ready'))(
    'X14: is waited for as long as $service took with $cause: $seconds s',
    ({ service, seconds = 0 }) => {
      const component = components.find((one) => one === service)
      if (component === undefined) throw new Error(`no ${service}`)
      expect(budgets[component].patience).toBeGreaterThan(seconds * 1_000)
    },
  )
})

describe('R133: X20: a replica that answers 429', () => {
  const limited = (headers = {}) => servers.saysJson(429, { error: 'rate_limited' }, headers)

  it.each(['api', 'coordinator', 'web'] as const)(
    'T56: stays as ready as it proved to be for 80 s (%s), since its /health is watched beside',
    async (component) => {
      const probe = probeOf(component)
      rig.server.behave(isReady)
      expect(await looked(probe)).toEqual([1, undefined])
      rig.server.behave(limited())
      expect(await looked(probe)).toEqual([1, expect.stringContaining('answers 429 since')])
      rig.clock.time += 80_000
      expect(await looked(probe)).toEqual([1, 'it proved that 80 s ago, and answers 429 since'])
      rig.clock.time += 1
      expect(await looked(probe)).toBe('throttled: rate_limited')
    },
  )

  it('is unknown when nothing else watches it', async () => {
    const probe = probeOf('gateway')
    rig.server.behave(isReady)
    await looked(probe)
    rig.server.behave(limited())
    expect(await looked(probe)).toBe('throttled: rate_limited')
  })

  it.each([
    ['never proved anything', limited(), 'throttled: rate_limited'],
    [
      'said that it is not ready',
      servers.saysJson(503, { ok: false, error: 'outbox_dead' }),
      [0, 'outbox_dead'],
    ],
    ['could not be seen', servers.resetBeforeHeaders, 'unreachable: connection_reset'],
  ] as const)('is unknown when before that it %s', async (what, behaviour, seen) => {
    const probe = probeOf('coordinator')
    if (what !== 'never proved anything') {
      rig.server.behave(isReady)
      await looked(probe)
    }
    rig.server.behave(behaviour)
    expect(await looked(probe)).toEqual(seen)
    rig.server.behave(limited())
    expect(await looked(probe)).toBe('throttled: rate_limited')
  })

  it.each([
    [
      'coordinator',
      /the Coordinator grants one client address 600 requests a minute of every kind but \/health/,
    ],
    ['api', /API grants one client address 120 \/ready a minute/],
    ['sts', /something before sts limits requests/],
  ] as const)('says whose address and which limit it is (%s)', async (component, words) => {
    const probe = probeOf(component)
    rig.server.behave(limited())
    const { outcome } = await rig.look(probe)
    expect(outcome).toMatchObject({ ok: false, message: expect.stringMatching(words) })
    expect(outcome).toMatchObject({ message: expect.stringContaining('others come from the same address') })
  })

  it.each([
    [{ 'retry-after': '30' }],
    [{ 'x-ratelimit-reset': '30' }],
    [{ 'ratelimit-reset': '30' }],
    [{ ratelimit: 'limit=600, remaining=0, reset=30' }],
    [{ ratelimit: '"default";r=0;t=30' }],
    [{ 'retry-after': 'Mon, 30 Nov 2026 00:00:30 GMT', date: 'Mon, 30 Nov 2026 00:00:00 GMT' }],
    [{ 'retry-after': '0', 'ratelimit-reset': '30' }],
  ])('is not asked before the time that it names: %j', async (headers) => {
    const probe = probeOf('api')
    rig.server.behave(limited(headers))
    await looked(probe)
    rig.server.behave(isReady)
    rig.clock.time += 29_000
    expect(await looked(probe)).toBe('throttled: backing_off')
    expect(rig.server.requests).toHaveLength(1)
    rig.clock.time += 1_001
    expect(await looked(probe)).toEqual([1, undefined])
  })

  it('takes an instant of another clock for no time', async () => {
    const probe = probeOf('api')
    rig.server.behave(limited({ 'x-ratelimit-reset': '1796000000' }))
    await looked(probe)
    rig.server.behave(isReady)
    expect(await looked(probe)).toEqual([1, undefined])
  })
})
