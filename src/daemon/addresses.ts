import type { Config } from '../config/schema.ts'
import { replicasIn } from '../config/services-schema.ts'
import type { Addresses, Login, PostgresAddress, RedisAddress } from '../rules/options.ts'

type RedisConfig = Config['redis']

/** Where the exporter asks, for the commands that an operator pastes. Only that a password is there goes further. */
export function addressesOf({ redis, postgres, services, tls, http }: Config): Addresses {
  return {
    redis: redisAddress(redis),
    postgres: postgresAddress(postgres),
    replicas: replicasIn(services),
    ownAuthority: tls.ca !== undefined,
    ...(http.externalUrl !== undefined && { externalUrl: http.externalUrl }),
  }
}

function redisAddress(redis: RedisConfig): RedisAddress {
  const { url, sentinel, cluster } = redis
  const login = loginOf(redis, redis.tls)
  const [node] = sentinel?.nodes ?? cluster?.nodes ?? []
  if (node !== undefined)
    return {
      ...login,
      ...node,
      database: 0,
      isCluster: cluster !== undefined,
      ...(sentinel !== undefined && {
        sentinel: {
          ...loginOf(sentinel, sentinel.tls ? (redis.tls ?? {}) : undefined),
          primary: sentinel.name,
        },
      }),
    }
  const { hostname, port, pathname } = new URL(url ?? 'redis://localhost')
  return {
    ...login,
    host: unbracketed(hostname),
    port: port === '' ? REDIS_PORT : Number(port),
    database: Number(pathname.slice(1)),
    isCluster: false,
  }
}

const REDIS_PORT = 6379

/** As the clients take it; brackets are of URLs. */
function unbracketed(host: string): string {
  return host.replace(/^\[|\]$/g, '')
}

function loginOf(
  { username, password }: Pick<RedisConfig, 'username' | 'password'>,
  tls: RedisConfig['tls'],
): Login {
  return {
    ...(username !== undefined && { user: username }),
    hasPassword: password !== undefined,
    ...(tls !== undefined && {
      tls: {
        ...(tls.servername !== undefined && { servername: tls.servername }),
        ownAuthority: tls.ca !== undefined,
        ownCertificate: tls.cert !== undefined,
      },
    }),
  }
}

function postgresAddress({ host, port, user, database, tls }: Config['postgres']): PostgresAddress {
  return { host, port, user, database, tls: tls !== false }
}
