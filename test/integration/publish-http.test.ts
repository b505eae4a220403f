import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { startServer, type Server } from '../../src/http/server.ts'
import { processMetrics } from '../../src/http/instruments.ts'
import { renderMetrics } from '../../src/http/metrics.ts'
import { handMadeRules, newBoard, newContext, play } from '../unit/http/context.ts'
import { aRelease, scrapeOf } from '../unit/http/release.ts'

const opened: Server[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.close()))
})

const rules = handMadeRules(new Map())

async function serve() {
  const board = newBoard(play(rules, 60))
  const server = await startServer(newContext(board, rules), { listen: { host: '127.0.0.1', port: 0 } })
  opened.push(server)
  return { board, server }
}

/** Clients that wait for a change, as `/metrics` counts them. */
async function waitersAt({ url }: Server): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/^caracal_gate_exporter_http_waiters (\d+)$/m.exec(text)?.[1])
}

describe('the metrics', () => {
  it('are clean by promtool check metrics, those of the process too', async () => {
    const scrape = scrapeOf(aRelease(12))
    const registries = [...scrape.registries, processMetrics()]
    const input = await renderMetrics({ ...scrape, registries }, 'text')
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input,
      encoding: 'utf8',
    })
    expect(`${stdout}${stderr}`).toBe('')
    expect(status).toBe(0)
  })
})

describe('the server', () => {
  it('answers over a socket, in the format that a scrape prefers', async () => {
    const { server } = await serve()
    const gates = await fetch(`${server.url}/gates/proceed`, { method: 'POST', body: '{}' })
    expect(gates.status).toBe(200)
    const accept = 'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.3'
    const metrics = await fetch(`${server.url}/metrics`, { headers: { accept } })
    expect(metrics.headers.get('content-type')).toContain('application/openmetrics-text')
    expect(await metrics.text()).toMatch(/caracal_rollout_verdict\{state="proceed"\} 1\n/)
  })

  it('answers those who wait and closes at once, though they keep their connections', async () => {
    const { server } = await serve()
    const { index } = (await (await fetch(`${server.url}/gates`)).json()) as { index: string }
    const waiting = [1, 2, 3].map(() => fetch(`${server.url}/gates?wait=60s&index=${index}`))
    await expect.poll(() => waitersAt(server)).toBe(3)
    const startedAt = performance.now()
    await server.close()
    expect(performance.now() - startedAt).toBeLessThan(3_000)
    for (const answer of await Promise.all(waiting)) expect(answer.status).toBe(200)
  })

  it('closes within its limit while a client sends its body for ever', async () => {
    const { server } = await serve()
    const { port } = new URL(server.url)
    const headers = { 'content-length': '1000', 'content-type': 'application/json', expect: '100-continue' }
    const slow = request({ port, host: '127.0.0.1', method: 'POST', path: '/gates', headers })
    slow.on('error', () => undefined)
    await once(slow, 'continue')
    slow.write('{')
    const startedAt = performance.now()
    await server.close()
    expect(performance.now() - startedAt).toBeLessThan(9_000)
    slow.destroy()
  })

  it('wakes 500 waiting clients with one change, and turns away those above 500', async () => {
    const { board, server } = await serve()
    const { index } = (await (await fetch(`${server.url}/gates`)).json()) as { index: string }
    const wait = () => fetch(`${server.url}/gates?wait=20s&index=${index}`)
    const waiting = Array.from({ length: 500 }, wait)
    await expect.poll(() => waitersAt(server), { timeout: 20_000 }).toBe(500)
    const refused = await wait()
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    const current = board.current()
    if (current === undefined) throw new Error('no snapshot')
    board.post({ ...current, revision: current.revision + 1 })
    const answers = await Promise.all(waiting)
    const indexes = new Set(
      await Promise.all(answers.map(async (answer) => ((await answer.json()) as { index: string }).index)),
    )
    expect([...indexes]).toEqual([`k7f2.${current.revision + 1}`])
  })

  it('forgets a client that goes away while it waits', async () => {
    const { server } = await serve()
    const { index } = (await (await fetch(`${server.url}/gates`)).json()) as { index: string }
    const gone = new AbortController()
    const waiting = fetch(`${server.url}/gates?wait=60s&index=${index}`, { signal: gone.signal })
    waiting.catch(() => undefined)
    await expect.poll(() => waitersAt(server), { timeout: 10_000 }).toBe(1)
    gone.abort()
    await expect.poll(() => waitersAt(server), { timeout: 10_000 }).toBe(0)
  })

  it('says where it cannot listen', async () => {
    const { server } = await serve()
    const port = Number(new URL(server.url).port)
    const again = startServer(newContext(newBoard(), rules), { listen: { host: '127.0.0.1', port } })
    await expect(again).rejects.toThrow('EADDRINUSE')
  })
})
