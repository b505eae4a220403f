import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import type { GateReport } from '../../src/contract/document.ts'
import { startServer, type ListenOptions, type Server } from '../../src/http/server.ts'
import { dial, listenTo, type Line } from '../support/event-client.ts'
import { handMadeRules, newBoard, newContext, play } from '../unit/http/context.ts'
import { watchFor } from '../support/waiting.ts'

const opened: Server[] = []
const lines: Line[] = []
afterEach(async () => {
  for (const { socket } of lines.splice(0)) socket.destroy()
  await Promise.all(opened.splice(0).map((server) => server.close()))
})

async function serve(options: Partial<ListenOptions> = {}) {
  const rules = handMadeRules(new Map())
  const board = newBoard(play(rules, 60))
  const server = await startServer(newContext(board, rules), {
    listen: { host: '127.0.0.1', port: 0 },
    ...options,
  })
  opened.push(server)
  function change(): void {
    const current = board.current()
    if (current !== undefined) board.post({ ...current, revision: current.revision + 1 })
  }
  return { url: server.url, change, index: () => `k7f2.${board.current()?.revision}` }
}

async function call(url: string, written = ''): Promise<Line> {
  const line = await dial(url, written)
  lines.push(line)
  return line
}

/** Opens so many connections, a hundred at a time, each hundred when the one before has been accepted. */
async function crowd(count: number, url: string, written = ''): Promise<readonly Line[]> {
  const all: Line[] = []
  while (all.length < count) {
    const batch = Array.from({ length: Math.min(100, count - all.length) }, () => call(url, written))
    all.push(...(await Promise.all(batch)))
    // A server accepts one in each turn of its event loop, which is ours too; more than 511 would be dropped.
    for (const _ of batch) await new Promise((resolve) => setImmediate(resolve))
  }
  return all
}

function soon<Value>(look: () => Value) {
  return expect.poll(look, { timeout: 60_000, interval: 50 })
}

/** Status of a path, asked on a connection of its own as a health check does. */
async function statusOf(url: string): Promise<number> {
  const answer = await fetch(url, { headers: { connection: 'close' } })
  await answer.arrayBuffer()
  return answer.status
}

/** Both ends of a connection are in this process. */
function affordable(wanted: number): number {
  const [, limit = '1024'] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
  return Math.max(2_200, Math.min(wanted, Number(limit) - 3_000))
}

const head = 'host: x\r\n\r\n'

