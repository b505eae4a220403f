import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HttpFailure } from '../../src/connections/http-exchange.ts'
import { openHttp, type Http, type HttpAnswer } from '../../src/connections/http.ts'
import * as servers from '../support/misbehaving-server.ts'
import type { Behaviour, MisbehavingServer, ServerOptions } from '../support/misbehaving-server.ts'
import { until } from '../support/waiting.ts'

const kilobyte = 1024
const secret = 'bearer-that-must-not-be-told'

let http: Http
let open: MisbehavingServer[]

beforeEach(() => {
  http = openHttp()
  open = []
})

afterEach(async () => {
  await http.close()
  await Promise.all(open.map((server) => server.close()))
})

async function start(behaviour: Behaviour, options?: ServerOptions): Promise<MisbehavingServer> {
  const server = await servers.misbehavingServer(behaviour, options)
  open.push(server)
  return server
}

function get(url: string, { timeout = 2_000, maxBytes = 64 * kilobyte } = {}): Promise<HttpAnswer> {
  const headers = { authorization: `Bearer ${secret}` }
  return http.get(url, { headers, maxBytes, deadline: AbortSignal.timeout(timeout) })
}

async function failureOf(asked: Promise<HttpAnswer>): Promise<HttpFailure> {
  const outcome = await asked.catch((fault: unknown) => fault)
  if (!(outcome instanceof HttpFailure)) throw new Error('no HttpFailure', { cause: outcome })
  expect(outcome.message).not.toContain(secret)
  return outcome
}

describe('an HTTP answer', () => {
  it('comes with its status, type, body and the time to wait', async () => {
    const server = await start(servers.saysJson(429, { error: 'rate_limited' }, { 'retry-after': '7' }))

    expect(await get(`${server.url}/ready`)).toEqual({
      status: 429,
      contentType: 'application/json',
      retryAfter: '7',
      body: '{"error":"rate_limited"}',
    })
  })

  it('is the same object as the last one of its URL for as long as nothing of it changes', async () => {
    const server = await start(servers.saysJson(200, { ok: true }))
    const [ready, health] = [`${server.url}/ready`, `${server.url}/health`]
    const first = await get(ready)
    expect(await get(ready)).toBe(first)
    expect(await get(health)).not.toBe(first)

    server.behave(servers.saysJson(503, { ok: true }))
    const refused = await get(ready)
    expect(refused).toEqual({ ...first, status: 503 })
    server.behave(servers.resetAmidBody)
    await failureOf(get(ready))
    server.behave(servers.saysJson(503, { ok: true }))

    expect(await get(ready)).toEqual(refused)
    // Two at once are each read by itself.
    expect(await Promise.all([get(ready), get(ready)])).toEqual([refused, refused])
  })

  it('is asked for once, at exactly the path, without offering an encoding', async () => {
    const server = await start(servers.saysJson(200, { ok: true }))

    await get(`${server.url}/ready`)

    expect(server.requests).toHaveLength(1)
    expect(server.requests[0]).toMatchObject({ method: 'GET', path: '/ready' })
    expect(server.requests[0]?.headers).not.toHaveProperty('accept-encoding')
  })

  it('is not followed to another place', async () => {
    const elsewhere = await start(servers.saysJson(200, { ok: true }))
    const server = await start(servers.says({ status: 301, headers: { location: `${elsewhere.url}/ready` } }))

    expect((await get(`${server.url}/ready`)).status).toBe(301)
    expect(elsewhere.requests).toHaveLength(0)
  })

  it('comes over connections that are kept, two at most', async () => {
    const server = await start(servers.saysJson(200, { ok: true }))

    for (let i = 0; i < 20; i += 1) await get(`${server.url}/ready`)

    expect(server.connections()).toBeLessThanOrEqual(2)
  })
})

