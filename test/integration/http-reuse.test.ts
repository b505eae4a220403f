import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HttpFailure } from '../../src/connections/http-exchange.ts'
import { openHttp, type Http } from '../../src/connections/http.ts'
import { impatientServer } from '../support/impatient-server.ts'
import * as servers from '../support/misbehaving-server.ts'
import type { Behaviour, MisbehavingServer } from '../support/misbehaving-server.ts'

let http: Http
let server: MisbehavingServer

beforeEach(async () => {
  http = openHttp()
  server = await servers.misbehavingServer(well)
})

afterEach(async () => {
  await http.close()
  await server.close()
})

const well = servers.saysJson(200, { ok: true })

/** Answers the first request of each connection, and does as it is told with the next. */
function onReuse(then: Behaviour): Behaviour {
  const used = new WeakSet<Socket>()
  return (socket, request) => {
    if (used.has(socket)) return then(socket, request)
    used.add(socket)
    well(socket, request)
  }
}

async function look({ timeout = 5_000, url = server.url } = {}): Promise<number | string> {
  try {
    const request = { deadline: AbortSignal.timeout(timeout), maxBytes: 1_024 }
    return (await http.get(`${url}/ready`, request)).status
  } catch (fault) {
    if (fault instanceof HttpFailure) return fault.reason
    throw fault
  }
}

/** After it every connection that an origin may have is a kept one. */
async function useBoth(): Promise<void> {
  await Promise.all([look(), look()])
  expect(server.connections()).toBe(2)
}

describe('a kept connection that the server closes under a request', () => {
  it.each([
    ['closes', servers.closedBeforeHeaders],
    ['resets', servers.resetBeforeHeaders],
  ])('X12: costs no look when it %s', async (_, behaviour) => {
    server.behave(onReuse(behaviour))

    for (let i = 0; i < 30; i += 1) expect(await look()).toBe(200)
    // The first, and two for each that came over a kept connection.
    expect(server.requests.length).toBeGreaterThan(30)
    expect(server.requests.length).toBeLessThanOrEqual(60)
  })

  it('X12: costs no look when both of an origin are closed at once', async () => {
    server.behave(onReuse(servers.closedBeforeHeaders))
    await useBoth()

    expect(await Promise.all([look(), look()])).toEqual([200, 200])
    expect(server.requests).toHaveLength(6)
  })

  it('X12: costs none of many looks that come just as the idle time ends', async () => {
    const idle = 10
    const impatient = await impatientServer(idle)
    const seen: (number | string)[] = []
    for (let i = 0; i < 400; i += 1) {
      seen.push(await look({ url: impatient.url }))
      const until = performance.now() + idle - 0.8 + (i % 15) / 10
      await delay(idle - 2)
      // A timer is too coarse for that moment.
      while (performance.now() < until);
    }
    await impatient.close()

    expect(seen.filter((status) => status !== 200)).toEqual([])
  })

  it('X12: is asked once more and then told, when the new one is closed too', async () => {
    await useBoth()
    server.behave(servers.closedBeforeHeaders)

    expect(await look()).toBe('connection_closed')
    expect(server.requests).toHaveLength(4)
  })

  it('X12: is not asked again on a connection that was new', async () => {
    server.behave(servers.closedBeforeHeaders)

    expect(await look()).toBe('connection_closed')
    expect(server.requests).toHaveLength(1)
  })

  it('X12: is not asked again when a byte of an answer came', async () => {
    await useBoth()
    server.behave((socket) => socket.end('H'))

    expect(await look()).toMatch(/^(?:connection_closed|body_truncated|not_http)$/)
    expect(server.requests).toHaveLength(3)
  })

  it('X12: has one deadline for both', async () => {
    await useBoth()
    server.behave((socket) => {
      // Nothing comes on the second.
      if (server.requests.length === 3) socket.destroy()
    })

    expect(await look({ timeout: 300 })).toBe('timeout')
    expect(server.requests).toHaveLength(4)
  })
})
