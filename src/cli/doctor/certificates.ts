import { X509Certificate } from 'node:crypto'
import { plain } from '../../core/text.ts'
import { tlsFaultOf, tlsWords } from '../../core/tls-fault.ts'
import { inWords, MINUTE, type Instant, type Millis } from '../../core/time.ts'
import type { Area, Installation } from './area.ts'
import { endpointsOf, type Endpoint } from './endpoints.ts'
import { failed, ok, skipped, warning, type Found } from './finding.ts'
import { shakeHands, type Handshake, type Shown } from './handshake.ts'
import { listed } from '../../core/lists.ts'
import { address } from './words.ts'

/** What servers show where TLS is spoken, and what the exporter shows itself. */
export const certificates: Area = {
  name: 'tls',
  title: 'Certificates',
  async check(installation) {
    const endpoints = (await endpointsOf(installation)).filter(({ tls }) => tls !== undefined)
    const now = installation.clock.now()
    const own = ownCertificate(installation, now)
    const found = await Promise.all(
      endpoints.map(async (endpoint) => judgeCertificate(endpoint, await shakeHands(endpoint), now)),
    )
    if (found.length + own.length === 0) return [skipped('all', 'no connection uses TLS')]
    return [...found, ...own]
  },
}

/** Renewals come with a third of the life left, for 90 days with 30: what has 14 was not renewed. */
const RENEWED_BEFORE: Millis = 14 * 24 * 60 * MINUTE

export function judgeCertificate(endpoint: Endpoint, handshake: Handshake, now: Instant): Found {
  const { name, host, port } = endpoint
  if ('code' in handshake) {
    const where = address(host, port)
    if (handshake.code === 'timeout')
      return failed(name, `${where} did not finish the handshake in time`, [
        '# see Network, and the log of the server',
      ])
    if (/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)$/.test(handshake.code))
      return skipped(name, `${where} can't be reached (${handshake.code}), see Names and Network`)
    const fault = tlsFaultOf(handshake.code) ?? 'no_tls'
    const fix = fault === 'no_tls' ? withoutTls(endpoint) : [`# ${tlsWords[fault].fix}`]
    const says = `${where} does not speak TLS as expected: it ${tlsWords[fault].says} (${handshake.code})`
    return failed(name, says, fix, ['tls_failed', ...blindReasons(endpoint)])
  }
  return judgeShown(endpoint, handshake, now)
}

function judgeShown(endpoint: Endpoint, shown: Shown, now: Instant): Found {
  const { name } = endpoint
  const names = plain(listed(shown.names.slice(0, 5)), 200)
  if (now > shown.to || now < shown.from)
    return failed(
      name,
      now > shown.to
        ? `its certificate expired on ${dayOf(shown.to)}`
        : `its certificate is good from ${dayOf(shown.from)} only: see the clocks too`,
      [`# renew the certificate of ${name}, from ${plain(shown.issuer, 80)}`],
      ['tls_expired', ...blindReasons(endpoint)],
    )
  if (shown.fault === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return failed(
      name,
      `its certificate is for ${names}, and it is called ${endpoint.tls?.servername ?? endpoint.host} here`,
      otherName(endpoint, shown.names),
      ['tls_wrong_host', ...blindReasons(endpoint)],
    )
  const fault = shown.fault === undefined ? undefined : tlsFaultOf(shown.fault)
  if (fault !== undefined && fault !== 'untrusted')
    return failed(
      name,
      `it ${tlsWords[fault].says} (${shown.fault})`,
      [`# ${tlsWords[fault].fix}`],
      ['tls_not_trusted', ...blindReasons(endpoint)],
    )
  if (shown.fault !== undefined)
    return failed(
      name,
      `its certificate is signed by ${plain(shown.issuer, 80)}, whom the configuration does not trust (${shown.fault})`,
      authority(endpoint),
      ['tls_not_trusted', ...blindReasons(endpoint)],
    )
  if (shown.to - now < RENEWED_BEFORE)
    return warning(name, `its certificate expires in ${inWords(shown.to - now)}, on ${dayOf(shown.to)}`, [
      `# renew the certificate of ${name}, from ${plain(shown.issuer, 80)}`,
    ])
  return ok(name, `its certificate for ${names} is trusted until ${dayOf(shown.to)}`)
}

function blindReasons({ kind }: Endpoint): readonly string[] {
  if (kind === 'postgres') return ['postgres_tls']
  return kind === 'redis' || kind === 'sentinel' ? ['redis_tls', 'redis_reset'] : []
}

function withoutTls({ kind, key, host, port }: Endpoint): readonly string[] {
  switch (kind) {
    case 'postgres':
      return [
        'ALTER SYSTEM SET ssl = on;   -- with a certificate; or postgres: { tls: { mode: off } } within one host',
      ]
    case 'redis':
    case 'sentinel':
      return [
        `redis: { tls: { enabled: false } }   # and redis:// for rediss://, when ${address(host, port)} has no TLS`,
      ]
    case 'service':
      return [`${key}: [{ url: http://${address(host, port)} }]`]
    case 'kubernetes':
      return [`${key}: <one whose server is an API server>`]
  }
}

/** Where the configuration takes the name or the authority from. */
function section({ kind }: Endpoint): 'redis' | 'postgres' | undefined {
  if (kind === 'redis' || kind === 'sentinel') return 'redis'
  return kind === 'postgres' ? 'postgres' : undefined
}

function otherName(endpoint: Endpoint, names: readonly string[]): readonly string[] {
  const [name = '<a name in the certificate>'] = names.flatMap(
    (one) => /^DNS:([\w.-]+)$/.exec(one)?.[1] ?? [],
  )
  const place = section(endpoint)
  if (place !== undefined) return [`${place}: { tls: { servername: ${name} } }`]
  if (endpoint.kind === 'kubernetes') return [`tls-server-name: ${name}   # of the cluster in the kubeconfig`]
  return [`${endpoint.key}: [{ url: https://${name}:${endpoint.port} }]`]
}

function authority(endpoint: Endpoint): readonly string[] {
  const { host, port, kind } = endpoint
  const place = section(endpoint)
  const start = kind === 'postgres' ? ' -starttls postgres' : ''
  const show = `openssl s_client -connect ${address(host, port)}${start} -showcerts </dev/null   # whose authority is it?`
  if (place !== undefined) return [`${place}: { tls: { caFile: <PEM of the authority> } }`, show]
  if (kind === 'kubernetes')
    return ['certificate-authority: <PEM of the authority>   # of the cluster in the kubeconfig', show]
  return ['tls: { caFile: <PEM of the authority> }', show]
}

function ownCertificate({ config }: Installation, now: Instant): readonly Found[] {
  const { tls } = config.http
  if (tls === undefined) return []
  const certificate = new X509Certificate(tls.cert)
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)]
  const name = 'http.tls'
  const fix = ['# renew it; the exporter takes the new files up as they change']
  if (now > to || now < from)
    return [failed(name, `the exporter's own certificate is good from ${dayOf(from)} to ${dayOf(to)}`, fix)]
  if (to - now < RENEWED_BEFORE)
    return [
      warning(name, `the exporter's own certificate expires in ${inWords(to - now)}, on ${dayOf(to)}`, fix),
    ]
  return [ok(name, `the exporter's own certificate is good until ${dayOf(to)}`)]
}

function dayOf(at: Instant): string {
  return Number.isFinite(at) ? new Date(at).toISOString().slice(0, 10) : 'a day that is none'
}
