import type { IncomingHttpHeaders } from 'node:http'
import { Client, type Dispatcher, type Pool } from 'undici'
import {
  failureOf,
  lateIn,
  type NetworkFailure,
  networkFailureOf,
  type Phase,
  UnavailableError,
} from '../core/network-failure.ts'
import type { Unavailable } from '../core/observation.ts'
import type { Ending } from './deadline.ts'
import type { LastAnswer } from './last-answer.ts'

export interface HttpAnswer {
  readonly status: number
  /** As sent, empty when there was none. */
  readonly contentType: string
  readonly retryAfter?: string
  /** What is left of a rate limit, in any of the forms in use: `RateLimit`, `RateLimit-Reset`, `X-RateLimit-Reset`. */
  readonly rateLimit?: string
  readonly rateLimitReset?: string
  /** The sender's own clock, as it says it. */
  readonly date?: string
  readonly body: string
}

/** What is asked for, and within what bounds. */
export interface Asked {
  readonly host: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Ends it, whatever state it is in: undici ends neither a queued request nor a TLS handshake by a signal. */
  readonly deadline: Ending
  readonly maxBytes: number
}

/** One request and what comes of it. Holds at most `maxBytes` of a body, however it is cut into pieces. */
export class Exchange implements Dispatcher.DispatchHandler {
  /** Set by the client that is to send it. */
  connection: ConnectionState | undefined
  readonly #asked: Asked
  /** What the body is read over. */
  readonly #body: LastAnswer
  readonly #outcome = Promise.withResolvers<HttpAnswer>()
  readonly #late: () => void
  #client: Pool | Client | undefined
  #controller: Dispatcher.DispatchController | undefined
  #cancelled: HttpFailure | undefined
  #isReused = false
  #hasBegun = false
  #head: Omit<HttpAnswer, 'body'> | undefined

  constructor(asked: Asked, body: LastAnswer) {
    this.#asked = asked
    this.#body = body
    body.begin()
    this.#late = () => this.#cancel(lateFailure(this.#phase, asked.host))
  }

