import type { Unavailable, UnknownReason } from './observation.ts'
import { codeOf } from './text.ts'
import { tlsFaultOf, tlsWords, type TlsFault } from './tls-fault.ts'

/** Why a server gave no answer, as every client of the exporter, the doctor and the command line say it. */
export interface NetworkFailure {
  readonly fault: NetworkFault | 'tls'
  readonly unknownReason: UnknownReason
  /** Reason code of a request over HTTP; the stores have codes of their own for the same faults. */
  readonly reason: string
  /** What the server does, as a predicate. */
  readonly says: string
  /** What the reader checks or changes, as an imperative; empty where there is nothing to do. */
  readonly fix: string
  /** Present for a fault of TLS. */
  readonly tls?: TlsFault
}

/** How far a request had come when it failed. */
export type Phase = 'connecting' | 'waiting' | 'reading'

const checkPolicy = 'check that a NetworkPolicy lets the exporter reach it'

const table = {
  refused: [
    'unreachable',
    'connection_refused',
    'refused the connection',
    'check that it runs, and that its address is right',
  ],
  reset: [
    'unreachable',
    'connection_reset',
    'reset the connection',
    'check its log, and whether it requires TLS',
  ],
  closed: ['unreachable', 'connection_closed', 'closed the connection without an answer', 'check its log'],
  truncated: ['malformed', 'body_truncated', 'closed the connection amid its answer', 'check its log'],
  cancelled: ['unreachable', 'request_cancelled', 'was no longer asked', ''],
  noRoute: ['unreachable', 'no_route', 'cannot be routed to', checkPolicy],
  noName: [
    'unreachable',
    'name_not_found',
    'has a name that does not resolve',
    'correct its address, or check the name server',
  ],
  noNameServer: [
    'unreachable',
    'name_server_unreachable',
    'has a name that no name server resolves now',
    'check that a NetworkPolicy lets the exporter reach the name server',
  ],
  notConnected: ['timeout', 'timeout', 'did not accept a connection in time', checkPolicy],
  notAnswered: [
    'timeout',
    'timeout',
    'did not answer in time',
    'check that it runs and is not overloaded, and that a NetworkPolicy lets the exporter reach it',
  ],
  notFinished: [
    'timeout',
    'timeout',
    'began to answer and did not finish in time',
    'check that it is not overloaded',
  ],
  tooLarge: ['malformed', 'body_too_large', 'answers with more than is accepted', 'check its address'],
  headersTooLarge: [
    'malformed',
    'headers_too_large',
    'answers with too many header bytes',
    'check its address',
  ],
  interim: [
    'malformed',
    'interim_answer',
    'answers 100 or 101 first, which is only for a request that asks for it',
    'check its address',
  ],
  notHttp: ['malformed', 'not_http', 'does not speak HTTP as expected', 'check its address'],
  failed: ['unreachable', 'connection_failed', 'cannot be reached', checkPolicy],
} as const

/** What can happen to a connection, whatever protocol it carries; TLS has faults of its own. */
export type NetworkFault = keyof typeof table
export const networkFaults = Object.keys(table) as readonly NetworkFault[]

/** Codes of Node's, and of undici 8; `tls-fault.ts` has those of TLS. */
const faults: Readonly<Record<string, NetworkFault>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  EHOSTUNREACH: 'noRoute',
  ENETUNREACH: 'noRoute',
  EHOSTDOWN: 'noRoute',
  EADDRNOTAVAIL: 'noRoute',
  EACCES: 'noRoute',
  EPERM: 'noRoute',
  ENOTFOUND: 'noName',
  ENODATA: 'noName',
  EAI_AGAIN: 'noNameServer',
  ETIMEDOUT: 'notConnected',
  UND_ERR_DESTROYED: 'cancelled',
  UND_ERR_CLOSED: 'cancelled',
  UND_ERR_ABORTED: 'cancelled',
  UND_ERR_CONNECT_TIMEOUT: 'notConnected',
  UND_ERR_HEADERS_TIMEOUT: 'notAnswered',
  UND_ERR_BODY_TIMEOUT: 'notFinished',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'tooLarge',
  UND_ERR_HEADERS_OVERFLOW: 'headersTooLarge',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'truncated',
  HPE_INVALID_EOF_STATE: 'truncated',
}

/** Reason codes of TLS; a fault that has none here is `tls_failed`. */
const tlsReasons: Partial<Readonly<Record<TlsFault, string>>> = {
  wrong_name: 'tls_wrong_host',
  expired: 'tls_expired',
  not_yet_valid: 'tls_expired',
  untrusted: 'tls_not_trusted',
  revoked: 'tls_not_trusted',
  unusable: 'tls_not_trusted',
}

/** A fault as a failure. */
export function failureOf(fault: NetworkFault): NetworkFailure {
  const [unknownReason, reason, says, fix] = table[fault]
  return { fault, unknownReason, reason, says, fix }
}

const late: Readonly<Record<Phase, NetworkFault>> = {
  connecting: 'notConnected',
  waiting: 'notAnswered',
  reading: 'notFinished',
}

/** The failure of a request that was still under way at its deadline. */
export function lateIn(phase: Phase): NetworkFailure {
  return failureOf(late[phase])
}

/**
 * What an error says of the network, of TLS or of the peer; undefined when it says nothing of them, and so is a fault of
 * our own.
 * @param phase how far the request had come, which tells an answer that was cut off from one that never began
 */
export function networkFailureOf(error: unknown, phase: Phase = 'waiting'): NetworkFailure | undefined {
  if (!(error instanceof Error)) return undefined
  // undici itself ends the connection then, with the code of a connection that the peer closed.
  if (error.name === 'SocketError' && /^bad (?:response|upgrade)$/.test(error.message))
    return failureOf('interim')
  // undici wraps what a socket says, and Node what several addresses of one name say.
  const code = codeOf(error.cause) ?? codeOf(error) ?? ''
  const known = Object.hasOwn(faults, code) ? faults[code] : undefined
  if (known !== undefined) return failureOf(known)
  // The peer ended the connection in an orderly way, but too early.
  if (code === 'UND_ERR_SOCKET') return failureOf(phase === 'reading' ? 'truncated' : 'closed')
  // The parser of undici gives some of its errors no code.
  if (code.startsWith('HPE_') || (code === '' && error.name === 'HTTPParserError'))
    return failureOf('notHttp')
  const tls = tlsFaultOf(code, error.cause instanceof Error ? error.cause.message : error.message)
  if (tls !== undefined) return ofTls(tls)
  if (!/^E[A-Z0-9]+$/.test(code)) return undefined
  const other = failureOf('failed')
  return { ...other, says: `${other.says} (${code})` }
}

function ofTls(tls: TlsFault): NetworkFailure {
  const reason = tlsReasons[tls] ?? 'tls_failed'
  return { fault: 'tls', unknownReason: 'unreachable', reason, ...tlsWords[tls], tls }
}

/** An error that says why something could not be read. Each client has a class of its own, for what it adds. */
export class UnavailableError extends Error implements Unavailable {
  readonly unknownReason: UnknownReason
  readonly reason: string

  constructor({ unknownReason, reason, message }: Unavailable, options?: ErrorOptions) {
    super(message, options)
    this.unknownReason = unknownReason
    this.reason = reason
  }
}
