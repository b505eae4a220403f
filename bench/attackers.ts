import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { connect as connectSecurely } from 'node:tls'

export type AttackerSettings = { readonly url: string; readonly attack: string; readonly seconds: number }

type Attack = {
  readonly title: string
  /** Whether it needs a daemon that speaks TLS. */
  readonly secure?: true
  /** Begins it; it runs until the process ends. */
  run(url: string): Promise<void>
}

/** What a client without a token can do. Each is bounded in connections, and in time by its process. */
export const attacks: Readonly<Record<string, Attack>> = {
  nothing: {
    title: 'nothing',
    run: () => Promise.resolve(),
  },
  'pipelined-metrics': {
    title: '200 connections send 2,000 `GET /metrics` each and read nothing',
    run: (url) => unreadOn(200, url, () => get('/metrics').repeat(2_000)),
  },
  'pipelined-health': {
    title: '200 connections send 2,000 `GET /healthz` each and read nothing',
    run: (url) => unreadOn(200, url, () => get('/healthz').repeat(2_000)),
  },
  'pipelined-behind-wait': {
    title: '500 connections wait at `/gates`, with 1,500 requests behind each',
    run: (url) => unreadOn(500, url, () => get('/gates?wait=60s&until=stop') + get('/x').repeat(1_500)),
  },
  'pipelined-expectations': {
    title: '500 connections wait at `/gates`, with 1,500 requests that expect something behind each',
    run: (url) =>
      unreadOn(
        500,
        url,
        () => get('/gates?wait=60s&until=stop') + get('/x', 'expect: more\r\n').repeat(1_500),
      ),
  },
  'pipelined-endless': {
    title: '200 connections send `GET /metrics` for as long as it is taken, and read nothing',
    run: (url) => unreadOn(200, url, () => get('/metrics').repeat(500), endlessly),
  },
  'unread-metrics': {
    title: '1,900 connections ask once for `/metrics` and read nothing',
    run: (url) => unreadOn(1_900, url, () => get('/metrics')),
  },
  'unread-own-documents': {
    title: '1,900 connections ask once for a document of their own and read nothing',
    run: (url) => unreadOn(1_900, url, (index) => get(`/gates?rollout=r-${index}`)),
  },
  'deaf-listeners': {
    title: '1,900 connections listen to `/events` with demands of their own and read nothing',
    run: (url) => unreadOn(1_900, url, (index) => get(`/events?rollout=r-${index}`)),
  },
  'dripped-headers': {
    title: '2,500 connections send 2,000 fields of a request, and then one at a time',
    run: (url) => unreadOn(2_500, url, () => `GET / HTTP/1.1\r\n${'a:b\r\n'.repeat(2_000)}`, dripField),
  },
  'dripped-bodies': {
    title: '2,500 connections send 60 KB of a body in small chunks, and then a byte at a time',
    run: (url) => unreadOn(2_500, url, () => chunkedHead + '1\r\nx\r\n'.repeat(10_000), dripChunk),
  },
  'idle-connections': {
    title: '10,000 connections that say nothing',
    run: (url) => unreadOn(10_000, url, () => ''),
  },
  churn: {
    title: '100 clients connect, ask for `/healthz` and leave, as fast as they can',
    run: (url) => again(100, () => askOnce(url, '/healthz')),
  },
  'flood-of-metrics': {
    title: '100 connections ask for `/metrics` as fast as answers come',
    run: (url) => again(100, () => askOnce(url, '/metrics', 50)),
  },
  'flood-of-pages': {
    title: '100 connections ask for the page as fast as answers come',
    run: (url) => again(100, () => askOnce(url, '/', 50)),
  },
  'guessed-tokens': {
    title: '100 connections try tokens for writing as fast as answers come',
    run: (url) => again(100, () => askOnce(url, '/rollouts', 50, guess)),
  },
  noise: {
    title: '500 connections send 64 KB of noise, again and again',
    run: (url) => again(500, () => noiseOnce(url)),
  },
  'stalled-handshakes': {
    title: 'HTTPS: 2,500 connections that begin no handshake',
    secure: true,
    run: (url) => unreadOn(2_500, url, () => ''),
  },
  'idle-sessions': {
    title: 'HTTPS: 1,900 connections that ask once for `/metrics` and read nothing',
    secure: true,
    run: secureSessions,
  },
}

const chunkedHead =
  'POST /gates HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n'

const guess = 'authorization: Bearer guess-number-0123456789\r\ncontent-length: 0\r\n'

function get(path: string, fields = ''): string {
  // What has a length is a write.
  return `${fields.includes('content-length') ? 'POST' : 'GET'} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${fields}\r\n`
}

/** Runs one attack in this process until it is over, and tells its parent when it is under way. */
export async function runAttacker({ url, attack, seconds }: AttackerSettings): Promise<void> {
  setTimeout(() => process.exit(), seconds * 1_000)
  process.on('disconnect', () => process.exit())
  process.send?.('ready')
  await attacks[attack]?.run(url)
}

function open(url: string): Socket {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  return socket
}

/** Opens so many connections, writes to each and reads from none; `onward` continues with each that stays open. */
async function unreadOn(
  count: number,
  url: string,
  written: (index: number) => string,
  onward?: (socket: Socket, written: string) => void,
): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const socket = open(url)
    socket.pause()
    const text = written(index)
    if (text !== '') socket.write(text)
    onward?.(socket, text)
    if (index % 100 === 99) await pause(50)
  }
}

function endlessly(socket: Socket, written: string): void {
  socket.on('drain', () => socket.write(written))
}

function dripField(socket: Socket): void {
  setInterval(() => socket.writable && socket.write('c:d\r\n'), 1_000)
}

function dripChunk(socket: Socket): void {
  setInterval(() => socket.writable && socket.write('1\r\nx\r\n'), 1_000)
}

async function again(count: number, once: () => Promise<void>): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, async () => {
      for (;;) await once()
    }),
  )
}

/** Asks on a connection of its own so many times, one after another. */
async function askOnce(url: string, path: string, times = 1, fields = ''): Promise<void> {
  const socket = open(url)
  let left = times
  socket.on('data', (chunk: Buffer) => {
    if (!chunk.includes('HTTP/1.1')) return
    left -= 1
    if (left > 0) socket.write(get(path, fields))
    else socket.end()
  })
  socket.write(get(path, fields))
  await once(socket, 'close')
}

const noise = Buffer.alloc(64 * 1024, 'GET \0\xff')

async function noiseOnce(url: string): Promise<void> {
  const socket = open(url)
  socket.resume()
  socket.write(noise)
  await once(socket, 'close')
}

async function secureSessions(url: string): Promise<void> {
  const { hostname, port } = new URL(url)
  for (let index = 0; index < 1_900; index += 1) {
    const socket = connectSecurely({ host: hostname, port: Number(port), rejectUnauthorized: false })
    socket.on('error', () => undefined)
    socket.write(get('/metrics'))
    socket.pause()
    if (index % 25 === 24) await pause(50)
  }
}
