import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import * as signals from '../../src/rules/signals.ts'
import type { Probe } from '../../src/probes/probe.ts'
import type { Component } from '../../src/probes/replicas.ts'
import { familiesOf, serviceMetrics } from '../../src/probes/service-metrics.ts'
import * as servers from '../support/misbehaving-server.ts'
import type { Behaviour, MisbehavingServer } from '../support/misbehaving-server.ts'
import { oneReplica, type OneReplica } from '../support/one-replica.ts'

const secret = 'bearer-that-must-not-be-told'
const page = servers.says({ type: 'text/html', body: `<!doctype html><p>Bearer ${secret}</p>` })

let rig: OneReplica
let server: MisbehavingServer
let bearer: string | undefined

beforeEach(async () => {
  rig = await oneReplica(secret)
  server = rig.server
  bearer = secret
})

afterEach(() => rig.close())

function metricsProbe(component: Component): Probe {
  rig.listAs(component)
  return serviceMetrics({ ...rig, bearer: () => bearer })
}

async function metricsOf(component: Component, behaviour: Behaviour): Promise<unknown> {
  server.behave(behaviour)
  const { outcome } = await rig.look(metricsProbe(component))
  return outcome.ok ? outcome.readings.length : `${outcome.unknownReason}: ${outcome.reason}`
}

function exposition(component: 'gateway' | 'sts' | 'audit', more = ''): Behaviour {
  const body = [...familiesOf(component)].map((name) => `# TYPE ${name} gauge\n${name} 1\n`).join('')
  return servers.says({ type: 'text/plain; version=0.0.4; charset=utf-8', body: `${body}${more}` })
}

