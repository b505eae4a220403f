import { errors } from 'undici'
import type { Unavailable, UnknownReason } from '../core/observation.ts'
import { tlsFaultOf, tlsWords, type TlsFault } from '../core/tls-fault.ts'

/** How far a request had come when it failed. */
export type Phase = 'connecting' | 'waiting' | 'reading'

/** A request that brought no answer to judge. `message` begins with the host, so a reader knows who was asked. */
export class HttpFailure extends Error implements Unavailable {
  override readonly name = 'HttpFailure'
  readonly unknownReason: UnknownReason
  readonly reason: string

  constructor({ unknownReason, reason, message }: Unavailable, options?: ErrorOptions) {
    super(message, options)
    this.unknownReason = unknownReason
    this.reason = reason
  }
}

type Kind = readonly [unknownReason: UnknownReason, reason: string, says: string]

const timedOut: Readonly<Record<Phase, Kind>> = {
  connecting: ['timeout', 'timeout', 'did not accept a connection in time'],
  waiting: ['timeout', 'timeout', 'accepted the request and did not answer in time'],
  reading: ['timeout', 'timeout', 'began to answer and did not finish in time'],
}

const refused: Kind = ['unreachable', 'connection_refused', 'refused the connection']
const reset: Kind = ['unreachable', 'connection_reset', 'reset the connection']
const closed: Kind = ['unreachable', 'connection_closed', 'closed the connection without an answer']
const truncated: Kind = ['malformed', 'body_truncated', 'closed the connection amid its answer']
const cancelled: Kind = ['unreachable', 'request_cancelled', 'was no longer asked']
const noRoute: Kind = ['unreachable', 'no_route', 'cannot be routed to']
const noName: Kind = ['unreachable', 'name_not_found', 'has a name that does not resolve']
const tooLarge: Kind = ['malformed', 'body_too_large', 'answers with more than is accepted']
const notHttp: Kind = ['malformed', 'not_http', 'does not speak HTTP as expected']
const interim: Kind = [
  'malformed',
  'interim_answer',
  'answers 100 or 101 first, which is only for a request that asks for it',
]
/** Reason codes of what is wrong with TLS; every other fault is `tls_failed`, and its words say what fixes it. */
const tlsReasons: Partial<Readonly<Record<TlsFault, string>>> = {
  wrong_name: 'tls_wrong_host',
  expired: 'tls_expired',
  not_yet_valid: 'tls_expired',
  untrusted: 'tls_not_trusted',
  revoked: 'tls_not_trusted',
  unusable: 'tls_not_trusted',
}

function tlsKind(fault: TlsFault): Kind {
  const { says, fix } = tlsWords[fault]
  const reason = tlsReasons[fault]
  return reason === undefined
    ? ['unreachable', 'tls_failed', `${says}: ${fix}`]
    : ['unreachable', reason, says]
}

/** Codes of Node's, and of undici 8; `core/tls-fault.ts` has those of TLS. */
const kinds: Readonly<Record<string, Kind>> = {
  ECONNREFUSED: refused,
  UND_ERR_DESTROYED: cancelled,
  UND_ERR_CLOSED: cancelled,
  UND_ERR_ABORTED: cancelled,
  ECONNRESET: reset,
  EPIPE: reset,
  ECONNABORTED: reset,
  EHOSTUNREACH: noRoute,
  ENETUNREACH: noRoute,
  EHOSTDOWN: noRoute,
  EADDRNOTAVAIL: noRoute,
  EACCES: noRoute,
  EPERM: noRoute,
  ENOTFOUND: noName,
  ENODATA: noName,
  EAI_AGAIN: ['unreachable', 'name_server_unreachable', 'has a name that no name server resolves now'],
  ETIMEDOUT: timedOut.connecting,
  UND_ERR_CONNECT_TIMEOUT: timedOut.connecting,
  UND_ERR_HEADERS_TIMEOUT: timedOut.waiting,
  UND_ERR_BODY_TIMEOUT: timedOut.reading,
  UND_ERR_RES_EXCEEDED_MAX_SIZE: tooLarge,
  UND_ERR_HEADERS_OVERFLOW: ['malformed', 'headers_too_large', 'answers with too many header bytes'],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: truncated,
}

/**
 * Why a request to `host` brought no answer, from what the client threw; undefined when that is no failure of the
 * network or the peer, but a fault of ours.
 */
export function unavailableByFault(fault: unknown, phase: Phase, host: string): Unavailable | undefined {
  if (isInterim(fault)) return whyUnavailable(interim, host)
  const code = codeOf(fault)
  const kind = code === undefined ? kindWithoutCode(fault) : kindOf(code, phase, messageOf(fault))
  return kind && whyUnavailable(kind, host)
}

function whyUnavailable([unknownReason, reason, says]: Kind, host: string): Unavailable {
  return { unknownReason, reason, message: `${host} ${says}` }
}

// undici ends the connection itself then, with the code of a connection that the peer closed.
function isInterim(fault: unknown): boolean {
  return fault instanceof errors.SocketError && /^bad (?:response|upgrade)$/.test(fault.message)
}

function kindOf(code: string, phase: Phase, message: string): Kind | undefined {
  if (Object.hasOwn(kinds, code)) return kinds[code]
  // The peer ended the connection in an orderly way, but too early.
  if (code === 'UND_ERR_SOCKET') return phase === 'reading' ? truncated : closed
  const tls = tlsFaultOf(code, message)
  if (tls !== undefined) return tlsKind(tls)
  if (code === 'HPE_INVALID_EOF_STATE') return truncated
  if (code.startsWith('HPE_')) return notHttp
  // Any other error of the operating system.
  return /^E[A-Z0-9]+$/.test(code)
    ? ['unreachable', 'connection_failed', `cannot be reached (${code})`]
    : undefined
}

// The HTTP parser of undici gives some of its errors no code.
function kindWithoutCode(fault: unknown): Kind | undefined {
  return fault instanceof errors.HTTPParserError ? notHttp : undefined
}

/** Of what undici wraps, or of what it threw. */
function messageOf(fault: unknown): string {
  if (!(fault instanceof Error)) return ''
  return fault.cause instanceof Error ? fault.cause.message : fault.message
}

// undici wraps what a socket says, and Node what several addresses of one name say.
function codeOf(fault: unknown): string | undefined {
  if (!(fault instanceof Error)) return undefined
  const { cause } = fault
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code
  return 'code' in fault && typeof fault.code === 'string' ? fault.code : undefined
}

/** The failure of a request that was still under way at its deadline. */
export function lateFailure(phase: Phase, host: string): HttpFailure {
  return new HttpFailure(whyUnavailable(timedOut[phase], host))
}

/** The failure of an answer of more than `maxBytes`. */
export function tooLargeFailure(host: string, maxBytes: number): HttpFailure {
  const [unknownReason, reason, says] = tooLarge
  return new HttpFailure({ unknownReason, reason, message: `${host} ${says} (${maxBytes} bytes)` })
}

/** The failure of an answer that came compressed, although nothing of the kind was asked for. */
export function encodedFailure(host: string): HttpFailure {
  const message = `${host} answers with an encoded body, which nobody asked for; it was not read`
  return new HttpFailure({ unknownReason: 'malformed', reason: 'body_encoded', message })
}

/** The failure of an answer that ends where the connection does, so that a part of it looks like all of it. */
export function undelimitedFailure(host: string): HttpFailure {
  const message = `${host} answers with neither a length nor chunks, so that its answer cannot be known to be whole`
  return new HttpFailure({ unknownReason: 'malformed', reason: 'body_undelimited', message })
}
