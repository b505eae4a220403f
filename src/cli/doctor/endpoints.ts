import type { PlainConfig } from '../../config/schema.ts'
import { loginFrom, readConfig } from '../../connections/kubernetes-credentials.ts'
import { KubernetesFailure } from '../../connections/kubernetes.ts'
import { targetOf } from '../../probes/replicas.ts'
import type { Installation } from './area.ts'
import { address } from './words.ts'

export type EndpointKind = 'service' | 'redis' | 'sentinel' | 'postgres' | 'kubernetes'

/** A server that the exporter dials. */
export interface Endpoint {
  readonly kind: EndpointKind
  /** `api/api-1`, `Redis`, `Postgres`, `API server`. */
  readonly name: string
  readonly host: string
  readonly port: number
  /** The key of the configuration that names it. */
  readonly key: string
  /** Absent: it is not spoken to by TLS. */
  readonly tls?: NonNullable<PlainConfig['redis']['tls']>
}

/** Everything that the exporter dials by this configuration, each address once. */
export async function endpointsOf(installation: Installation): Promise<readonly Endpoint[]> {
  const { config } = installation
  const all = [
    ...(await services(installation)),
    ...redisServers(installation),
    {
      kind: 'postgres' as const,
      name: 'Postgres',
      host: config.postgres.host,
      port: config.postgres.port,
      key: 'postgres.url',
      ...(config.postgres.tls !== false && { tls: config.postgres.tls }),
    },
    ...(await apiServer(installation)),
  ]
  return [...new Map(all.map((one) => [address(one.host, one.port), one])).values()]
}

async function services({ config, replicas }: Installation): Promise<readonly Endpoint[]> {
  const { replicas: all } = await replicas()
  return all.map((replica) => {
    const url = new URL(replica.url)
    const isTls = url.protocol === 'https:'
    return {
      kind: 'service',
      name: targetOf(replica).id,
      host: bare(url.hostname),
      port: Number(url.port === '' ? (isTls ? 443 : 80) : url.port),
      key: config.kubernetes?.enabled === true ? 'its pod' : `services.${replica.component}.replicas`,
      ...(isTls && { tls: config.tls }),
    }
  })
}

const REDIS_PORT = 6379

function redisServers({ config: { redis } }: Installation): readonly Endpoint[] {
  const tls = redis.tls === undefined ? {} : { tls: redis.tls }
  const { sentinel } = redis
  const sentinels = (sentinel?.nodes ?? []).map((node): Endpoint => ({
    kind: 'sentinel',
    name: `sentinel ${address(node.host, node.port)}`,
    ...node,
    key: 'redis.sentinel.nodes',
    ...(sentinel?.tls === true && { tls: redis.tls ?? {} }),
  }))
  const nodes = (redis.cluster?.nodes ?? []).map((node): Endpoint => ({
    kind: 'redis',
    name: `Redis ${address(node.host, node.port)}`,
    ...node,
    key: 'redis.cluster.nodes',
    ...tls,
  }))
  if (redis.url === undefined) return [...sentinels, ...nodes]
  const url = new URL(redis.url)
  const port = Number(url.port === '' ? REDIS_PORT : url.port)
  return [{ kind: 'redis', name: 'Redis', host: bare(url.hostname), port, key: 'redis.url', ...tls }]
}

async function apiServer({ config: { kubernetes } }: Installation): Promise<readonly Endpoint[]> {
  if (kubernetes?.enabled !== true) return []
  try {
    const { origin, tls } = await loginFrom(await readConfig(kubernetes))
    const url = new URL(origin)
    const { ca, cert, key, servername } = tls
    const given = { ca, cert, key, servername }
    const settings = Object.fromEntries(Object.entries(given).filter(([, text]) => text !== undefined))
    const port = Number(url.port === '' ? 443 : url.port)
    return [
      {
        kind: 'kubernetes',
        name: 'API server',
        host: bare(url.hostname),
        port,
        key: 'kubernetes.kubeconfig',
        tls: settings,
      },
    ]
  } catch (fault) {
    // The area Kubernetes says why there is no login.
    if (fault instanceof KubernetesFailure) return []
    throw fault
  }
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}