describe('the /metrics of a replica', () => {
  it.each([
    ['gateway', 7],
    ['sts', 5],
    ['audit', 4],
  ] as const)('T01: gives the signals of %s to the bearer', async (component, count) => {
    expect(await metricsOf(component, exposition(component, 'other{a="b"} 3\n'))).toBe(count)
    expect(server.requests).toMatchObject([
      { path: '/metrics', headers: { authorization: `Bearer ${secret}` } },
    ])
  })

  it('are read once for as long as they are the same bytes', async () => {
    server.behave(exposition('gateway'))
    const probe = metricsProbe('gateway')
    const [target] = probe.targets()
    if (target === undefined) throw new Error('no target')
    const look = () => probe.look(target, AbortSignal.timeout(5_000))
    const first = await look()
    expect(await look()).toBe(first)

    server.behave(exposition('gateway', 'other{a="b"} 3\n'))
    const second = await look()
    expect(second).toEqual(first)
    expect(second).not.toBe(first)
    server.behave(page)
    await expect(look()).rejects.toMatchObject({ reason: 'html' })
    expect(await look().catch((fault: unknown) => fault)).toMatchObject({ reason: 'html' })
  })

  it('T01: uses the bearer of now, and asks without one when none is set', async () => {
    server.behave(exposition('sts'))
    const probe = metricsProbe('sts')
    bearer = 'rotated'
    await rig.look(probe)
    bearer = undefined
    await rig.look(probe)

    expect(server.requests.map(({ headers }) => headers['authorization'])).toEqual([
      'Bearer rotated',
      undefined,
    ])
  })

  it.each([
    [401, secret, 'is not the one'],
    [403, secret, 'is not the one'],
    [401, undefined, 'set metricsBearer'],
  ])('T01: names the setting when %i refuses the bearer %s', async (status, token, says) => {
    bearer = token
    server.behave(servers.says({ status, type: 'text/plain', body: `unauthorized ${secret}\n` }))

    const { outcome } = await rig.look(metricsProbe('gateway'))

    if (outcome.ok) throw new Error('seen')
    expect(outcome.unknownReason).toBe('unauthorized')
    expect(outcome.message).toContain('metricsBearer')
    expect(outcome.message).toContain(says)
  })

  it.each(['', `${secret}\r\nx-other: 1`, `${secret} `, 'schlüssel'])(
    'asks nobody with a bearer that no header may hold: %j',
    async (token) => {
      bearer = token

      expect(await metricsOf('sts', exposition('sts'))).toBe('not_configured: bearer_unusable')
      expect(server.requests).toHaveLength(0)
    },
  )

  function text(body: string): Behaviour {
    return servers.says({ type: 'text/plain; version=0.0.4', body })
  }

  it.each([
    ['T03: a web page', page, 'malformed: html'],
    ['T03: a web page that calls itself text', text(`<html>${secret}</html>\n`), 'malformed: html'],
    ['lines that are no exposition', text(`this is ${secret}!\n`), 'malformed: invalid_exposition'],
    ['a cut exposition', text('caracal_sts_audit_dropped_total 1'), 'malformed: invalid_exposition'],
    ['a cut label', text(`caracal_sts_audit_dropped_total{a="${secret}\n`), 'malformed: invalid_exposition'],
    ['a redirect', servers.says({ status: 302, headers: { location: '/' } }), 'malformed: redirected'],
    ['404', servers.says({ status: 404 }), 'malformed: not_found'],
    ['429', servers.says({ status: 429 }), 'throttled: rate_limited'],
    ['500', servers.says({ status: 500, body: secret }), 'malformed: unexpected_status'],
    ['503', servers.says({ status: 503 }), 'malformed: unexpected_status'],
    ['a reset', servers.resetBeforeHeaders, 'unreachable: connection_reset'],
    ['a reset amid the body', servers.resetAmidBody, 'unreachable: connection_reset'],
    ['a truncated body', servers.closedAmidBody, 'malformed: body_truncated'],
    ['2 GiB', servers.endlessBody({ declared: true }), 'malformed: body_too_large'],
    ['an endless body', servers.endlessBody({ declared: false }), 'malformed: body_too_large'],
    ['a gzip bomb', servers.gzipBomb(), 'malformed: body_encoded'],
    ['one byte a second', servers.dripping, 'timeout: timeout'],
    ['a hang after the connection', servers.hanging, 'timeout: timeout'],
  ])('tells nothing by %s', async (_, behaviour, reason) => {
    expect(await metricsOf('sts', behaviour)).toBe(reason)
  })

  it('tells nothing where nobody listens: for metrics a refused connection is no answer', async () => {
    const probe = metricsProbe('sts')
    await server.close()

    expect((await rig.look(probe)).outcome).toMatchObject({
      unknownReason: 'unreachable',
      reason: 'connection_refused',
    })
  })

  it('tells of each family by itself when one is NaN, one negative and one missing', async () => {
    const body = [
      'caracal_gateway_revocation_snapshot_fresh 1',
      'caracal_gateway_revocation_snapshot_age_seconds -4',
      'caracal_gateway_audit_replay_files NaN',
      'caracal_gateway_audit_replay_oldest_age_seconds 12',
      'caracal_gateway_sts_circuit_opened_total 2',
      'caracal_gateway_revocation_reload_errors_total 0',
    ]
    server.behave(text(`${body.join('\n')}\n`))

    const { outcome } = await rig.look(metricsProbe('gateway'))

    if (!outcome.ok) throw new Error(outcome.message)
    expect(outcome.readings.map(({ signal, value }) => [signal, value])).toEqual([
      [signals.snapshotFresh.name, 1],
      [signals.snapshotReloadErrors.name, 0],
      [signals.replayOldestAge.name, 12],
      [signals.circuitOpened.name, 2],
    ])
    expect(outcome.blindSpots.map(({ signal, reason }) => [signal, reason])).toEqual([
      [signals.snapshotAge.name, 'negative_value'],
      [signals.replayFiles.name, 'not_a_number'],
      [signals.evidenceDropped.name, 'metric_missing'],
    ])
  })

  it('costs bounded memory and leaves nothing open when a replica misbehaves again and again', async () => {
    server.behave(servers.endlessBody({ declared: false }))
    const probe = metricsProbe('gateway')
    await rig.look(probe)
    const before = process.memoryUsage().arrayBuffers

    for (let i = 0; i < 10; i += 1) await rig.look(probe)

    expect(server.requests).toHaveLength(11)
    // 4 MiB are accepted; the rest is what the buffers of both sockets hold, of 2 GiB each.
    expect(server.bytesSent() / 11).toBeLessThan(24 * 1024 * 1024)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(128 * 1024 * 1024)
  })
})
