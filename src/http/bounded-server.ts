import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { SECOND, type Millis } from '../core/time.ts'
import { boundConnections, connectionLimit } from './connections.ts'
import { operations } from './operations.ts'
import type { Instruments } from './instruments.ts'
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

/** A server that bounds what clients may make it hold, before anything of a request is looked at. */
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
