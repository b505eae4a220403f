import { createServer, type RequestListener } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { inTurns } from '../../src/http/turns.ts'
import { dial, type Line } from '../support/event-client.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step()
})

type Bounds = Pick<Parameters<typeof inTurns>[1], 'aheadBytes' | 'unreadBytes'>

/** A server that answers in turns, and what came of it. */
async function serve(answer: RequestListener, bounds: Bounds = {}) {
  const begun: string[] = []
  const cut: string[] = []
  const server = createServer({ requireHostHeader: false })
  const { connected, take } = inTurns(answer, {
    urgent: ({ url }) => url === '/healthz',
    onTurn: ({ url }) => void begun.push(url ?? ''),
    onCut: (kind) => void cut.push(kind),
    ...bounds,
  })
  server.on('connection', connected)
  server.on('request', take)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  undo.push(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, begun, cut }
}

/** A connection that reads nothing until it is told to. */
async function deaf(url: string): Promise<Line> {
  const line = await dial(url)
  undo.push(() => line.socket.destroy())
  line.socket.pause()
  return line
}

function soon<Value>(look: () => Value) {
  return expect.poll(look, { timeout: 30_000, interval: 20 })
}

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\n\r\n`
}

/** More than the buffers of the system take of one connection. */
const large = Buffer.alloc(16 * 1024 * 1024, 'x')

async function healthOf(url: string): Promise<string> {
  return (await fetch(`${url}/healthz`, { headers: { connection: 'close' } })).text()
}

describe('R102: requests that are sent ahead', () => {
  it('X81: are begun one at a time, and none of them is lost', async () => {
    const { url, begun, cut } = await serve(({ url: path }, response) => response.end(`<${path}>`))
    const line = await deaf(url)
    const paths = Array.from({ length: 3_000 }, (_, index) => `/${index}`)
    line.socket.write(paths.map(get).join(''))
    line.socket.resume()
    await soon(() => line.text().includes('</2999>')).toBe(true)
    expect(begun).toEqual(paths)
    expect([...line.text().matchAll(/<(\/\d+)>/g)].map(([, path]) => path)).toEqual(paths)
    expect(cut).toEqual([])
  })

  it('X81: are not begun while the client reads nothing', async () => {
    const { url, begun } = await serve(({ url: path }, response) =>
      response.end(path === '/healthz' ? 'ok' : large),
    )
    const line = await deaf(url)
    line.socket.write(get('/metrics').repeat(2_000))
    await soon(() => begun.length).toBe(1)
    for (let turn = 0; turn < 50; turn += 1) expect(await healthOf(url)).toBe('ok')
    expect(begun.filter((path) => path === '/metrics')).toHaveLength(1)
  })

  it('X81: cost the connection that sent most of them its place when there is no room for more', async () => {
    const { url, cut, begun } = await serve(
      ({ url: path }, response) => {
        if (path !== '/wait') response.end('ok')
      },
      { aheadBytes: 140_000 },
    )
    const modest = await deaf(url)
    modest.socket.write(get('/wait') + get('/next').repeat(20))
    await soon(() => begun).toEqual(['/wait'])
    const greedy = await deaf(url)
    greedy.socket.write(get('/wait') + get('/next').repeat(20_000))
    greedy.socket.resume()
    await soon(() => greedy.closed()).toBe(true)
    expect(cut).toEqual(['pipelined'])
    expect(modest.closed()).toBe(false)
    expect(await healthOf(url)).toBe('ok')
  })

  it('X81: keep their bodies, whatever stands in these', async () => {
    const { url } = await serve((request, response) => {
      void buffer(request).then((body) => response.end(`<${body.toString('base64')}>`))
    })
    const line = await deaf(url)
    const bodies = [10, 5_000, 100_000].map((length) =>
      'a\r\n\r\nGET / HTTP/1.1\r\n\r\n'.repeat(length).slice(0, length),
    )
    for (const body of bodies) {
      line.socket.write(`POST / HTTP/1.1\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
      const chunk = `${body.length.toString(16)}\r\n${body}\r\n`
      line.socket.write(`POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n${chunk}${chunk}0\r\n\r\n`)
    }
    line.socket.resume()
    const expected = bodies.flatMap((body) => [body, body + body])
    await soon(() => line.text().match(/<[\w+/=]*>/g)?.length).toBe(expected.length)
    const echoed = [...line.text().matchAll(/<([\w+/=]*)>/g)].map(([, text = '']) =>
      Buffer.from(text, 'base64').toString(),
    )
    expect(echoed).toEqual(expected)
  })

  it('X81: are answered when they arrive byte by byte', async () => {
    const { url, begun } = await serve((_, response) => response.end('ok'))
    const line = await deaf(url)
    line.socket.setNoDelay(true)
    line.socket.resume()
    for (const byte of get('/one') + get('/two')) {
      line.socket.write(byte)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await soon(() => begun).toEqual(['/one', '/two'])
  })
})

describe('R102: answers that nobody reads', () => {
  it('X81: cost those who have read nothing for longest their connection when there is no room for more', async () => {
    const { url, cut } = await serve(
      ({ url: path }, response) => response.end(path === '/large' ? large : 'ok'),
      { unreadBytes: 3 * large.length },
    )
    const greedy = await Promise.all(Array.from({ length: 6 }, () => deaf(url)))
    for (const { socket } of greedy) socket.write(get('/large'))
    await soon(() => cut.length).toBeGreaterThan(0)
    expect(new Set(cut)).toEqual(new Set(['unread']))
    expect((await (await fetch(`${url}/large`)).arrayBuffer()).byteLength).toBe(large.length)
    expect(await healthOf(url)).toBe('ok')
  })

  it('X81: keep no health check waiting while there is no room', async () => {
    const { url } = await serve(({ url: path }, response) => response.end(path === '/large' ? large : 'ok'), {
      unreadBytes: 1,
    })
    for (const line of [await deaf(url), await deaf(url)]) line.socket.write(get('/large'))
    for (let turn = 0; turn < 20; turn += 1) expect(await healthOf(url)).toBe('ok')
  })
})
