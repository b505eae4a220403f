import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { healthEndpoint } from '../../src/probes/health-endpoint.ts'
import { components } from '../../src/probes/replicas.ts'
import * as servers from '../support/misbehaving-server.ts'
import { oneReplica, type OneReplica } from '../support/one-replica.ts'

let rig: OneReplica

beforeEach(async () => {
  rig = await oneReplica('no secret here')
})

afterEach(() => rig.close())

describe('the /health of a replica', () => {
  it('T37: is asked of API, Coordinator and Web only', () => {
    rig.list(components.map((component) => ({ component, name: 'x', url: rig.server.url })))

    expect(
      healthEndpoint(rig)
        .targets()
        .map(({ id }) => id),
    ).toEqual(['api/x', 'coordinator/x', 'web/x'])
  })

  it('proves that the replica lives', async () => {
    rig.listAs('api')
    rig.server.behave(servers.saysJson(200, { ok: true }))

    const { outcome } = await rig.look(healthEndpoint(rig))

    expect(outcome).toMatchObject({ ok: true, readings: [{ value: 1 }] })
    expect(rig.server.requests.map(({ path }) => path)).toEqual(['/health'])
  })

  it('proves that nobody lives where nobody listens', async () => {
    rig.listAs('api')
    await rig.server.close()

    const { outcome } = await rig.look(healthEndpoint(rig))

    expect(outcome).toMatchObject({
      ok: true,
      readings: [{ value: 0, facts: { code: 'connection_refused' } }],
    })
  })

  it.each([
    ['a hang', servers.hanging, 'timeout', 'timeout'],
    ['T43: a web page', servers.says({ type: 'text/html', body: '<html>' }), 'malformed', 'html'],
    ['T34: 429', servers.says({ status: 429 }), 'throttled', 'rate_limited'],
    ['500', servers.says({ status: 500 }), 'malformed', 'unexpected_status'],
    ['a reset', servers.resetBeforeHeaders, 'unreachable', 'connection_reset'],
  ])('proves nothing by %s', async (_, behaviour, unknownReason, reason) => {
    rig.listAs('coordinator')
    rig.server.behave(behaviour)

    expect((await rig.look(healthEndpoint(rig))).outcome).toMatchObject({ ok: false, unknownReason, reason })
  })
})
