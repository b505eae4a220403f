import { Client, Pool } from 'undici'
import type { Millis } from '../core/time.ts'
import {
  Exchange,
  type HttpAnswer,
  HttpFailure,
  lateFailure,
  NotingClient,
  unavailableByFault,
} from './http-exchange.ts'
import type { Phase } from '../core/network-failure.ts'
import { names } from './names.ts'

export type { HttpAnswer } from './http-exchange.ts'

export interface HttpSettings {
  /** `ca`: PEM of the authorities that are trusted instead of the system's. */
  readonly tls?: { readonly ca?: string }
}

export interface HttpRequest {
  readonly headers?: Readonly<Record<string, string>>
  /** Ends the request, whatever state it is in. */
  readonly deadline: AbortSignal
  /** Longest body that is accepted; at most 4 MiB. */
  readonly maxBytes: number
}

export interface Http {
  /**
   * Asks once, and once more on a new connection when a kept one was closed before a byte came.
   * @throws HttpFailure when there is no whole answer; the status is for the caller to judge, redirects included
   */
  get(url: string, request: HttpRequest): Promise<HttpAnswer>
  /** Closes the connections to an origin that is not needed any more. */
  forget(origin: string): void
  close(): Promise<void>
}

/** No answer may be longer than this, whatever a caller accepts. */
const LARGEST_BODY = 4 * 1024 * 1024

/** Less than the shortest deadline of an attempt, so that the failure names the name. */
const NAME_WITHIN: Millis = 450

/** Of each connection. */
function clientOptions({ tls }: HttpSettings): Client.Options {
  return {
    pipelining: 1,
    keepAliveTimeout: 20_000,
    keepAliveMaxTimeout: 20_000,
    maxResponseSize: LARGEST_BODY,
    // A net below the caller's deadline. undici 8 rounds these up by as much as a second.
    headersTimeout: 60_000,
    bodyTimeout: 10_000,
    allowH2: false,
    connect: {
      timeout: 2_000,
      lookup: names.within(NAME_WITHIN),
      // Said aloud, so that NODE_TLS_REJECT_UNAUTHORIZED does not undo it.
      rejectUnauthorized: true,
      ...(tls?.ca !== undefined && { ca: tls.ca }),
    },
  }
}

function openPool(origin: string, options: Client.Options): Pool {
  return new Pool(origin, {
    ...options,
    // Two probes may ask one replica at the same time; neither may queue behind the other.
    connections: 2,
    factory: (url, prepared) => new NotingClient(url, prepared),
  })
}

/** A client that asks each origin over few connections of its own, follows nothing and decodes nothing. */
export function openHttp(settings: HttpSettings = {}): Http {
  const options = clientOptions(settings)
  const pools = new Map<string, Pool>()
  const aside = new Set<Client>()

  function poolOf(origin: string): Pool {
    const known = pools.get(origin)
    if (known !== undefined) return known
    const pool = openPool(origin, options)
    pools.set(origin, pool)
    // Replicas come and go: one that was not asked for as long as its connections are kept alive leaves nothing.
    pool.on('disconnect', () => dropIdle(origin, pool))
    pool.on('connectionError', () => dropIdle(origin, pool))
    return pool
  }

  function dropIdle(origin: string, pool: Pool): void {
    setImmediate(() => {
      if (pools.get(origin) === pool && pool.stats.size === 0 && pool.stats.connected === 0) forget(origin)
    })
  }

  function forget(origin: string): void {
    const pool = pools.get(origin)
    pools.delete(origin)
    void pool?.destroy()
  }

  /** Asks on a connection that nothing else uses, and that ends with the answer. */
  async function askAside(url: URL, request: HttpRequest): Promise<HttpAnswer> {
    const client = new Client(url.origin, options)
    aside.add(client)
    try {
      return await exchange(client, url, request).answer
    } finally {
      aside.delete(client)
      void client.destroy()
    }
  }

  async function ask(pool: Pool, url: URL, request: HttpRequest): Promise<HttpAnswer> {
    const { answer, wasLost } = exchange(pool, url, request)
    try {
      return await answer
    } catch (fault) {
      if (!wasLost()) throw fault
      // The server closed it while the request was on its way, which proves nothing (RFC 9112, 9.3.1).
      return askAside(url, request)
    }
  }

  return {
    get(url, request) {
      const parsed = new URL(url)
      return ask(poolOf(parsed.origin), parsed, request)
    },
    forget,
    async close() {
      const open = [...pools.values(), ...aside]
      pools.clear()
      await Promise.all(open.map((client) => client.destroy()))
    },
  }
}

/**
 * One request. Its deadline is watched here: undici ends neither a queued request nor a TLS handshake by a signal.
 * `answer` rejects with an HttpFailure; `wasLost` says then whether it may be sent once more.
 */
function exchange(client: Pool | Client, url: URL, { headers = {}, deadline, maxBytes }: HttpRequest) {
  const own = new Exchange(url.host, Math.min(maxBytes, LARGEST_BODY))
  const onAbort = () => own.cancel(lateFailure(phaseOf(own, client), url.host))
  deadline.addEventListener('abort', onAbort, { once: true })
  if (deadline.aborted) onAbort()
  const path = `${url.pathname}${url.search}`
  client.dispatch({ method: 'GET', path, headers: { ...headers } }, own)
  const answer = own.answer
    .catch((fault: unknown) => {
      throw failureFrom(fault, phaseOf(own, client), url.host)
    })
    .finally(() => deadline.removeEventListener('abort', onAbort))
  return { answer, wasLost: () => own.wasLostOnReuse && !deadline.aborted }
}

/** A request that is queued behind others waits too. */
function phaseOf({ phase }: Exchange, { stats }: Pool | Client): Phase {
  if (phase !== 'connecting') return phase
  const isConnected = typeof stats.connected === 'number' ? stats.connected > 0 : stats.connected
  return isConnected ? 'waiting' : 'connecting'
}

function failureFrom(fault: unknown, phase: Phase, host: string): unknown {
  if (fault instanceof HttpFailure) return fault
  const unavailable = unavailableByFault(fault, phase, host)
  return unavailable === undefined ? fault : new HttpFailure(unavailable, { cause: fault })
}
