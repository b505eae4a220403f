import { connect, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions, type PeerCertificate, type TLSSocket } from 'node:tls'
import { isIP } from 'node:net'
import { codeOf } from '../../core/text.ts'
import type { Instant, Millis } from '../../core/time.ts'
import type { Endpoint } from './endpoints.ts'

/** What a server showed of itself in a handshake. */
export interface Shown {
  /** Names that its certificate is good for, e.g. `DNS:redis.example`, and the subject's. */
  readonly names: readonly string[]
  readonly issuer: string
  readonly from: Instant
  readonly to: Instant
  /** Why the certificate is not trusted, as Node names it: `CERT_HAS_EXPIRED`, `ERR_TLS_CERT_ALTNAME_INVALID`. */
  readonly fault?: string
}

/** Which certificate was shown, or the code of why none was: `no_tls`, `timeout`, or the system's. */
export type Handshake = Shown | { readonly code: string }

const HANDSHAKE_WITHIN: Millis = 4_000

/** Shakes hands as the exporter does, but looks at a certificate that it would refuse. Nothing is sent after it. */
export function shakeHands(endpoint: Endpoint): Promise<Handshake> {
  return new Promise((resolve) => {
    const socket = connect({ host: endpoint.host, port: endpoint.port })
    let secured: TLSSocket | undefined
    const timer = setTimeout(() => settle({ code: 'timeout' }), HANDSHAKE_WITHIN)
    function settle(handshake: Handshake): void {
      clearTimeout(timer)
      secured?.destroy()
      socket.destroy()
      resolve(handshake)
    }
    function fail(fault: NodeJS.ErrnoException): void {
      settle({ code: fault.code ?? 'unknown' })
    }
    function secure(): void {
      secured = connectTls({ socket, ...optionsOf(endpoint) })
      secured.once('secureConnect', () => settle(shownBy(secured)))
      secured.once('error', fail)
      secured.once('close', () => settle({ code: 'no_tls' }))
    }
    socket.once('error', fail)
    socket.once('connect', () => {
      if (endpoint.kind === 'postgres') askForTls(socket, secure, () => settle({ code: 'no_tls' }))
      else secure()
    })
  })
}

/** Postgres speaks in the clear until it is asked not to. */
function askForTls(socket: Socket, granted: () => void, refused: () => void): void {
  // Length, then the number of SSLRequest: https://www.postgresql.org/docs/18/protocol-message-formats.html
  socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]))
  socket.once('readable', () => {
    const answer = (socket.read(1) as Buffer | null)?.toString()
    if (answer === 'S') granted()
    else refused()
  })
  socket.once('close', refused)
}

function optionsOf({ host, tls = {} }: Endpoint): ConnectionOptions {
  const { ca, cert, key, servername } = tls
  const name = servername ?? host
  return {
    host: name,
    // By its definition no address may be named here.
    ...(isIP(name) === 0 && { servername: name }),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    // Only to look: nothing is said on this connection, and nothing is believed of it.
    rejectUnauthorized: false,
  }
}

function shownBy(socket: TLSSocket | undefined): Handshake {
  const certificate = socket?.getPeerCertificate()
  if (socket === undefined || certificate === undefined || Object.keys(certificate).length === 0)
    return { code: 'no_tls' }
  const fault = socket.authorizationError as Error | string | null
  return {
    names: namesIn(certificate),
    issuer: commonName(certificate.issuer),
    from: Date.parse(certificate.valid_from),
    to: Date.parse(certificate.valid_to),
    ...(!socket.authorized && { fault: faultCode(fault) }),
  }
}

function faultCode(fault: Error | string | null): string {
  if (fault instanceof Error) return codeOf(fault) ?? fault.message
  return fault ?? 'not trusted'
}

function namesIn({ subjectaltname = '', subject }: PeerCertificate): readonly string[] {
  const names = subjectaltname.split(', ').filter((name) => name !== '')
  return names.length === 0 ? [commonName(subject)] : names
}

function commonName(subject: PeerCertificate['subject'] | undefined): string {
  const name: unknown = subject?.CN
  return typeof name === 'string' ? name : 'an unnamed subject'
}
