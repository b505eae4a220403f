import {
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
  createServer,
} from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Socket } from 'node:net'
import { type Millis, SECOND } from '../core/time.ts'
import type { Instruments } from './instruments.ts'
import { operations } from './operations.ts'
import { inTurns } from './turns.ts'

export interface ServerBounds {
  /** PEM texts; plain HTTP without them. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** Connections at once. */
  readonly connections?: number
}

/** Time in which a client must have said what it wants, from its connection on. */
const HEADERS_TIMEOUT: Millis = 10 * SECOND
/** Fields of a request that are kept; real ones have a dozen. Each costs more memory than its text. */
const FIELDS = 100

const patience = {
  headersTimeout: HEADERS_TIMEOUT,
  // Time in which a request must have arrived; waiting for its answer does not count.
  requestTimeout: 20 * SECOND,
  keepAliveTimeout: 72 * SECOND,
  connectionsCheckingInterval: 2 * SECOND,
  // Checked with the other hosts, so that a request without one is answered in its turn.
  requireHostHeader: false,
}

/** A server that bounds what clients may make it hold, before it reads a request. */
export function boundedServer(
  answer: RequestListener,
  options: ServerBounds,
  instruments: Pick<Instruments, 'refused'>,
): Server {
  const { tls, connections = connectionLimit } = options
  const server: Server =
    tls === undefined
      ? createServer(patience)
      : createSecureServer({ ...tls, ...patience, handshakeTimeout: HEADERS_TIMEOUT })
  server.maxHeadersCount = FIELDS
  const owe = boundConnections(server, {
    limit: connections,
    secure: tls !== undefined,
    onRefused: () => instruments.refused('connections'),
  })
  const { connected, take } = inTurns(answer, {
    urgent: isHealthCheck,
    onTurn: owe,
    onCut: (kind) => instruments.refused(kind),
  })
  server.on(tls === undefined ? 'connection' : 'secureConnection', connected)
  server.on('request', take)
  server.on('checkContinue', (request, response) => {
    response.writeContinue()
    take(request, response)
  })
  // What a client expects besides may be left unheard.
  server.on('checkExpectation', take)
  return server
}

const health: ReadonlySet<string> = new Set(
  operations.filter(({ id }) => id === 'healthz' || id === 'readyz').map(({ path }) => path),
)

function isHealthCheck({ url = '' }: IncomingMessage): boolean {
  return health.has(url)
}

interface Connection {
  readonly socket: Socket
  /** Requests that have arrived as a whole and that we have not answered: the client may count on us. */
  owed: number
  served: boolean
}

/**
 * Connections at once: all that may wait and listen, and as many again for short requests. More would take descriptors
 * from the probes of Redis and Postgres.
 */
const connectionLimit = 2_000

const words = 'As many clients are connected as may be.\n'
const refusal = [
  'HTTP/1.1 503 Service Unavailable',
  'content-type: text/plain; charset=utf-8',
  `content-length: ${words.length}`,
  'retry-after: 5',
  'connection: close',
  '',
  words,
].join('\r\n')

interface Bounds {
  readonly limit: number
  /** Whether clients speak TLS, in which we have no words before their handshake. */
  readonly secure: boolean
  readonly onRefused: () => void
}

/** Called with each request whose turn has come, so that its connection is kept until it is answered. */
export type Owing = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Bounds the connections of a server. One too many takes the place of the connection that has been without a request
 * for longest, so that a crowd of idle or half-spoken ones keeps out neither a health check nor a scrape. Only when we
 * owe everybody an answer it is turned away itself.
 */
function boundConnections(server: Server, { limit, secure, onRefused }: Bounds): Owing {
  // By remote address, because a request over TLS comes by another socket than its connection.
  const all = new Map<string, Connection>()
  const idle = new Set<Connection>()

  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket)
    if (name === undefined) return
    const connection: Connection = { socket, owed: 0, served: false }
    if (all.size >= limit) {
      onRefused()
      const [victim = connection] = idle
      turnAway(victim, secure)
      if (victim === connection) return
      forget(nameOf(victim.socket), victim)
    }
    all.set(name, connection)
    idle.add(connection)
    socket.once('close', () => forget(name, connection))
  })

  function forget(name: string | undefined, connection: Connection): void {
    idle.delete(connection)
    if (name !== undefined && all.get(name) === connection) all.delete(name)
  }

  return (request, response) => {
    const connection = all.get(nameOf(request.socket) ?? '')
    if (connection !== undefined) owe(connection, request, response, idle)
  }
}

function owe(
  connection: Connection,
  request: IncomingMessage,
  response: ServerResponse,
  idle: Set<Connection>,
): void {
  let state: 'arriving' | 'owed' | 'settled' = 'arriving'
  function arrived(): void {
    if (state !== 'arriving') return
    state = 'owed'
    connection.owed++
    idle.delete(connection)
  }
  function settle(): void {
    if (state === 'owed') connection.owed--
    state = 'settled'
    connection.served = true
    if (connection.owed > 0 || connection.socket.destroyed) return
    idle.delete(connection)
    idle.add(connection)
  }
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
  if (length === undefined && encoding === undefined) arrived()
  else request.once('end', arrived)
  response.once('prefinish', settle)
  response.once('close', settle)
}

function nameOf({ remoteAddress, remotePort }: Socket): string | undefined {
  return remoteAddress === undefined ? undefined : `${remoteAddress} ${remotePort}`
}

/** Says why, to those who have not heard of us yet; where all is quiet, a client takes words for its next answer. */
function turnAway({ socket, served }: Connection, secure: boolean): void {
  if (served || secure) return void socket.destroy()
  socket.end(refusal)
  socket.destroySoon()
}