describe('a crowd', () => {
  it('of 10,000 idle connections keeps out no health check, no scrape and nobody who waits or listens', async () => {
    const { url, change, index } = await serve()
    const listener = await listenTo(`${url}/events`)
    const waiting = fetch(`${url}/gates?wait=60s&index=${index()}`)
    await soon(() => listener.ids()).toEqual([index()])
    const idle = await crowd(affordable(10_000), url)
    for (const path of ['/healthz', '/readyz', '/gates', '/metrics'])
      expect(await statusOf(`${url}${path}`)).toBe(200)
    const metrics = await (await fetch(`${url}/metrics`)).text()
    const [, refused] =
      /^caracal_gate_exporter_http_refused_total{kind="connections"} (\d+)$/m.exec(metrics) ?? []
    expect(Number(refused)).toBeGreaterThanOrEqual(idle.length - 2_000)
    await soon(() => idle.filter(({ closed }) => closed()).length).toBeGreaterThanOrEqual(idle.length - 2_000)
    const [first] = idle
    expect(first?.text()).toMatch(
      /^HTTP\/1.1 503 Service Unavailable\r\n[^]*retry-after: \d+\r\n[^]*connected/,
    )
    change()
    expect(((await (await waiting).json()) as GateReport).index).toBe(index())
    await soon(() => listener.ids().at(-1)).toBe(index())
    listener.leave()
  })

  it('of half-spoken requests has to make room for whole ones, and is sent away in the end', async () => {
    const { url } = await serve({ connections: 50 })
    const slow = await crowd(49, url, 'GET /gates HTTP/1.1\r\nhost: x\r\nx-slow: ')
    const dripping = setInterval(() => {
      for (const { socket } of slow) if (socket.writable) socket.write('x')
    }, 500)
    try {
      for (let turn = 0; turn < 60; turn++) expect(await statusOf(`${url}/healthz`)).toBe(200)
      await soon(() => slow.every(({ closed }) => closed())).toBe(true)
    } finally {
      clearInterval(dripping)
    }
    expect(slow.some(({ text }) => text().startsWith('HTTP/1.1 408'))).toBe(true)
  })

  it('of bodies that never end has to make room too', async () => {
    const { url } = await serve({ connections: 20 })
    const endless = `POST /gates/proceed HTTP/1.1\r\ncontent-length: 1000\r\ncontent-type: text/plain\r\n${head}x`
    await crowd(20, url, endless)
    for (let turn = 0; turn < 20; turn++) {
      await watchFor(20)
      expect(await statusOf(`${url}/healthz`)).toBe(200)
    }
  })

  it('that is owed answers is not sent away for a newcomer, who is told so', async () => {
    const { url, change, index } = await serve({ connections: 10 })
    const listening = await crowd(10, url, `GET /events?document=envelope HTTP/1.1\r\n${head}`)
    await soon(() => listening.every(({ text }) => text().includes('event: tick'))).toBe(true)
    const newcomers = await crowd(30, url)
    await soon(() => newcomers.every(({ closed }) => closed())).toBe(true)
    for (const { text } of newcomers) expect(text()).toMatch(/^HTTP\/1.1 503/)
    change()
    await soon(() => listening.every(({ text }) => text().includes(`id: ${index()}\n`))).toBe(true)
    expect(listening.some(({ closed }) => closed())).toBe(false)
    listening[0]?.socket.destroy()
    await soon(() => statusOf(`${url}/healthz`).catch(() => 0)).toBe(200)
  })

  it('of requests whose answers nobody reads holds up nobody else', async () => {
    const { url } = await serve()
    const greedy = await crowd(20, url)
    for (const { socket } of greedy) {
      socket.pause()
      socket.write(`GET /gates HTTP/1.1\r\n${head}`.repeat(1_000))
    }
    for (let turn = 0; turn < 20; turn++) expect(await statusOf(`${url}/gates`)).toBe(200)
  })

  it.each([
    ['noise', '\0\xff\x16\x03\x01 no protocol at all\r\n\r\n'.repeat(1_000), '400'],
    [
      'a request with noise behind it',
      `GET /healthz HTTP/1.1\r\n${head}${'junk '.repeat(1_000)}\r\n\r\n`,
      '400',
    ],
    ['a header without an end', `GET /gates HTTP/1.1\r\nx-long: ${'x'.repeat(100_000)}`, '431'],
    [
      'contradicting lengths',
      `POST /gates HTTP/1.1\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n${head}0\r\n\r\n`,
      '400',
    ],
  ])('of connections with %s is refused, and does no harm', async (_, written, status) => {
    const { url } = await serve()
    const noisy = await crowd(50, url, written)
    await soon(() => noisy.every(({ closed }) => closed())).toBe(true)
    expect(noisy.some(({ text }) => text().includes(`HTTP/1.1 ${status} `))).toBe(true)
    expect(await statusOf(`${url}/healthz`)).toBe(200)
  })

  it.each([
    ['waits', (index: string) => `/gates?wait=60s&index=${index}`, 'caracal_gate_exporter_http_waiters'],
    ['streams', () => '/events', 'caracal_gate_exporter_http_event_streams'],
  ])('X81: of %s of one address leaves half of the places to others', async (_, path, metric) => {
    const { url, index } = await serve()
    const asked = `GET ${path(index())} HTTP/1.1\r\n${head}`
    const greedy: Line[] = []
    for (let count = 0; count < 260; count += 1) {
      const line = await dial(url, asked, '127.0.0.2')
      lines.push(line)
      greedy.push(line)
    }
    await soon(() => greedy.filter(({ text }) => text().startsWith('HTTP/1.1 429')).length).toBe(10)
    lines.push(await dial(url, asked, '127.0.0.3'))
    const scrape = async () => (await fetch(`${url}/metrics`)).text()
    await soon(scrape).toContain(`\n${metric} 251\n`)
  })

  it('of waits on one connection takes one place', async () => {
    const { url, index } = await serve()
    await call(url, `GET /gates?wait=60s&index=${index()} HTTP/1.1\r\n${head}`.repeat(600))
    const scrape = async () => (await fetch(`${url}/metrics`)).text()
    await soon(scrape).toContain('\ncaracal_gate_exporter_http_waiters 1\n')
    expect(await scrape()).not.toContain('refused_total{')
  })
})
