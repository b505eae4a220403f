import { describe, expect, it } from 'vitest'
import { unavailableByFault } from '../../../src/connections/http-exchange.ts'
import type { Phase } from '../../../src/core/network-failure.ts'

function coded(code: string): Error {
  return Object.assign(new Error('Authorization: Bearer secret'), { code })
}

const table: readonly (readonly [code: string, phase: Phase, unknownReason: string, reason: string])[] = [
  ['ECONNREFUSED', 'connecting', 'unreachable', 'connection_refused'],
  ['ECONNRESET', 'waiting', 'unreachable', 'connection_reset'],
  ['ECONNRESET', 'reading', 'unreachable', 'connection_reset'],
  ['EPIPE', 'waiting', 'unreachable', 'connection_reset'],
  ['UND_ERR_SOCKET', 'waiting', 'unreachable', 'connection_closed'],
  ['UND_ERR_SOCKET', 'reading', 'malformed', 'body_truncated'],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'reading', 'malformed', 'body_truncated'],
  ['HPE_INVALID_EOF_STATE', 'reading', 'malformed', 'body_truncated'],
  ['EHOSTUNREACH', 'connecting', 'unreachable', 'no_route'],
  ['ENETUNREACH', 'connecting', 'unreachable', 'no_route'],
  ['ENOTFOUND', 'connecting', 'unreachable', 'name_not_found'],
  ['EAI_AGAIN', 'connecting', 'unreachable', 'name_server_unreachable'],
  ['ETIMEDOUT', 'connecting', 'timeout', 'timeout'],
  ['UND_ERR_CONNECT_TIMEOUT', 'connecting', 'timeout', 'timeout'],
  ['UND_ERR_HEADERS_TIMEOUT', 'waiting', 'timeout', 'timeout'],
  ['UND_ERR_BODY_TIMEOUT', 'reading', 'timeout', 'timeout'],
  ['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'reading', 'malformed', 'body_too_large'],
  ['UND_ERR_HEADERS_OVERFLOW', 'waiting', 'malformed', 'headers_too_large'],
  ['HPE_INVALID_CONSTANT', 'waiting', 'malformed', 'not_http'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'connecting', 'unreachable', 'tls_wrong_host'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'connecting', 'unreachable', 'tls_not_trusted'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'connecting', 'unreachable', 'tls_not_trusted'],
  ['CERT_SIGNATURE_FAILURE', 'connecting', 'unreachable', 'tls_not_trusted'],
  ['ENETDOWN', 'connecting', 'unreachable', 'connection_failed'],
  ['CERT_HAS_EXPIRED', 'connecting', 'unreachable', 'tls_expired'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'connecting', 'unreachable', 'tls_failed'],
  ['EPROTO', 'connecting', 'unreachable', 'tls_failed'],
  ['UND_ERR_DESTROYED', 'waiting', 'unreachable', 'request_cancelled'],
]

describe('why a request brought no answer', () => {
  it.each(table)('%s while %s is %s: %s', (code, phase, unknownReason, reason) => {
    const unavailable = unavailableByFault(coded(code), phase, '10.0.0.1:8081')

    expect(unavailable).toMatchObject({ unknownReason, reason })
    expect(unavailable?.message).toMatch(/^10\.0\.0\.1:8081 /)
    expect(unavailable?.message).not.toContain('secret')
  })

  it('says in which phase the time ran out', () => {
    const messages = ['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'].map(
      (code) => unavailableByFault(coded(code), 'waiting', 'a')?.message,
    )

    expect(new Set(messages).size).toBe(3)
  })

  it('reads the code of several addresses that all failed, and of a cause', () => {
    const several = Object.assign(new AggregateError([coded('ECONNREFUSED')]), { code: 'ECONNREFUSED' })
    const wrapped = new Error('fetch failed', { cause: coded('ECONNREFUSED') })

    expect(unavailableByFault(several, 'connecting', 'a')?.reason).toBe('connection_refused')
    expect(unavailableByFault(wrapped, 'connecting', 'a')?.reason).toBe('connection_refused')
  })

  it.each([
    [new TypeError('x is not a function')],
    ['text'],
    [coded('toString')],
    [coded('ERR_INVALID_ARG_TYPE')],
  ])('leaves a fault of ours alone: %s', (fault) => {
    expect(unavailableByFault(fault, 'waiting', 'a')).toBeUndefined()
  })
})
