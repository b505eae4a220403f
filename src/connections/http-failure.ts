import {
  failureOf,
  lateIn,
  networkFailureOf,
  type NetworkFailure,
  type Phase,
} from '../core/network-failure.ts'
import type { Unavailable, UnknownReason } from '../core/observation.ts'

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

/**
 * Why a request to `host` brought no answer, from what the client threw; undefined when that is no failure of the
 * network or the peer, but a fault of ours.
 */
export function unavailableByFault(fault: unknown, phase: Phase, host: string): Unavailable | undefined {
  const failure = networkFailureOf(fault, phase)
  return failure && saidOf(host, failure)
}

/** The host comes first. What fixes the network depends on who was asked, what fixes TLS does not. */
function saidOf(host: string, { unknownReason, reason, says, fix, tls }: NetworkFailure): Unavailable {
  return { unknownReason, reason, message: `${host} ${says}${tls === undefined ? '' : `: ${fix}`}` }
}

/** The failure of a request that was still under way at its deadline. */
export function lateFailure(phase: Phase, host: string): HttpFailure {
  return new HttpFailure(saidOf(host, lateIn(phase)))
}

/** The failure of an answer of more than `maxBytes`. */
export function tooLargeFailure(host: string, maxBytes: number): HttpFailure {
  const { message, ...codes } = saidOf(host, failureOf('tooLarge'))
  return new HttpFailure({ ...codes, message: `${message} (${maxBytes} bytes)` })
}

/** The failure of an answer that came compressed, although nothing of the kind was asked for. */
export function encodedFailure(host: string): HttpFailure {
  const message = `${host} answers with an encoded body, which was not asked for; it was not read`
  return new HttpFailure({ unknownReason: 'malformed', reason: 'body_encoded', message })
}

/** The failure of an answer that ends where the connection does, so that a part of it looks like all of it. */
export function undelimitedFailure(host: string): HttpFailure {
  const message = `${host} answers with neither a length nor chunks, so that its answer cannot be known to be whole`
  return new HttpFailure({ unknownReason: 'malformed', reason: 'body_undelimited', message })
}
