import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readyEndpoint } from '../../src/probes/ready-endpoint.ts'
import type { Probe } from '../../src/probes/probe.ts'
import type { Component } from '../../src/probes/replicas.ts'
import * as servers from '../support/misbehaving-server.ts'
import type { Behaviour, MisbehavingServer } from '../support/misbehaving-server.ts'
import { oneReplica, type OneReplica } from '../support/one-replica.ts'

const secret = 'bearer-that-must-not-be-told'
const page = servers.says({ type: 'text/html', body: `<!doctype html><p>Bearer ${secret}</p>` })

let rig: OneReplica
let server: MisbehavingServer

beforeEach(async () => {
  rig = await oneReplica(secret)
  server = rig.server
})

afterEach(() => rig.close())

function readyProbe(component: Component): Probe {
  rig.listAs(component)
  return readyEndpoint(rig)
}

async function readyOf(component: Component, behaviour: Behaviour): Promise<unknown> {
  server.behave(behaviour)
  const { outcome } = await rig.look(readyProbe(component))
  if (!outcome.ok) return `${outcome.unknownReason}: ${outcome.reason}`
  expect(outcome.readings).toHaveLength(1)
  expect(outcome.readings[0]?.labels).toEqual({ component, replica: `${component}-1` })
  return [outcome.readings[0]?.value, outcome.readings[0]?.detail]
}

describe('the /ready of a replica', () => {
  it.each([
    ['api', { ok: true }],
    ['coordinator', { ok: true }],
    ['sts', { ok: true, ready: true }],
    ['gateway', { ok: true, ready: true }],
    ['audit', { ready: true }],
    ['web', { status: 'ready' }],
  ] as const)(
    'T42, T43: proves that %s is ready, at exactly this path and without the bearer',
    async (component, body) => {
      expect(await readyOf(component, servers.saysJson(200, body))).toEqual([1, undefined])
      expect(server.requests.map(({ path }) => path)).toEqual(['/ready'])
      expect(JSON.stringify(server.requests)).not.toContain(secret)
    },
  )

  it('is asked below a base URL that ends in a slash', async () => {
    const probe = readyProbe('gateway')
    rig.listAs('gateway', `${server.url}/`)
    server.behave(servers.saysJson(200, { ok: true, ready: true }))

    await rig.look(probe)

    expect(server.requests[0]?.path).toBe('/ready')
  })

  it.each([
    [
      'gateway',
      { ok: false, ready: false, reason: 'revocation_snapshot_stale' },
      'revocation_snapshot_stale',
    ],
    ['sts', { ok: false, ready: false, reason: 'audit_evidence_lost' }, 'audit_evidence_lost'],
    ['api', { ok: false, error: 'outbox_dead_messages', deadCount: 2, limit: 0 }, 'outbox_dead_messages'],
    ['coordinator', { ok: false, error: 'outbox_dead', dependency: 'outbox' }, 'outbox_dead'],
    ['web', { status: 'unavailable' }, 'unavailable'],
  ] as const)('T31: proves that %s is not ready, and why: %j', async (component, body, reason) => {
    expect(await readyOf(component, servers.saysJson(503, body))).toEqual([0, reason])
  })

  it('T33: proves with a 500 that API is not ready', async () => {
    const body = { error: 'internal_error', error_description: 'Connection is closed.', requestId: 'req-1' }

    expect(await readyOf('api', servers.saysJson(500, body))).toEqual([0, 'internal_error'])
  })

  it('proves that nobody is ready where nobody listens', async () => {
    const probe = readyProbe('gateway')
    await server.close()

    const { outcome } = await rig.look(probe)

    expect(outcome).toMatchObject({
      ok: true,
      readings: [{ value: 0, facts: { code: 'connection_refused' } }],
    })
  })

  it.each([
    ['T43: a web page', page, 'malformed: html'],
    [
      'a redirect',
      servers.says({ status: 301, headers: { location: '/elsewhere' } }),
      'malformed: redirected',
    ],
    ['401', servers.saysJson(401, {}), 'unauthorized: unauthorized'],
    ['403', servers.saysJson(403, {}), 'unauthorized: forbidden'],
    ['404', servers.saysJson(404, {}), 'malformed: not_found'],
    ['T34, T56: 429', servers.saysJson(429, { error: 'rate_limited' }), 'throttled: rate_limited'],
    ['half a JSON', servers.says({ body: '{"ok":tr' }), 'malformed: invalid_json'],
    ['something else', servers.saysJson(200, { status: 'ok' }), 'malformed: readiness_not_stated'],
    ['a contradiction', servers.saysJson(200, { ok: true, ready: false }), 'contradictory: contradictory'],
    ['a reset', servers.resetBeforeHeaders, 'unreachable: connection_reset'],
    ['a reset amid the body', servers.resetAmidBody, 'unreachable: connection_reset'],
    ['a truncated body', servers.closedAmidBody, 'malformed: body_truncated'],
    ['2 GiB', servers.endlessBody({ declared: false }), 'malformed: body_too_large'],
    ['a gzip bomb', servers.gzipBomb(), 'malformed: body_encoded'],
    ['a hang after the connection', servers.hanging, 'timeout: timeout'],
  ])('proves nothing by %s', async (_, behaviour, reason) => {
    expect(await readyOf('gateway', behaviour)).toBe(reason)
  })

  it('proves nothing of a replica that is listed no more', async () => {
    const probe = readyProbe('gateway')
    const [target] = probe.targets()
    rig.list([])

    await expect(
      probe.look(target ?? { id: '', labels: {} }, AbortSignal.timeout(500)),
    ).rejects.toMatchObject({
      unknownReason: 'unreachable',
      reason: 'target_gone',
    })
    expect(server.requests).toHaveLength(0)
  })
})

