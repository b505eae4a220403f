import { isIP } from 'node:net'
import * as z from 'zod'
import { certificate, password, privateKey, tlsFiles, type ContentFields } from './contents.ts'
import { about, absentIsEmpty, coded, flag, hostPort, list, size, text, url } from './fields.ts'
import { shownBy } from './shown.ts'

const secretsElsewhere = 'secrets are read from a file or an environment variable'

function withoutPassword(found: URL, key: string): string | undefined {
  if (found.password === '') return undefined
  return `a URL without a password; it goes into ${key}: { file: <path> } or { env: <NAME> }, because ${secretsElsewhere}`
}

/** What is wrong with the host and port; URL itself takes any text for a host of schemes that it does not know. */
function unreachable(found: URL, of: string): string | undefined {
  if (found.port === '0') return 'a URL with a port from 1 to 65535'
  if (/%2f/i.test(found.hostname))
    return `a URL with a host name or an address; a socket in the file system is not supported, so write where ${of} listens, such as localhost`
  if (!/^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]{1,253})$/.test(found.hostname))
    return 'a URL whose host is a name of letters, digits, ".", "-" and "_", or an address'
  return undefined
}

/** A text with a list of hosts may be no URL at all. */
function listed(text: string, instead: string): string | undefined {
  return /^[a-z]+:\/\/(?:[^/]*@)?[^/@]*,[^/@]*(?:\/|$)/.test(text)
    ? `a URL with one host instead of a list; ${instead}`
    : undefined
}

const redisAllowed = 'a URL like redis://host:6379/0, or rediss:// for TLS'
const redisUrl = url('Address of a single Redis server; `rediss://` for TLS.', redisAllowed, {
  pattern: /^rediss?:\/\/[^/]+/,
  problem(found) {
    if (found.search !== '' || found.hash !== '' || found.hostname === '') return redisAllowed
    if (!/^\/?(\d{1,4})?$/.test(found.pathname) || !isName(found.username)) return redisAllowed
    return unreachable(found, 'Redis') ?? withoutPassword(found, 'redis.password')
  },
  ofText: (text) => listed(text, 'list nodes under redis.sentinel.nodes or redis.cluster.nodes'),
})

const postgresAllowed = 'a URL like postgres://user@host:5432/database, with nothing after the database'
const postgresUrl = url('Address, role and database of the platform’s Postgres.', postgresAllowed, {
  pattern: /^postgres(ql)?:\/\/[^/]+\/[^/]+$/,
  problem(found) {
    const bare = found.search === '' && found.hash === '' && found.hostname !== '' && found.username !== ''
    if (!bare || !isName(found.username) || !isName(found.pathname)) return postgresAllowed
    return unreachable(found, 'Postgres') ?? withoutPassword(found, 'postgres.password')
  },
  ofText: (text) => listed(text, 'write a name that always leads to the primary, such as that of a Service'),
})

/** Whether a part of a URL encodes a text that can be sent: a terminator would end it early. */
function isName(part: string): boolean {
  try {
    return !/\p{Cc}/u.test(decodeURIComponent(part))
  } catch {
    return false
  }
}

export function user(description: string) {
  return text(description, 'a user name', /^\S{1,128}$/)
}

/** How a client speaks TLS to a server. */
export function clientTls<Extra extends z.ZodRawShape>({ file }: ContentFields, of: string, extra: Extra) {
  return tlsFiles(
    z.strictObject({
      ...extra,
      caFile: file(
        `Certificate authority of ${of}; without it the system’s are trusted.`,
        certificate,
      ).exactOptional(),
      certFile: file('Client certificate; needs `keyFile`.', certificate).exactOptional(),
      keyFile: file('Key of the client certificate.', privateKey).exactOptional(),
      servername: text(
        'Name that the server’s certificate must have, if it is not the host’s.',
        'a host name',
        /^[A-Za-z0-9.:-]{1,253}$/,
      ).exactOptional(),
    }),
  )
}

function nodes(what: string) {
  return list(
    `Addresses of ${what}.`,
    hostPort('`host:port`', 'connect'),
    'a list of addresses like host:26379',
  )
}