describe('a request without an answer', () => {
  const table: readonly (readonly [string, Behaviour, string, string])[] = [
    ['a reset before the headers', servers.resetBeforeHeaders, 'unreachable', 'connection_reset'],
    ['a reset amid the body', servers.resetAmidBody, 'unreachable', 'connection_reset'],
    ['a close before the headers', servers.closedBeforeHeaders, 'unreachable', 'connection_closed'],
    ['a close amid the body', servers.closedAmidBody, 'malformed', 'body_truncated'],
    ['a close amid the chunks', servers.closedAmidChunks, 'malformed', 'body_truncated'],
    ['another protocol', servers.notHttp, 'malformed', 'not_http'],
    ['a megabyte of headers', servers.hugeHeaders, 'malformed', 'headers_too_large'],
    ['a body of 2 GiB', servers.endlessBody({ declared: true }), 'malformed', 'body_too_large'],
    ['a body without an end', servers.endlessBody({ declared: false }), 'malformed', 'body_too_large'],
    ['a gzip bomb', servers.gzipBomb(), 'malformed', 'body_encoded'],
  ]

  it.each(table)('tells %s', async (_, behaviour, unknownReason, reason) => {
    const server = await start(behaviour)

    expect(await failureOf(get(`${server.url}/metrics`))).toMatchObject({ unknownReason, reason })
  })

  it('tells that nobody listens', async () => {
    const server = await start(servers.hanging)
    await server.close()
    open = []

    const failure = await failureOf(get(`${server.url}/ready`))

    expect(failure).toMatchObject({ unknownReason: 'unreachable', reason: 'connection_refused' })
    expect(failure.message).toContain(`127.0.0.1:${server.port}`)
  })

  it('tells that a name does not resolve', async () => {
    const failure = await failureOf(get('http://does-not-exist.invalid/ready', { timeout: 25_000 }))

    expect(failure.unknownReason).toBe('unreachable')
    expect(failure.reason).toMatch(/^name_/)
  })

  it.each([
    ['hangs after it accepted', servers.hanging, 'did not answer in time'],
    ['sends one byte a second', servers.dripping, 'did not finish in time'],
  ])('ends at its deadline when the server %s', async (_, behaviour, says) => {
    const server = await start(behaviour)
    const startedAt = performance.now()

    const failure = await failureOf(get(`${server.url}/ready`, { timeout: 200 }))

    expect(failure).toMatchObject({ unknownReason: 'timeout', reason: 'timeout' })
    expect(failure.message).toContain(says)
    expect(performance.now() - startedAt).toBeLessThan(900)
    await until(() => server.connections() === 0)
  })

  it('ends at its deadline while it is queued behind others, and then never reaches the server', async () => {
    const server = await start(servers.hanging)
    const url = `${server.url}/ready`
    const first = [1, 2].map(() => failureOf(get(url, { timeout: 1_500 })))
    await until(() => server.requests.length === 2)
    const startedAt = performance.now()

    const queued = await Promise.all([1, 2].map(() => failureOf(get(url, { timeout: 200 }))))

    expect(queued.map(({ reason }) => reason)).toEqual(['timeout', 'timeout'])
    expect(performance.now() - startedAt).toBeLessThan(900)
    await Promise.all(first)
    server.behave(servers.saysJson(200, { ok: true }))
    expect((await get(url)).status).toBe(200)
    expect(server.requests).toHaveLength(3)
  })

  it('ends at once when its deadline has passed already', async () => {
    const server = await start(servers.hanging)
    const request = { deadline: AbortSignal.abort(), maxBytes: kilobyte }

    expect(await failureOf(http.get(`${server.url}/ready`, request))).toMatchObject({ reason: 'timeout' })
  })

  it('reads no more of an endless body than it must', async () => {
    for (const declared of [true, false]) {
      const server = await start(servers.endlessBody({ declared }))

      await failureOf(get(`${server.url}/metrics`, { maxBytes: 64 * kilobyte }))

      await until(() => server.connections() === 0)
      // What the buffers of both sockets hold, of 2 GiB.
      expect(server.bytesSent()).toBeLessThan(24 * kilobyte * kilobyte)
    }
  })
})

describe('the connections of an origin', () => {
  it('are closed when it is forgotten, and opened anew when it is asked again', async () => {
    const server = await start(servers.saysJson(200, { ok: true }))
    await get(`${server.url}/ready`)

    http.forget(server.url)

    await until(() => server.connections() === 0)
    expect((await get(`${server.url}/ready`)).status).toBe(200)
  })

  it('are opened anew after the server was replaced at the same address', async () => {
    const first = await start(servers.saysJson(200, { ok: true }))
    await get(`${first.url}/ready`)
    await first.close()
    open = []
    expect(await failureOf(get(`${first.url}/ready`))).toMatchObject({ reason: 'connection_refused' })

    await start(servers.saysJson(503, { ok: false }), { port: first.port })

    expect((await get(`${first.url}/ready`)).status).toBe(503)
  })

  it('are no fault of ours when they are closed under a request', async () => {
    const server = await start(servers.hanging)
    const asked = failureOf(get(`${server.url}/ready`))
    await until(() => server.requests.length === 1)

    await http.close()

    expect(await asked).toMatchObject({ unknownReason: 'unreachable', reason: 'request_cancelled' })
  })
})
