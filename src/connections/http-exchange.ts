import type { IncomingHttpHeaders } from 'node:http'
import { Client, type Dispatcher } from 'undici'
import {
  failureOf,
  lateIn,
  type NetworkFailure,
  networkFailureOf,
  type Phase,
  UnavailableError,
} from '../core/network-failure.ts'
import type { Unavailable } from '../core/observation.ts'

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

/** One request and what comes of it. Holds at most `maxBytes` of a body, however it is cut into pieces. */
export class Exchange implements Dispatcher.DispatchHandler {
  /** Set by the client that is to send it. */
  connection: ConnectionState | undefined
  readonly #host: string
  readonly #maxBytes: number
  readonly #outcome = Promise.withResolvers<HttpAnswer>()
  #controller: Dispatcher.DispatchController | undefined
  #cancelled: HttpFailure | undefined
  #isReused = false
  #hasBegun = false
  #head: Omit<HttpAnswer, 'body'> | undefined
  #body: Buffer = Buffer.alloc(0)
  #size = 0

  constructor(host: string, maxBytes: number) {
    this.#host = host
    this.#maxBytes = maxBytes
  }

  /** Rejects with what the client threw, or with an HttpFailure. */
  get answer(): Promise<HttpAnswer> {
    return this.#outcome.promise
  }

  get phase(): Phase {
    if (this.#head !== undefined) return 'reading'
    return this.#controller === undefined ? 'connecting' : 'waiting'
  }

  /** Whether it was sent on a connection that had served before, and not a byte came back. */
  get wasLostOnReuse(): boolean {
    return this.#isReused && !this.#hasBegun
  }

  /** Ends it, whatever state it is in. */
  cancel(failure: HttpFailure): void {
    this.#cancelled = failure
    this.#outcome.reject(failure)
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
    this.#head = {
      status,
      contentType: headerOf(headers, 'content-type') ?? '',
      ...(status === 429 && limitIn(headers)),
    }
    if (isEncoded(headers)) this.cancel(encodedFailure(this.#host))
    // Of a refusal the body only helps to tell what it is.
    else if (status < 300 && !isDelimited(status, headers)) this.cancel(undelimitedFailure(this.#host))
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    const size = this.#size + chunk.length
    if (size > this.#maxBytes) {
      this.cancel(tooLargeFailure(this.#host, this.#maxBytes))
      return
    }
    // Copied: a piece of a few bytes would keep all that was read with it.
    if (size > this.#body.length) this.#body = grown(this.#body, size, this.#maxBytes)
    chunk.copy(this.#body, this.#size)
    this.#size = size
  }

  onResponseEnd(): void {
    if (this.#head === undefined) return
    this.#outcome.resolve({ ...this.#head, body: this.#body.toString('utf8', 0, this.#size) })
  }

  onResponseError(_: Dispatcher.DispatchController, fault: Error): void {
    this.#outcome.reject(fault)
  }
}

const FIRST_PIECE = 4 * 1024

function grown(before: Buffer, size: number, limit: number): Buffer {
  const after = Buffer.allocUnsafeSlow(Math.min(Math.max(size, 2 * before.length, FIRST_PIECE), limit))
  before.copy(after)
  return after
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

/** Of one header with a list, or of several. */
function codingsOf(header: string | readonly string[] = []): readonly string[] {
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
export function lateFailure(phase: Phase, host: string): HttpFailure {
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