  /** Sends it. Rejects with an HttpFailure, or with what is no failure of the network or the peer. */
  send(client: Pool | Client): Promise<HttpAnswer> {
    const { path, headers, deadline } = this.#asked
    this.#client = client
    deadline.addEventListener('abort', this.#late, { once: true })
    if (deadline.aborted) this.#late()
    client.dispatch({ method: 'GET', path, headers }, this)
    return this.#outcome.promise
  }

  /** Whether it was sent on a connection that had served before and not a byte came back, and there is time for another. */
  get wasLost(): boolean {
    return this.#isReused && !this.#hasBegun && !this.#asked.deadline.aborted
  }

  /** A request that is queued behind others waits too. */
  get #phase(): Phase {
    if (this.#head !== undefined) return 'reading'
    return this.#controller !== undefined || isConnected(this.#client) ? 'waiting' : 'connecting'
  }

  #cancel(failure: HttpFailure): void {
    this.#cancelled = failure
    this.#fail(failure)
    this.#controller?.abort(failure)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#isReused = this.connection?.isUsed === true
    if (this.connection !== undefined) this.connection.isUsed = true
    if (this.#cancelled !== undefined) controller.abort(this.#cancelled)
  }

  onResponseStarted(): void {
    this.#hasBegun = true
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // Interim answers may come before any other (RFC 9110, 15.2).
    if (status < 200) return
    const { host } = this.#asked
    const contentType = headerOf(headers, 'content-type') ?? ''
    this.#head = status === 429 ? { status, contentType, ...limitIn(headers) } : { status, contentType }
    if (isEncoded(headers)) this.#cancel(encodedFailure(host))
    // Of a refusal the body only helps to tell what it is.
    else if (status < 300 && !isDelimited(status, headers)) this.#cancel(undelimitedFailure(host))
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    const { host, maxBytes } = this.#asked
    if (this.#body.size + chunk.length > maxBytes) this.#cancel(tooLargeFailure(host, maxBytes))
    // What comes after it was ended is of no use, and the body may be read over by another.
    else if (this.#cancelled === undefined) this.#body.add(chunk, maxBytes)
  }

  onResponseEnd(): void {
    if (this.#head === undefined || this.#cancelled !== undefined) return
    this.#rest()
    this.#outcome.resolve(this.#body.end(this.#head))
  }

  onResponseError(_: Dispatcher.DispatchController, fault: Error): void {
    const { host } = this.#asked
    const unavailable =
      fault instanceof HttpFailure ? undefined : unavailableByFault(fault, this.#phase, host)
    this.#fail(unavailable === undefined ? fault : new HttpFailure(unavailable, { cause: fault }))
  }

  #fail(fault: Error): void {
    this.#rest()
    this.#outcome.reject(fault)
  }

  #rest(): void {
    this.#asked.deadline.removeEventListener('abort', this.#late)
  }
}

function isConnected(client: Pool | Client | undefined): boolean {
  const connected = client?.stats.connected ?? false
  return typeof connected === 'number' ? connected > 0 : connected
}

/** Whether it can be seen where the body ends (RFC 9112, 6.3). */
function isDelimited(status: number, headers: IncomingHttpHeaders): boolean {
  const codings = codingsOf(headers['transfer-encoding'])
  if (codings.length > 0) return codings.at(-1) === 'chunked'
  return status === 204 || headers['content-length'] !== undefined
}

/** `identity` is no encoding, and neither is nothing: some proxies send the header empty. */
function isEncoded(headers: IncomingHttpHeaders): boolean {
  return codingsOf(headers['content-encoding']).some((coding) => coding !== '' && coding !== 'identity')
}

const NONE: readonly string[] = []

/** Of one header with a list, or of several. */
function codingsOf(header: string | readonly string[] | undefined): readonly string[] {
  if (header === undefined) return NONE
  const values: readonly string[] = typeof header === 'string' ? [header] : header
  return values.flatMap((value) => value.split(',')).map((coding) => coding.trim().toLowerCase())
}

/** What a refusal says about when to ask again. */
function limitIn(headers: IncomingHttpHeaders): Partial<HttpAnswer> {
  const retryAfter = headerOf(headers, 'retry-after')
  const rateLimit = headerOf(headers, 'ratelimit')
  const rateLimitReset = headerOf(headers, 'ratelimit-reset') ?? headerOf(headers, 'x-ratelimit-reset')
  const date = headerOf(headers, 'date')
  return {
    ...(retryAfter !== undefined && { retryAfter }),
    ...(rateLimit !== undefined && { rateLimit }),
    ...(rateLimitReset !== undefined && { rateLimitReset }),
    ...(date !== undefined && { date }),
  }
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** Of the one connection that a client has. */
interface ConnectionState {
  /** Whether a request was sent on it. */
  isUsed: boolean
}

/** A client that tells each exchange what became of its connection before. */
export class NotingClient extends Client {
  readonly #connection: ConnectionState = { isUsed: false }

  constructor(origin: URL | string, options: Client.Options) {
    super(origin, options)
    this.on('connect', () => (this.#connection.isUsed = false))
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (handler instanceof Exchange) handler.connection = this.#connection
    return super.dispatch(options, handler)
  }
}

/** A request that brought no answer to judge. `message` begins with the host, so a reader knows which server failed. */
export class HttpFailure extends UnavailableError {
  override readonly name = 'HttpFailure'
}

/**
 * Why a request to `host` brought no answer, from what the client threw; undefined when that is no failure of the
 * network or the peer, but a fault of ours.
 */
export function unavailableByFault(fault: unknown, phase: Phase, host: string): Unavailable | undefined {
  const failure = networkFailureOf(fault, phase)
  return failure && saidOf(host, failure)
}

/** The host comes first. What fixes the network depends on the server, what fixes TLS does not. */
function saidOf(host: string, { unknownReason, reason, says, fix, tls }: NetworkFailure): Unavailable {
  return { unknownReason, reason, message: `${host} ${says}${tls === undefined ? '' : `: ${fix}`}` }
}

/** The failure of a request that was still under way at its deadline. */
function lateFailure(phase: Phase, host: string): HttpFailure {
  return new HttpFailure(saidOf(host, lateIn(phase)))
}

/** The failure of an answer of more than `maxBytes`. */
function tooLargeFailure(host: string, maxBytes: number): HttpFailure {
  const { message, ...codes } = saidOf(host, failureOf('tooLarge'))
  return new HttpFailure({ ...codes, message: `${message} (${maxBytes} bytes)` })
}

/** The failure of an answer that came compressed, although nothing of the kind was asked for. */
function encodedFailure(host: string): HttpFailure {
  const message = `${host} answers with an encoded body, which was not asked for; it was not read`
  return new HttpFailure({ unknownReason: 'malformed', reason: 'body_encoded', message })
}

/** The failure of an answer that ends where the connection does, so that a part of it looks like all of it. */
function undelimitedFailure(host: string): HttpFailure {
  const message = `${host} answers with neither a length nor chunks, so that its answer cannot be known to be whole`
  return new HttpFailure({ unknownReason: 'malformed', reason: 'body_undelimited', message })
}
