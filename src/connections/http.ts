import type { IncomingHttpHeaders } from 'node:http'
import { Pool, type Dispatcher } from 'undici'
import type { Millis } from '../core/time.ts'
import { blindnessOfFault, encodedFailure, HttpFailure } from './http-failure.ts'
import { lateFailure, tooLargeFailure, type Phase } from './http-failure.ts'
import { names } from './names.ts'

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

export interface HttpAnswer {
  readonly status: number
  /** As sent, empty when there was none. */
  readonly contentType: string
  readonly retryAfter?: string
  readonly body: string
}

export interface Http {
  /** @throws HttpFailure when there is no whole answer; the status is for the caller to judge, redirects included */
  get(url: string, request: HttpRequest): Promise<HttpAnswer>
  /** Closes the connections to an origin that nobody needs any more. */
  forget(origin: string): void
  close(): Promise<void>
}

/** No answer may be longer than this, whatever a caller accepts. */
const LARGEST_BODY = 4 * 1024 * 1024

/** Less than the shortest deadline of a look, so that the name is told as what is missing. */
const NAME_WITHIN: Millis = 450

function openPool(origin: string, { tls }: HttpSettings): Pool {
  return new Pool(origin, {
    // Two kinds of look may ask one replica at the same time; neither may queue behind the other.
    connections: 2,
    pipelining: 1,
    keepAliveTimeout: 20_000,
    keepAliveMaxTimeout: 20_000,
    maxResponseSize: LARGEST_BODY,
    // A net below the caller's deadline. undici 8 rounds these up by as much as a second.
    headersTimeout: 10_000,
    bodyTimeout: 10_000,
    allowH2: false,
    connect: {
      timeout: 2_000,
      lookup: names.within(NAME_WITHIN),
      // Said aloud, so that NODE_TLS_REJECT_UNAUTHORIZED does not undo it.
      rejectUnauthorized: true,
      ...(tls?.ca !== undefined && { ca: tls.ca }),
    },
  })
}

/** A client that asks each origin over few connections of its own, follows nothing and decodes nothing. */
export function openHttp(settings: HttpSettings = {}): Http {
  const pools = new Map<string, Pool>()

  function poolOf(origin: string): Pool {
    const known = pools.get(origin)
    if (known !== undefined) return known
    const pool = openPool(origin, settings)
    pools.set(origin, pool)
    // Replicas come and go: one that nobody asked for as long as its connections are kept alive leaves nothing.
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

  return {
    get(url, request) {
      const parsed = new URL(url)
      return ask(poolOf(parsed.origin), parsed, request)
    },
    forget,
    async close() {
      const open = [...pools.values()]
      pools.clear()
      await Promise.all(open.map((pool) => pool.destroy()))
    },
  }
}

/** Races the request against its deadline: undici ends neither a queued request nor a TLS handshake by a signal. */
async function ask(pool: Pool, url: URL, request: HttpRequest): Promise<HttpAnswer> {
  const { deadline } = request
  const progress = { answered: false }
  function phase(): Phase {
    return progress.answered ? 'reading' : pool.stats.connected > 0 ? 'waiting' : 'connecting'
  }
  const late = Promise.withResolvers<never>()
  const onAbort = () => late.reject(lateFailure(phase(), url.host))
  // Registered before undici's own listener, which would end what the phase is read from.
  deadline.addEventListener('abort', onAbort, { once: true })
  if (deadline.aborted) onAbort()
  try {
    return await Promise.race([late.promise, exchange(pool, url, request, progress)])
  } catch (fault) {
    const blindness = fault instanceof HttpFailure ? undefined : blindnessOfFault(fault, phase(), url.host)
    throw blindness === undefined ? fault : new HttpFailure(blindness, { cause: fault })
  } finally {
    deadline.removeEventListener('abort', onAbort)
  }
}

async function exchange(
  pool: Pool,
  url: URL,
  { headers = {}, deadline, maxBytes }: HttpRequest,
  progress: { answered: boolean },
): Promise<HttpAnswer> {
  const path = `${url.pathname}${url.search}`
  const answer = await pool.request({ method: 'GET', path, headers: { ...headers }, signal: deadline })
  progress.answered = true
  const { statusCode: status, body } = answer
  // A body that is destroyed says so by an error event, which must not become an uncaught one.
  body.on('error', () => {})
  const encoding = headerOf(answer.headers, 'content-encoding') ?? 'identity'
  if (encoding.toLowerCase() !== 'identity') {
    body.destroy()
    throw encodedFailure(url.host)
  }
  const text = await readBody(body, Math.min(maxBytes, LARGEST_BODY), url.host)
  const contentType = headerOf(answer.headers, 'content-type') ?? ''
  const retryAfter = headerOf(answer.headers, 'retry-after')
  return { status, contentType, body: text, ...(retryAfter !== undefined && { retryAfter }) }
}

type Body = Dispatcher.ResponseData['body']

/** Reads at most `maxBytes`; leaving the loop early destroys the body and with it the connection. */
async function readBody(body: Body, maxBytes: number, host: string): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw tooLargeFailure(host, maxBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}