describe('T34: a service that answers 429', () => {
  it('is asked less for a minute, with all its replicas', async () => {
    const probe = readyProbe('api')
    rig.list(['api-1', 'api-2'].map((name) => ({ component: 'api', name, url: server.url })))
    const [first, second] = probe.targets()
    if (first === undefined || second === undefined) throw new Error('no target')
    const usual = probe.pace(second)
    server.behave(servers.saysJson(429, { error: 'rate_limited' }))

    await rig.look(probe)

    expect(probe.pace(second).brisk).toBe(20_000)
    expect(probe.pace(second).quiet).toBe(20_000)
    rig.clock.time += 60_001
    expect(probe.pace(second)).toEqual(usual)
  })

  it('is not asked at all before the time that it names, five minutes at most', async () => {
    const probe = readyProbe('api')
    server.behave(servers.saysJson(429, { error: 'rate_limited' }, { 'retry-after': '30' }))
    await rig.look(probe)
    server.behave(servers.saysJson(200, { ok: true }))

    rig.clock.time += 29_000
    const { outcome } = await rig.look(probe)

    expect(outcome).toMatchObject({ ok: false, unknownReason: 'throttled', reason: 'backing_off' })
    expect(server.requests).toHaveLength(1)
    expect(probe.targets().map((target) => probe.pace(target).brisk)).toEqual([5_000])
    rig.clock.time += 1_001
    expect((await rig.look(probe)).outcome.ok).toBe(true)

    server.behave(servers.saysJson(429, {}, { 'retry-after': '999999999' }))
    await rig.look(probe)
    rig.clock.time += 300_001
    server.behave(servers.saysJson(200, { ok: true }))
    expect((await rig.look(probe)).outcome.ok).toBe(true)
  })

  it.each(['Wed, 21 Oct 2026 07:28:00 GMT', '-5', '1e9', 'soon', '0'])(
    'is asked less for a minute when it names no time: %s',
    async (retryAfter) => {
      const probe = readyProbe('api')
      server.behave(servers.saysJson(429, {}, { 'retry-after': retryAfter }))
      await rig.look(probe)
      server.behave(servers.saysJson(200, { ok: true }))

      expect((await rig.look(probe)).outcome.ok).toBe(true)
    },
  )
})