/** How to reach Redis: exactly one of `url`, `sentinel` and `cluster`. An absent `tls` means no TLS. */
export function redisSchema(contents: ContentFields) {
  const { secret } = contents
  const tls = clientTls(contents, 'Redis', {
    enabled: flag(
      'Whether to use TLS. The default is `true` when anything else is set under `tls`, or with a `rediss://` URL. Set it for Sentinel and Cluster, which have no URL.',
    ).exactOptional(),
  })
  const wire = z.strictObject({
    url: redisUrl.exactOptional(),
    username: user('ACL user.').exactOptional(),
    password: secret('Password of the ACL user, or of the server.', password).exactOptional(),
    tls: tls.exactOptional(),
    sentinel: z
      .strictObject({
        name: text('Name of the monitored primary.', 'a name without blanks', /^\S{1,128}$/),
        nodes: nodes('the sentinels'),
        username: user('ACL user of the sentinels.').exactOptional(),
        password: secret('Password of the sentinels.', password).exactOptional(),
        tls: flag('Whether the sentinels use TLS; the default is what Redis uses.').exactOptional(),
      })
      .exactOptional(),
    cluster: z.strictObject({ nodes: nodes('some nodes of the cluster') }).exactOptional(),
    memoryLimit: size(
      'Memory that Redis may use, where the server does not know its own limit (a container’s, for instance).',
    ).exactOptional(),
  })
  return coded(
    wire,
    // The user may be given in the URL, and so may be that TLS is used.
    ({ url: address, username, tls: wish, sentinel, ...rest }) => {
      const found = address === undefined ? undefined : new URL(address)
      const role = username ?? (found?.username ? decodeURIComponent(found.username) : undefined)
      if (found !== undefined) found.username = ''
      const { enabled = true, ...own } = wish ?? { enabled: found?.protocol === 'rediss:' }
      return {
        ...rest,
        ...(found !== undefined && { url: found.href }),
        ...(role !== undefined && { username: role }),
        ...(sentinel !== undefined && { sentinel: { ...sentinel, tls: sentinel.tls ?? enabled } }),
        ...(enabled && { tls: own }),
      }
    },
    ({ tls: own, ...redis }) => ({
      ...(shownBy(wire, redis) as object),
      tls: own === undefined ? { enabled: false } : { enabled: true, ...(shownBy(tls, own) as object) },
    }),
  ).prefault({})
}

// Helm reads YAML 1.1, where `off` is `false`.
const mode = coded(
  z.union([z.enum(['verify-full', 'off']), z.literal(false)], { error: 'verify-full, off' }),
  (value) => (value === false ? 'off' : value),
  (held) => held,
).meta(
  about(
    'Whether to use TLS. The default is `verify-full`, or `off` when the host is a loopback address and nothing else is set under `tls`.',
    'verify-full, off',
  ),
)

const POSTGRES_PORT = 5432

/** How to reach Postgres. `tls: false` means no TLS; otherwise certificate and host name of the server are verified. */
export function postgresSchema(contents: ContentFields) {
  const tls = clientTls(contents, 'Postgres', { mode: mode.exactOptional() })
  const wire = z.strictObject({
    url: postgresUrl,
    password: contents.secret('Password of the role.', password).exactOptional(),
    tls: tls.prefault({}),
  })
  const settings = coded(
    wire,
    ({ url: written, tls: { mode: wish, ...own }, ...rest }) => {
      const { hostname, port, username, pathname } = new URL(written)
      const host = hostname.replace(/^\[|\]$/g, '')
      // Traffic of a loopback stays on the host; elsewhere TLS is only left out on purpose.
      const isLocal = wish === undefined && Object.keys(own).length === 0 && isLoopback(host)
      return {
        host,
        port: port === '' ? POSTGRES_PORT : Number(port),
        user: decodeURIComponent(username),
        database: decodeURIComponent(pathname.slice(1)),
        ...rest,
        tls: wish === 'off' || isLocal ? (false as const) : own,
      }
    },
    ({ host, port, user: role, database, tls: own, ...rest }) => ({
      host,
      port,
      user: role,
      database,
      ...(shownBy(wire, rest) as object),
      tls: own === false ? { mode: 'off' } : { mode: 'verify-full', ...(shownBy(tls, own) as object) },
    }),
  )
  return absentIsEmpty(settings)
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
