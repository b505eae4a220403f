/** What can be wrong between a client and a server that should speak TLS. */
export type TlsFault =
  | 'expired'
  | 'not_yet_valid'
  | 'wrong_name'
  | 'untrusted'
  | 'revoked'
  | 'unusable'
  | 'version'
  | 'no_tls'
  | 'client_certificate'
  | 'handshake'

interface Words {
  /** What the server does, as a predicate. */
  readonly says: string
  /** What fixes it, as an order. */
  readonly fix: string
}

/** Each fault in words. */
export const tlsWords: Readonly<Record<TlsFault, Words>> = {
  expired: { says: 'shows a certificate that has expired', fix: 'renew its certificate' },
  not_yet_valid: {
    says: 'shows a certificate that is not valid yet',
    fix: 'compare the clocks of both sides, or issue its certificate anew',
  },
  wrong_name: {
    says: 'shows a certificate for another name',
    fix: 'configure the name in the certificate as host or servername',
  },
  untrusted: {
    says: 'shows a certificate of an authority that is not trusted',
    fix: 'configure its CA',
  },
  revoked: { says: 'shows a certificate that was revoked', fix: 'replace its certificate' },
  unusable: { says: 'shows a certificate that can not be used', fix: 'replace its certificate' },
  version: {
    says: 'speaks no version of TLS that is accepted here',
    fix: 'turn on TLS 1.2 or 1.3 at the server',
  },
  no_tls: {
    says: 'answers without TLS',
    fix: 'turn TLS on at the server, or off in the configuration, and check the port',
  },
  client_certificate: {
    says: 'demands a client certificate, or does not accept the one that it was shown',
    fix: 'configure the certificate and the key that it expects',
  },
  handshake: {
    says: 'does not finish the TLS handshake',
    fix: 'see its log, whether it demands a client certificate, and whether the port speaks TLS',
  },
}

/**
 * The codes of Node's `tls` and of OpenSSL, from X509_verify_cert_error_string and ssl_err.c; what OpenSSL 3.0 calls
 * `SSLV3_ALERT` is `SSL/TLS_ALERT` in later ones. The first row that fits counts.
 */
const codes: readonly (readonly [TlsFault, RegExp])[] = [
  ['expired', /^CERT_HAS_EXPIRED$/],
  ['not_yet_valid', /^CERT_NOT_YET_VALID$/],
  ['wrong_name', /^(?:ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH|IP_ADDRESS_MISMATCH)$/],
  ['revoked', /^CERT_REVOKED$/],
  [
    'untrusted',
    /^(?:UNABLE_TO_(?:GET_ISSUER_CERT|GET_ISSUER_CERT_LOCALLY|VERIFY_LEAF_SIGNATURE)|(?:DEPTH_ZERO_)?SELF_SIGNED_CERT(?:_IN_CHAIN)?|CERT_UNTRUSTED|CERT_REJECTED|CERT_CHAIN_TOO_LONG|CERT_SIGNATURE_FAILURE|INVALID_CA)$/,
  ],
  // Of our own certificate, as the server sees it.
  [
    'client_certificate',
    /_ALERT_(?:CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_REVOKED|CERTIFICATE_EXPIRED|CERTIFICATE_UNKNOWN|NO_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)$/,
  ],
  [
    'version',
    /_ALERT_PROTOCOL_VERSION$|^ERR_SSL_(?:UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|NO_PROTOCOLS_AVAILABLE)$/,
  ],
  [
    'no_tls',
    /^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|HTTPS_PROXY_REQUEST|UNKNOWN_PROTOCOL|RECORD_LAYER_FAILURE)$/,
  ],
  [
    'unusable',
    /^(?:CERT_|CRL_|INVALID_|PATH_LENGTH|UNABLE_TO_|ERROR_IN_CERT|SUBJECT_ISSUER|AKID_|KEYUSAGE)|^ERR_SSL_(?:EE|CA|DH)_KEY_TOO_SMALL$|^ERR_SSL_CA_MD_TOO_WEAK$/,
  ],
  ['handshake', /^(?:EPROTO$|ERR_SSL_|ERR_TLS_)/],
]

/** The line of OpenSSL that Node puts into the message of a write that failed, with the reason at its end. */
const openSslLine = /:error:[0-9A-F]{8}:[^:]*:[^:]*:([^:]+):/

/**
 * What an error says of TLS; undefined when it is no error of TLS.
 * @param code of Node's, as `ERR_SSL_WRONG_VERSION_NUMBER`
 * @param message of the error: where a write failed before a read, `code` is `EPROTO`, and the reason stands here alone
 */
export function tlsFaultOf(code: string, message = ''): TlsFault | undefined {
  const reason = code === 'EPROTO' ? openSslLine.exec(message)?.[1] : undefined
  // As Node makes its codes.
  const named = reason === undefined ? code : `ERR_SSL_${reason.toUpperCase().replaceAll(' ', '_')}`
  return codes.find(([, pattern]) => pattern.test(named))?.[0]
}
