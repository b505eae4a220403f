import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { gzipSync } from 'node:zlib'
import type { Identity } from '../../rig/certificate-authority.ts'

export interface ReceivedRequest {
  readonly method: string
  /** Path and query exactly as sent. */
  readonly path: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
}

/** What a server does with a request; it has the bare socket, so it can do everything wrong. */
export type Behaviour = (socket: Socket, request: ReceivedRequest) => void

export interface MisbehavingServer {
  readonly port: number
  readonly url: string
  readonly requests: readonly ReceivedRequest[]
  /** What was written to all sockets so far, in bytes. */
  bytesSent(): number
  /** Connections that are open now. */
  connections(): number
  behave(behaviour: Behaviour): void
  close(): Promise<void>
}

export interface ServerOptions {
  readonly port?: number
  /** Serves https under the name `localhost`. */
  readonly tls?: Identity
}

/** Listens on 127.0.0.1; port 0 takes a free one. */
export async function misbehavingServer(
  first: Behaviour,
  { port: wanted = 0, tls }: ServerOptions = {},
): Promise<MisbehavingServer> {
  let behaviour = first
  let sent = 0
  const requests: ReceivedRequest[] = []
  const sockets = new Set<Socket>()
  function onConnection(socket: Socket): void {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      sent += socket.bytesWritten
      sockets.delete(socket)
    })
    onRequest(socket, (request) => {
      requests.push(request)
      behaviour(socket, request)
    })
  }
  const server: Server =
    tls === undefined ? createServer(onConnection) : createTlsServer({ ...tls }, onConnection)
  // A handshake that fails or never ends leaves a bare socket behind.
  const bare = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    bare.add(socket)
    socket.on('close', () => bare.delete(socket))
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(wanted, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    requests,
    bytesSent: () => [...sockets].reduce((sum, socket) => sum + socket.bytesWritten, sent),
    connections: () => sockets.size,
    behave(next) {
      behaviour = next
    },
    async close() {
      for (const socket of [...sockets, ...bare]) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function onRequest(socket: Socket, handle: (request: ReceivedRequest) => void): void {
  let pending = ''
  socket.on('data', (chunk: Buffer) => {
    pending += chunk.toString('latin1')
    for (let end = pending.indexOf('\r\n\r\n'); end !== -1; end = pending.indexOf('\r\n\r\n')) {
      const [start = '', ...lines] = pending.slice(0, end).split('\r\n')
      pending = pending.slice(end + 4)
      const [method = '', path = ''] = start.split(' ')
      const headers = Object.fromEntries(lines.map((line) => headerFrom(line)))
      handle({ method, path, headers })
    }
  })
}

function headerFrom(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
}

export interface Said {
  readonly status?: number
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

function headOf({ status = 200, type = 'application/json', headers = {} }: Said, length?: number): string {
  const all = {
    'content-type': type,
    ...(length === undefined ? { 'transfer-encoding': 'chunked' } : { 'content-length': `${length}` }),
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} Whatever\r\n${lines.join('')}\r\n`
}

/** Answers properly; what it says may be wrong enough. */
export function says(said: Said): Behaviour {
  const body = Buffer.from(said.body ?? '')
  return (socket) => socket.write(Buffer.concat([Buffer.from(headOf(said, body.length)), body]))
}

export function saysJson(status: number, body: unknown, headers: Said['headers'] = {}): Behaviour {
  return says({ status, headers, body: JSON.stringify(body) })
}

/** A body of as many bytes as anybody takes, up to 2 GiB. */
export function endlessBody(options: { readonly declared: boolean }): Behaviour {
  const total = 2 * 1024 ** 3
  const piece = Buffer.alloc(64 * 1024, 'a')
  return (socket) => {
    let left = total
    socket.write(headOf({}, options.declared ? total : undefined))
    function pump(): void {
      while (left > 0 && !socket.destroyed) {
        left -= piece.length
        if (!options.declared) socket.write(`${piece.length.toString(16)}\r\n`)
        const more = socket.write(piece)
        if (!options.declared) socket.write('\r\n')
        if (!more) return
      }
    }
    socket.on('drain', pump)
    pump()
  }
}

/** Sends one byte of a body a second. */
export const dripping: Behaviour = (socket) => {
  socket.write(headOf({}, 1_000))
  const timer = setInterval(() => socket.write(' '), 1_000)
  socket.on('close', () => clearInterval(timer))
}

/** 100 MB of zeros in 100 kB, which nobody asked to be compressed. */
export function gzipBomb(): Behaviour {
  const body = gzipSync(Buffer.alloc(100 * 1024 * 1024))
  return says({ headers: { 'content-encoding': 'gzip' }, body })
}

export const resetBeforeHeaders: Behaviour = (socket) => socket.resetAndDestroy()

export const resetAmidBody: Behaviour = (socket) => {
  socket.write(`${headOf({}, 1_000)}{"ok":`, () => setTimeout(() => socket.resetAndDestroy(), 20))
}

export const closedBeforeHeaders: Behaviour = (socket) => socket.end()

export const closedAmidBody: Behaviour = (socket) => socket.end(`${headOf({}, 1_000)}{"ok":`)

export const closedAmidChunks: Behaviour = (socket) => socket.end(`${headOf({})}6\r\n{"ok":\r\n`)

export const hanging: Behaviour = () => {}

export const notHttp: Behaviour = (socket) => socket.write('SSH-2.0-OpenSSH_9.2p1\r\n')

export const hugeHeaders: Behaviour = (socket) =>
  socket.write(headOf({ headers: { 'x-filler': 'a'.repeat(1024 * 1024) } }, 0))
