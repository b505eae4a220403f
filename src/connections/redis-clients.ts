import { RedisCluster } from './redis-cluster.ts'
import { type Count, dialNode, type NodeSettings, primaryBySentinels } from './redis-node.ts'
import type { Address, Wire } from './redis-wire.ts'

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
    readonly nodes: readonly Address[]
    readonly username?: string
    readonly password?: string
    readonly tls?: boolean
  }
  readonly cluster?: { readonly nodes: readonly Address[] }
  /** Present: TLS, whatever the url says. */
  readonly tls?: RedisTls
}

/** How to dial one Redis. */
export interface RedisClients {
  /** Names the server in messages, without credentials. */
  readonly server: string
  readonly secrets: readonly string[]
  /** Gives a new connection, which is not dialled anew when it is lost. */
  readonly dial: (count: Count) => Wire
}

/** @throws Error when the settings name no Redis or several, or a url that is none */
export function redisClients(settings: RedisSettings): RedisClients {
  const { url, sentinel, cluster } = settings
  if ([url, sentinel, cluster].filter((way) => way !== undefined).length !== 1)
    throw new Error('Redis needs exactly one of url, sentinel and cluster')
  const secrets = [settings.password ?? '', sentinel?.password ?? ''].filter((text) => text !== '')
  const access = accessOf(settings, settings.tls)
  if (cluster !== undefined) {
    const { nodes } = cluster
    const dialAt = (count: Count) => (address: Address) =>
      dialNode({ ...access, find: () => Promise.resolve(address) }, count)
    const server = `Redis Cluster at ${listed(nodes)}`
    return { server, secrets, dial: (count) => new RedisCluster(nodes, dialAt(count)) }
  }
  if (sentinel !== undefined) {
    const { name, nodes } = sentinel
    const watcher = accessOf(sentinel, sentinel.tls === true ? (settings.tls ?? {}) : undefined)
    const find: NodeSettings['find'] = (given) => primaryBySentinels(name, nodes, watcher, given)
    const server = `Redis ${name} (sentinels ${listed(nodes)})`
    return { server, secrets, dial: (count) => dialNode({ ...access, find }, count) }
  }
  const single = singleClients(settings, url ?? '')
  return { ...single, secrets: [...secrets, ...single.secrets] }
}

function singleClients(settings: RedisSettings, text: string): RedisClients {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const database = Number(url?.pathname.slice(1) ?? 0)
  if (url === undefined || !/^rediss?:$/.test(url.protocol) || url.hostname === '' || !(database >= 0))
    throw new Error('the url of Redis must look like redis://host:port/0 or rediss://host:port/0')
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port === '' ? 6379 : url.port)
  const username = decodeURIComponent(url.username)
  const password = decodeURIComponent(url.password)
  const node: NodeSettings = {
    find: () => Promise.resolve({ host, port }),
    database,
    ...(username !== '' && { username }),
    ...(password !== '' && { password }),
    ...accessOf(settings, settings.tls ?? (url.protocol === 'rediss:' ? {} : undefined)),
  }
  return {
    server: `Redis at ${url.hostname}:${port}`,
    secrets: password === '' ? [] : [password],
    dial: (count) => dialNode(node, count),
  }
}

/** How to log in, whatever the address. */
function accessOf(
  { username, password }: Pick<RedisSettings, 'username' | 'password'>,
  tls: RedisTls | undefined,
): Omit<NodeSettings, 'find'> {
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls !== undefined && { tls: { ...tls, rejectUnauthorized: true } }),
  }
}

function listed(nodes: readonly Address[]): string {
  return nodes.map(({ host, port }) => `${host}:${port}`).join(', ')
}
