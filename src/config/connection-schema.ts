import * as z from 'zod'
import { about, absentIsEmpty, file, flag, hostPort, list, secret, size, text, url } from './fields.ts'

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
const redisUrl = url(
  'Address of a single Redis server; `rediss://` for TLS.',
  redisAllowed,
  /^rediss?:\/\/[^/]+/,
  (found) => {
    if (found.search !== '' || found.hash !== '' || found.hostname === '') return redisAllowed
    if (!/^\/?(\d{1,4})?$/.test(found.pathname) || !isName(found.username)) return redisAllowed
    return unreachable(found, 'Redis') ?? withoutPassword(found, 'redis.password')
  },
  (text) => listed(text, 'list nodes under redis.sentinel.nodes or redis.cluster.nodes'),
)

const postgresAllowed = 'a URL like postgres://user@host:5432/database, with nothing after the database'
const postgresUrl = url(
  'Address, role and database of the platform’s Postgres.',
  postgresAllowed,
  /^postgres(ql)?:\/\/[^/]+\/[^/]+$/,
  (found) => {
    const bare = found.search === '' && found.hash === '' && found.hostname !== '' && found.username !== ''
    if (!bare || !isName(found.username) || !isName(found.pathname)) return postgresAllowed
    return unreachable(found, 'Postgres') ?? withoutPassword(found, 'postgres.password')
  },
  (text) => listed(text, 'write a name that always leads to the primary, such as that of a Service'),
)

/** Whether a part of a URL stands for a text that can be sent: a terminator would end it early. */
function isName(part: string): boolean {
  try {
    return !/\p{Cc}/u.test(decodeURIComponent(part))
  } catch {
    return false
  }
}

function user(description: string) {
  return text(description, 'a user name', /^\S{1,128}$/)
}

function clientTls(of: string) {
  return {
    caFile: file(
      `Certificate authority of ${of}; without it the system’s are trusted.`,
      'certificate',
    ).optional(),
    certFile: file('Client certificate; needs `keyFile`.', 'certificate').optional(),
    keyFile: file('Key of the client certificate.', 'key').optional(),
    servername: text(
      'Name that the server’s certificate must carry, when it is not the host’s.',
      'a host name',
      /^[A-Za-z0-9.:-]{1,253}$/,
    ).optional(),
  }
}

function nodes(what: string) {
  return list(
    `Addresses of ${what}.`,
    hostPort('`host:port`', 'connect'),
    'a list of addresses like host:26379',
  )
}

export const redisSchema = z
  .strictObject({
    url: redisUrl.optional(),
    username: user('ACL user.').optional(),
    password: secret('Password of the ACL user, or of the server.').optional(),
    tls: z
      .strictObject({
        enabled: flag(
          'Whether TLS is used; `true` when anything else is said under `tls`, and for a `rediss://` URL. Sentinel and Cluster have no URL to say it.',
        ).optional(),
        ...clientTls('Redis'),
      })
      .optional(),
    sentinel: z
      .strictObject({
        name: text('Name of the monitored primary.', 'a name without blanks', /^\S{1,128}$/),
        nodes: nodes('the sentinels'),
        username: user('ACL user of the sentinels.').optional(),
        password: secret('Password of the sentinels.').optional(),
        tls: flag('Whether the sentinels speak TLS; as Redis does unless said.').optional(),
      })
      .optional(),
    cluster: z.strictObject({ nodes: nodes('some nodes of the cluster') }).optional(),
    memoryLimit: size(
      'Memory that Redis may use, where the server does not know its own limit (a container’s, for instance).',
    ).optional(),
  })
  .prefault({})

// Helm reads `off` as YAML did of old, and hands on `false`.
const mode = z
  .union([z.enum(['verify-full', 'off']), z.literal(false)], { error: 'verify-full, off' })
  .transform((value) => (value === false ? 'off' : value))
  .meta(
    about(
      'Whether TLS is used. Without it: `verify-full`, but `off` when the host is a loopback address and nothing else is said under `tls`.',
      'verify-full, off',
    ),
  )

export const postgresSchema = absentIsEmpty(
  z.strictObject({
    url: postgresUrl,
    password: secret('Password of the role.').optional(),
    tls: z.strictObject({ mode: mode.optional(), ...clientTls('Postgres') }).prefault({}),
  }),
)
