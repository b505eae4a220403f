import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Extent } from './extent.ts'
import { turnIn } from './samples.ts'
import type { Watched } from './scene.ts'
import { now, summarise, type Summary } from './statistics.ts'
import { cpuOf, residentOf } from './usage.ts'

export type Serving = {
  readonly gates: Load
  readonly waiting: number
  readonly gatesWhileWaiting: Summary
  readonly metricsWhileWaiting: Summary
  /** Every connection busy, so that requests queue. */
  readonly saturated: Summary
  /** The longest that the event loop was busy while clients waited, milliseconds. */
  readonly turn: number
  readonly residentAfter: number
}

/** How a daemon with a rollout under way answers: as fast as it can, and while many wait for a change. */
export async function serve({ daemon: { url, pid }, gates }: Watched, extent: Extent): Promise<Serving> {
  const seconds = extent.seconds / 4
  await loadOf(url, pid, '/gates', 8, seconds)
  const load = await loadOf(url, pid, '/gates', 8, seconds)
  const index = async () => (await gates.report()).index
  const leave = await longPollers(url, extent.waiting, index)
  await gates.text('/metrics')
  const gatesWhileWaiting = await latencyOf(url, '/gates', 300)
  const turn = turnIn(await gates.text('/metrics'))
  const metricsWhileWaiting = await latencyOf(url, '/metrics', 300)
  leave()
  return {
    gates: load,
    waiting: extent.waiting,
    gatesWhileWaiting,
    metricsWhileWaiting,
    saturated: load.latency,
    turn,
    residentAfter: residentOf(pid),
  }
}

/** What came of asking one path over and over. */
export type Load = {
  readonly perSecond: number
  /** Per second of the daemon's own processor time: one core that does nothing else. */
  readonly perCore: number
  readonly bytes: number
  readonly latency: Summary
}

/**
 * Asks `path` on each of `connections` connections as fast as answers come, for `seconds`. Bare sockets, because an
 * HTTP client of this process would be slower than the server.
 */
async function loadOf(
  url: string,
  pid: number,
  path: string,
  connections: number,
  seconds: number,
): Promise<Load> {
  const latencies: number[] = []
  let bytes = 0
  const [cpu, startedAt] = [cpuOf(pid), now()]
  const until = startedAt + seconds * 1_000
  const run = async (connection: Connection) => {
    while (now() < until) {
      const askedAt = now()
      bytes = await connection.ask(path)
      latencies.push(now() - askedAt)
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: connections }, () => run(open(url))))
  const spent = (now() - startedAt) / 1_000
  return {
    perSecond: latencies.length / spent,
    perCore: latencies.length / ((cpuOf(pid) - cpu) / 1_000),
    bytes,
    latency: summarise(latencies),
  }
}

/** Asks one path `count` times, one after another with a pause, as scrapers and pipelines do. */
export async function latencyOf(url: string, path: string, count: number): Promise<Summary> {
  const connection = open(url)
  const latencies: number[] = []
  for (let turn = 0; turn < count; turn += 1) {
    const askedAt = now()
    await connection.ask(path)
    latencies.push(now() - askedAt)
    await pause(10)
  }
  connection.close()
  return summarise(latencies)
}

/** Keeps `count` clients waiting for a change of the document until the result is called. */
async function longPollers(url: string, count: number, index: () => Promise<string>): Promise<() => void> {
  let over = false
  const connections = Array.from({ length: count }, () => open(url))
  const follow = async (connection: Connection) => {
    while (!over) await connection.ask(`/gates?wait=25s&index=${encodeURIComponent(await index())}`)
  }
  // Ended in the middle of an answer.
  for (const connection of connections) void follow(connection).catch(() => undefined)
  await pause(1_000)
  return () => {
    over = true
    for (const connection of connections) connection.close()
  }
}

type Connection = { ask(path: string): Promise<number>; close(): void }

/** One connection that stays open; `ask` resolves with the size of the body when all of it has come. */
function open(url: string): Connection {
  const { hostname, port, host } = new URL(url)
  const socket: Socket = connect(Number(port), hostname)
  socket.setNoDelay(true)
  let head = ''
  let size = 0
  let missing = -1
  let done: ((size: number) => void) | undefined
  let fail: ((fault: Error) => void) | undefined
  socket.on('data', (chunk: Buffer) => {
    if (missing < 0) {
      head += chunk.toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      if (!/^HTTP\/1.1 (200|304)/.test(head)) return socket.destroy(new Error(head.slice(0, 200)))
      size = Number(/content-length: (\d+)/i.exec(head.slice(0, end))?.[1] ?? 0)
      missing = size - (head.length - end - 4)
      head = ''
    } else missing -= chunk.length
    if (missing > 0) return
    missing = -1
    done?.(size)
  })
  socket.on('error', (fault) => fail?.(fault))
  socket.on('close', () => fail?.(new Error('the connection was closed')))
  return {
    ask: (path) =>
      new Promise((resolve, reject) => {
        done = resolve
        fail = reject
        socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
      }),
    close: () => void socket.destroy(),
  }
}
