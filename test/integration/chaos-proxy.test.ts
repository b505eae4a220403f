import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startProxy, type Proxy } from '../../chaos/proxy.ts'

const body = 'x'.repeat(200)
let server: Server
let proxy: Proxy

beforeAll(async () => {
  server = createServer((_, response) => void response.end(body)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  proxy = await startProxy({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
})

afterAll(async () => {
  await proxy.close()
  server.close()
})

beforeEach(() => proxy.behave(undefined))

/** The body, or why there is none. */
function asked(within = 10_000): Promise<string> {
  return fetch(`http://127.0.0.1:${proxy.port}/`, {
    headers: { connection: 'close' },
    signal: AbortSignal.timeout(within),
  }).then(
    (response) => response.text(),
    (fault: Error) => (fault.cause as NodeJS.ErrnoException | undefined)?.code ?? fault.name,
  )
}

async function took(work: Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work
  return performance.now() - startedAt
}

describe('the way to a server', () => {
  it('delivers what is sent', async () => {
    expect(await asked()).toBe(body)
  })

  it('refuses, and takes connections at the same port again', async () => {
    await proxy.behave('refused')
    expect(await asked()).toBe('ECONNREFUSED')
    await proxy.behave(undefined)
    expect(await asked()).toBe(body)
  })

  it('hangs, and delivers what it held up', async () => {
    await proxy.behave('hung')
    const held = asked()
    expect(await asked(300)).toBe('TimeoutError')
    await proxy.behave(undefined)
    expect(await held).toBe(body)
  })

  it('ends a connection in the middle of an answer', async () => {
    await proxy.behave('truncated')
    expect(await asked()).toBe('UND_ERR_SOCKET')
  })

  it('delays, and throttles', async () => {
    await proxy.behave('delayed')
    expect(await took(asked().then((text) => expect(text).toBe(body)))).toBeGreaterThanOrEqual(110)
    await proxy.behave('throttled')
    expect(await took(asked().then((text) => expect(text).toBe(body)))).toBeGreaterThanOrEqual(400)
  })

  it('resets what is open, and takes what comes', async () => {
    await proxy.behave('hung')
    const open = asked()
    await once(server, 'connection')
    proxy.reset()
    expect(await open).toMatch(/ECONNRESET|UND_ERR_SOCKET/)
    await proxy.behave(undefined)
    expect(await asked()).toBe(body)
  })
})
