import { Client, Pool } from 'undici'
import type { Millis } from '../core/time.ts'
import type { Ending } from './deadline.ts'
import { Exchange, type Asked, type HttpAnswer, NotingClient } from './http-exchange.ts'
import { LastAnswer } from './last-answer.ts'
import { names } from './names.ts'

export type { HttpAnswer } from './http-exchange.ts'

export interface HttpSettings {
  /** `ca`: PEM of the authorities that are trusted instead of the system's; `cert` and `key`: who asks. */
  readonly tls?: {
    readonly ca?: string
    readonly cert?: string
    readonly key?: string
    readonly servername?: string
  }
}

export interface HttpRequest {
  readonly headers?: Readonly<Record<string, string>>
  /** Ends the request, whatever state it is in. */
  readonly deadline: Ending
  /** Longest body that is accepted; at most 4 MiB. */
  readonly maxBytes: number
}

export interface Http {
  /**
   * Asks once, and once more on a new connection when a kept one was closed before a byte came. An answer that has status,
   * type and bytes of the last one of this URL is the same object.
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
function clientOptions({ tls: { ca, cert, key, servername } = {} }: HttpSettings): Client.Options {
  return {
    pipelining: 1,
    keepAliveTimeout: 20_000,
    keepAliveMaxTimeout: 20_000,
    maxResponseSize: LARGEST_BODY,
    // The caller's deadline ends every request; undici would set two more timers anew for each.
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
    connect: {
      timeout: 2_000,
      lookup: names.within(NAME_WITHIN),
      // Said aloud, so that NODE_TLS_REJECT_UNAUTHORIZED does not undo it.
      rejectUnauthorized: true,
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(servername !== undefined && { servername }),
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

/** What is kept of a URL from one request to the next. */
interface Place {
  readonly origin: string
  readonly host: string
  readonly path: string
  readonly pool: Pool
  /** Absent while a request reads over it. */
  last: LastAnswer | undefined
}

/** The URLs that are asked, over few connections for each origin. */
class Places {
  readonly #options: Client.Options
  readonly #pools = new Map<string, Pool>()
  readonly #places = new Map<string, Place>()

  constructor(options: Client.Options) {
    this.#options = options
  }

  of(url: string): Place {
    const known = this.#places.get(url)
    if (known !== undefined) return known
    const { origin, host, pathname, search } = new URL(url)
    const place: Place = {
      origin,
      host,
      path: `${pathname}${search}`,
      pool: this.#poolOf(origin),
      last: undefined,
    }
    this.#places.set(url, place)
    return place
  }

  forget(origin: string): void {
    const pool = this.#pools.get(origin)
    this.#pools.delete(origin)
    for (const [url, place] of this.#places) if (place.origin === origin) this.#places.delete(url)
    void pool?.destroy()
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()]
    this.#pools.clear()
    this.#places.clear()
    await Promise.all(pools.map((pool) => pool.destroy()))
  }

  #poolOf(origin: string): Pool {
    const known = this.#pools.get(origin)
    if (known !== undefined) return known
    const pool = openPool(origin, this.#options)
    this.#pools.set(origin, pool)
    // Replicas come and go: one that was not asked for as long as its connections are kept alive leaves nothing.
    pool.on('disconnect', () => this.#dropIdle(origin, pool))
    pool.on('connectionError', () => this.#dropIdle(origin, pool))
    return pool
  }

  #dropIdle(origin: string, pool: Pool): void {
    setImmediate(() => {
      const isIdle = pool.stats.size === 0 && pool.stats.connected === 0
      if (this.#pools.get(origin) === pool && isIdle) this.forget(origin)
    })
  }
}

/** A client that asks each origin over few connections of its own, follows nothing and decodes nothing. */
export function openHttp(settings: HttpSettings = {}): Http {
  const options = clientOptions(settings)
  const places = new Places(options)
  const aside = new Set<Client>()

  /** Asks on a connection that nothing else uses, and that ends with the answer. */
  async function askAside(origin: string, asked: Asked, body: LastAnswer): Promise<HttpAnswer> {
    const client = new Client(origin, options)
    aside.add(client)
    try {
      return await new Exchange(asked, body).send(client)
    } finally {
      aside.delete(client)
      void client.destroy()
    }
  }

  async function ask(place: Place, asked: Asked, body: LastAnswer): Promise<HttpAnswer> {
    const exchange = new Exchange(asked, body)
    try {
      return await exchange.send(place.pool)
    } catch (fault) {
      if (!exchange.wasLost) throw fault
      // The server closed it while the request was on its way, which proves nothing (RFC 9112, 9.3.1).
      return await askAside(place.origin, asked, body)
    } finally {
      place.last = body
    }
  }

  return {
    get(url, { headers = {}, deadline, maxBytes }) {
      const place = places.of(url)
      const { host, path, last = new LastAnswer() } = place
      place.last = undefined
      return ask(place, { host, path, headers, deadline, maxBytes: Math.min(maxBytes, LARGEST_BODY) }, last)
    },
    forget: (origin) => places.forget(origin),
    async close() {
      await Promise.all([places.close(), ...[...aside].map((client) => client.destroy())])
    },
  }
}
