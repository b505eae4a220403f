import { Cluster, Redis, type RedisOptions } from 'ioredis'

interface Node {
  readonly host: string
  readonly port: number
}

/** PEM texts. The server's certificate is always verified, up to its name. */
interface RedisTls {
  /** Who may have signed the server's certificate; absent: the public authorities that Node trusts. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  /** The name in the server's certificate, where it is not the host. */
  readonly servername?: string
}

/** How to reach Redis: exactly one of `url`, `sentinel` and `cluster`. */
export interface RedisSettings {
  /** `redis://` or, with TLS, `rediss://`; user and password below come before those in it. */
  readonly url?: string
  readonly username?: string
  readonly password?: string
  readonly sentinel?: {
    readonly name: string
    readonly nodes: readonly Node[]
    readonly username?: string
    readonly password?: string
    readonly tls?: boolean
  }
  readonly cluster?: { readonly nodes: readonly Node[] }
  /** Present: TLS, whatever the url says. */
  readonly tls?: RedisTls
}

/** How to make clients of one Redis. */
export interface RedisClients {
  /** Names the server in messages, without credentials. */
  readonly server: string
  readonly secrets: readonly string[]
  readonly makeClient: () => Redis | Cluster
}

// Replies keep their shape whatever protocol is spoken.
type Options = RedisOptions & { replyMapping?: 'legacy' }

/**
 * Every one of these is needed for a hung server to cost a bounded time. Reconnecting is left to who uses the client:
 * a client that reconnects by itself keeps half-made connections to a server that hangs.
 */
const common = {
  protocol: 2,
  lazyConnect: true,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  connectTimeout: 400,
  disconnectTimeout: 100,
  sentinelCommandTimeout: 400,
  // It would need INFO before the first command, and hides LOADING.
  enableReadyCheck: false,
  disableClientInfo: true,
  connectionName: 'caracal-gate-exporter',
  retryStrategy: () => null,
} satisfies RedisOptions

/** @throws Error when the settings name no Redis or several, or a url that is none */
export function redisClients(settings: RedisSettings): RedisClients {
  const { url, sentinel, cluster } = settings
  if ([url, sentinel, cluster].filter((way) => way !== undefined).length !== 1)
    throw new Error('Redis needs exactly one of url, sentinel and cluster')
  const secrets = [settings.password ?? '', sentinel?.password ?? ''].filter((text) => text !== '')
  if (cluster !== undefined) return { ...clusterClients(settings, cluster), secrets }
  if (sentinel !== undefined) return { ...sentinelClients(settings, sentinel), secrets }
  const single = singleClients(settings, url ?? '')
  return { ...single, secrets: [...secrets, ...single.secrets] }
}

function singleClients(settings: RedisSettings, text: string): RedisClients {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const database = Number(url?.pathname.slice(1) ?? 0)
  if (url === undefined || !/^rediss?:$/.test(url.protocol) || url.hostname === '' || !(database >= 0))
    throw new Error('The url of Redis must look like redis://host:port/0 or rediss://host:port/0')
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port === '' ? 6379 : url.port)
  const username = decodeURIComponent(url.username)
  const password = decodeURIComponent(url.password)
  const options: Options = {
    ...common,
    host,
    port,
    db: database,
    ...(username !== '' && { username }),
    ...(password !== '' && { password }),
    ...login(settings),
    ...tlsOf(settings.tls ?? (url.protocol === 'rediss:' ? {} : undefined)),
  }
  return {
    server: `Redis at ${url.hostname}:${port}`,
    secrets: password === '' ? [] : [password],
    makeClient: () => new Redis(options),
  }
}

function sentinelClients(
  settings: RedisSettings,
  sentinel: NonNullable<RedisSettings['sentinel']>,
): Omit<RedisClients, 'secrets'> {
  const { name, nodes, username, password, tls } = sentinel
  const options: Options = {
    ...common,
    ...login(settings),
    ...tlsOf(settings.tls),
    sentinels: nodes.map(({ host, port }) => ({ host, port })),
    name,
    role: 'master',
    sentinelRetryStrategy: () => null,
    ...(username !== undefined && { sentinelUsername: username }),
    ...(password !== undefined && { sentinelPassword: password }),
    ...(settings.tls !== undefined && { enableTLSForSentinelMode: true }),
    ...(tls === true && { sentinelTLS: tlsOf(settings.tls ?? {}).tls ?? {} }),
  }
  return { server: `Redis ${name} (sentinels ${listed(nodes)})`, makeClient: () => new Redis(options) }
}

function clusterClients(
  settings: RedisSettings,
  { nodes }: NonNullable<RedisSettings['cluster']>,
): Omit<RedisClients, 'secrets'> {
  const { retryStrategy: _, enableOfflineQueue, lazyConnect, enableReadyCheck, ...node } = common
  const tls = tlsOf(settings.tls)
  const options = {
    enableOfflineQueue,
    lazyConnect,
    enableReadyCheck,
    maxRedirections: 3,
    retryDelayOnFailover: 50,
    retryDelayOnClusterDown: 50,
    slotsRefreshTimeout: 400,
    clusterRetryStrategy: () => null,
    redisOptions: { ...node, ...login(settings), ...tls },
    // The name in the certificate is compared with the name that was configured, not with what it resolves to.
    ...(tls.tls !== undefined && {
      dnsLookup: (name: string, answer: (error: null, address: string) => void) => answer(null, name),
    }),
  }
  const startup = nodes.map(({ host, port }) => ({ host, port }))
  return { server: `Redis Cluster at ${listed(nodes)}`, makeClient: () => new Cluster(startup, options) }
}

function login({ username, password }: RedisSettings): Pick<RedisOptions, 'username' | 'password'> {
  return { ...(username !== undefined && { username }), ...(password !== undefined && { password }) }
}

function tlsOf(tls: RedisTls | undefined): Pick<RedisOptions, 'tls'> {
  return tls === undefined ? {} : { tls: { ...tls, rejectUnauthorized: true } }
}

function listed(nodes: readonly Node[]): string {
  return nodes.map(({ host, port }) => `${host}:${port}`).join(', ')
}
