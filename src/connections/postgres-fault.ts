/**
 * What went wrong on a connection without a word of the server: an answer or a turn that was late, a connection that
 * is closed here, bytes that are not the protocol, more of them than an answer may have, a kind of login that is not
 * spoken, and a server without TLS.
 */
export type FaultKind = 'timeout' | 'closed' | 'malformed' | 'too_large' | 'authentication' | 'no_tls'

/** A fault that this side found. */
export class ConnectionFault extends Error {
  override readonly name = 'ConnectionFault'
  readonly kind: FaultKind
  /** What exactly, in words of ours; holds nothing that the server wrote. */
  readonly detail: string

  constructor(kind: FaultKind, detail = '') {
    super(detail === '' ? kind : `${kind}: ${detail}`)
    this.kind = kind
    this.detail = detail
  }
}
