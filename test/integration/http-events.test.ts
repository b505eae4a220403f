import { afterEach, describe, expect, it } from 'vitest'
import { certificateAuthority } from '../../rig/certificate-authority.ts'
import type { PublishContext } from '../../src/http/context.ts'
import type { GateReport } from '../../src/contract/document.ts'
import { startServer, type ListenOptions, type Server } from '../../src/http/server.ts'
import { dial, listenTo, type EventClient } from '../support/event-client.ts'
import { finding, handMadeRules, newBoard, newContext, play } from '../unit/http/context.ts'

const opened: Server[] = []
const clients: EventClient[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) client.leave()
  await Promise.all(opened.splice(0).map((server) => server.close()))
})

/** As much as a document may hold of a target's words, in each of 50 culprits. */
const wordy = Array.from({ length: 50 }, (_, place) =>
  finding('unmet', { key: `gateway/gateway-${place}`, message: 'x'.repeat(300), reason: 'unmet' }),
)

async function serve(
  more: Partial<PublishContext> = {},
  options: Partial<ListenOptions> = {},
  world = new Map([['ready-sts', wordy]]),
) {
  const rules = handMadeRules(world)
  const board = newBoard(play(rules, 60))
  const server = await startServer(newContext(board, rules, more), {
    listen: { host: '127.0.0.1', port: 0 },
    ...options,
  })
  opened.push(server)
  const revision = () => board.current()?.revision ?? 0
  function change(): void {
    const current = board.current()
    if (current !== undefined) board.post({ ...current, revision: current.revision + 1 })
  }
  return { board, server, url: server.url, change, index: () => `k7f2.${revision()}` }
}

async function listen(...asked: Parameters<typeof listenTo>): Promise<EventClient> {
  const client = await listenTo(...asked)
  clients.push(client)
  return client
}

