import { describe, expect, it } from 'vitest'
import { tlsFaultOf, type TlsFault } from '../../../src/core/tls-fault.ts'

describe('X77: what is wrong with TLS', () => {
  it.each<[code: string, fault: TlsFault]>([
    ['CERT_HAS_EXPIRED', 'expired'],
    ['CERT_NOT_YET_VALID', 'not_yet_valid'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'wrong_name'],
    ['HOSTNAME_MISMATCH', 'wrong_name'],
    ['CERT_REVOKED', 'revoked'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'untrusted'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'untrusted'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'untrusted'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'untrusted'],
    ['INVALID_CA', 'untrusted'],
    ['INVALID_PURPOSE', 'unusable'],
    ['PATH_LENGTH_EXCEEDED', 'unusable'],
    ['UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY', 'unusable'],
    ['ERR_SSL_EE_KEY_TOO_SMALL', 'unusable'],
    ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'version'],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'version'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'no_tls'],
    ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'no_tls'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'client_certificate'],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'client_certificate'],
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'client_certificate'],
    ['ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED', 'client_certificate'],
    ['ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE', 'handshake'],
    ['ERR_SSL_NO_SHARED_CIPHER', 'handshake'],
    ['EPROTO', 'handshake'],
  ])('is told by %s: %s', (code, fault) => {
    expect(tlsFaultOf(code)).toBe(fault)
  })

  it.each([
    ['wrong version number', 'no_tls'],
    ['tlsv1 alert protocol version', 'version'],
    ['something new', 'handshake'],
  ])('is told by the line of OpenSSL when a write failed first: %s', (reason, fault) => {
    const line = `write EPROTO 40:error:0A00010B:SSL routines:f:${reason}:../deps/openssl/ssl/record.c:1:\n`
    expect(tlsFaultOf('EPROTO', line)).toBe(fault)
    expect(tlsFaultOf('ECONNRESET', line)).toBeUndefined()
  })

  it.each(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'HPE_INVALID_CONSTANT', ''])(
    'is nothing of %s',
    (code) => {
      expect(tlsFaultOf(code)).toBeUndefined()
    },
  )
})