/** What must come to be; the limit only says when a test gives up. */
function soon<Value>(look: () => Value) {
  return expect.poll(look, { timeout: 60_000, interval: 20 })
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

describe('GET /events', () => {
  it('tells of each change, in a form that no proxy holds back', async () => {
    const { url, change, index } = await serve()
    const client = await listen(`${url}/events`)
    expect(client.status).toBe(200)
    expect(client.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    })
    await soon(client.ids).toEqual([index()])
    change()
    await soon(() => client.ids().at(-1)).toBe(index())
    const documents = client.heard().filter(({ event }) => event === 'gates')
    const gates = (await (await fetch(`${url}/gates`)).json()) as GateReport
    expect(JSON.parse(documents[1]?.data ?? '')).toEqual(gates)
    await soon(() => client.heard().some(({ event }) => event === 'tick')).toBe(true)
  })

  it('goes on where the client was, and starts anew for an id from another life', async () => {
    const { url, index } = await serve()
    const resumed = await listen(`${url}/events`, { 'last-event-id': index() })
    const lost = await listen(`${url}/events`, { 'last-event-id': `${'ancient'.repeat(500)}.1` })
    await soon(() => resumed.heard().map(({ event }) => event)).toContain('tick')
    expect(resumed.ids()).toEqual([])
    await soon(lost.ids).toEqual([index()])
  })

  it('answers HEAD with its headers, and HTTP/1.0 with a stream that ends with the connection', async () => {
    const { url } = await serve()
    const head = await listen(`${url}/events`, {}, 'HEAD')
    expect(head.headers['content-type']).toBe('text/event-stream; charset=utf-8')
    await soon(head.ended).toBe(true)
    const old = await dial(url, 'GET /events?document=envelope HTTP/1.0\r\n\r\n')
    await soon(old.text).toContain('event: tick')
    expect(old.text()).toMatch(/^HTTP\/1.1 200 OK\r\n/)
    expect(old.text()).not.toMatch(/transfer-encoding: chunked/i)
    expect(old.text()).toContain('\r\n\r\nretry: ')
    old.socket.destroy()
    await soon(async () => (await fetch(`${url}/metrics`)).text()).toContain('http_event_streams 0\n')
  })

  it('refuses a wrong parameter, a reader without a token, and asks for patience before the first look', async () => {
    const closed = await serve({
      authorise: (_, header) =>
        header === 'Bearer reader'
          ? { ok: true, token: 'reader' }
          : { ok: false, status: 401, detail: 'reading needs a token' },
    })
    const ask = async (path: string, authorization: string) => {
      const client = await listen(`${closed.url}${path}`, { authorization })
      return client.status
    }
    expect(await ask('/events', 'Bearer other')).toBe(401)
    expect(await ask('/events?wait=5s', 'Bearer reader')).toBe(400)
    expect(await ask('/events?document=envelope', 'Bearer reader')).toBe(200)
    const rules = handMadeRules(new Map())
    const server = await startServer(newContext(newBoard(), rules), {
      listen: { host: '127.0.0.1', port: 0 },
    })
    opened.push(server)
    expect((await listen(`${server.url}/events`)).status).toBe(503)
  })

  it('sends a client that read nothing for 1,000 changes the newest, and not what lies between', async () => {
    const { url, change, index } = await serve()
    const [slow, quick] = [await listen(`${url}/events`), await listen(`${url}/events`)]
    await soon(slow.ids).toHaveLength(1)
    slow.pause()
    for (let changes = 0; changes < 1_000; changes++) {
      change()
      await turn()
      await turn()
    }
    await soon(() => quick.ids().at(-1)).toBe(index())
    slow.resume()
    await soon(() => slow.ids().at(-1)).toBe(index())
    expect(slow.ids().length).toBeLessThan(900)
    expect(new Set(slow.ids()).size).toBe(slow.ids().length)
  })

  it('tells 500 listeners and 500 waiters of one change while scrapes go on, and turns away more', async () => {
    const { url, change, index } = await serve()
    const before = index()
    const listeners = await Promise.all(Array.from({ length: 500 }, () => listen(`${url}/events`)))
    const waiting = Array.from({ length: 500 }, () => fetch(`${url}/gates?wait=60s&index=${before}`))
    const scrape = async () => (await fetch(`${url}/metrics`)).text()
    await soon(scrape).toContain('\ncaracal_gate_exporter_http_waiters 500\n')
    expect(await scrape()).toContain('\ncaracal_gate_exporter_http_event_streams 500\n')
    const refused = await listen(`${url}/events`)
    expect(refused.status).toBe(429)
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect(await scrape()).toContain('\ncaracal_gate_exporter_http_refused_total{kind="streams"} 1\n')
    change()
    expect(await scrape()).toContain('caracal_rollout_verdict')
    await soon(() => listeners.every(({ ids }) => ids().at(-1) === index())).toBe(true)
    const indexes = await Promise.all(
      waiting.map(async (answer) => ((await (await answer).json()) as GateReport).index),
    )
    expect([...new Set(indexes)]).toEqual([index()])
    for (const client of listeners) client.leave()
    await soon(scrape).toContain('\ncaracal_gate_exporter_http_event_streams 0\n')
  })

  it('ends all streams with a last word when the daemon stops, whoever reads and whoever does not', async () => {
    const { url, server, change } = await serve()
    const listeners = await Promise.all([1, 2, 3].map(() => listen(`${url}/events`)))
    const deaf = await dial(url, 'GET /events HTTP/1.1\r\nhost: x\r\n\r\n')
    deaf.socket.pause()
    for (let changes = 0; changes < 400; changes++) {
      change()
      await turn()
    }
    await soon(() => listeners.every(({ ids }) => ids().length > 0)).toBe(true)
    await server.close()
    await soon(() => listeners.every(({ ended }) => ended())).toBe(true)
    for (const { text } of listeners) expect(text()).toMatch(/: the daemon is stopping\n\n$/)
    deaf.socket.resume()
    await soon(deaf.closed).toBe(true)
  })

  it('takes no stream that would queue behind another answer on its connection', async () => {
    const { url } = await serve()
    const asked = 'GET /events?document=envelope HTTP/1.1\r\nhost: x\r\n\r\n'
    const greedy = await dial(url, asked.repeat(50))
    await soon(greedy.text).toContain('event: tick')
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('http_event_streams 1\n')
    greedy.socket.destroy()
  })

  it('is spoken over TLS', async () => {
    const authority = certificateAuthority()
    const { url, change, index } = await serve(
      {},
      { tls: authority.issue('localhost', { addresses: ['127.0.0.1'] }), connections: 5 },
    )
    const { Agent, fetch: ask } = await import('undici')
    const dispatcher = new Agent({ connect: { ca: authority.ca } })
    const answer = await ask(`${url}/events?document=envelope`, { dispatcher })
    let text = ''
    const reading = (async () => {
      for await (const chunk of answer.body ?? []) text += Buffer.from(chunk as Uint8Array).toString()
    })()
    reading.catch(() => {})
    await soon(() => text).toContain(`id: ${index()}\n`)
    // More than may be connect, speak no TLS and go nowhere: the stream is not the one that has to go.
    const idle = await Promise.all(Array.from({ length: 20 }, () => dial(url)))
    await soon(() => idle.filter(({ closed }) => closed()).length).toBe(16)
    change()
    await soon(() => text).toContain(`id: ${index()}\n`)
    for (const { socket } of idle) socket.destroy()
    await dispatcher.destroy()
  })
})
