import { isIP } from 'node:net'
import { defaultPoolSize } from '../rules/platform.ts'
import { components, type Component, type Replica } from '../core/replica.ts'
import type { ClientTls, Config, KubernetesSettings } from './config.ts'
import type { PostgresSettings, RedisSettings, StateSettings } from './config.ts'
import type { ParsedConfig } from './schema.ts'

/** Text of the secret or file that the key at this path refers to. */
export type TextAt = (path: string) => string | undefined

/** The effective configuration of one whose form is right and whose files were all read. */
export function resolveConfig(parsed: ParsedConfig, textAt: TextAt): Config {
  const { release, services, rollout, log, limits, state } = parsed
  return {
    release,
    replicas: components.flatMap((component) => replicasOf(component, services[component])),
    pools: poolsOf(services),
    ...defined({ metricsBearer: textAt('metricsBearer') }),
    tls: defined({ ca: textAt('tls.caFile') }),
    redis: redisOf(parsed.redis, textAt),
    ...defined({ redisMemoryLimit: parsed.redis.memoryLimit }),
    postgres: postgresOf(parsed.postgres, textAt),
    migrations: defined({ expected: parsed.migrations.expected ?? lines(textAt('migrations.expectedFile')) }),
    ...(parsed.kubernetes !== undefined && { kubernetes: kubernetesOf(parsed.kubernetes) }),
    gates: given(parsed.gates),
    checks: given(parsed.checks),
    stopConditions: given(parsed.stopConditions),
    limits,
    rollout,
    probes: Object.fromEntries(
      Object.entries(given(parsed.probes)).map(([probe, pace]) => [probe, defined(pace)]),
    ),
    http: httpOf(parsed.http, textAt),
    tokens: parsed.tokens.map(({ name, scopes }, index) => ({
      name,
      token: read(textAt, `tokens.${index}.token`),
      scopes,
    })),
    state: stateOf(state, release.namespace),
    log,
    runbookBaseUrl: parsed.runbookBaseUrl.replace(/\/+$/, ''),
  }
}

type Defined<T> = { readonly [Key in keyof T]?: Exclude<T[Key], undefined> }

/** Without the fields that nobody gave. */
function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>
}

function given<T>(entries: Readonly<Record<string, T | undefined>>): Record<string, T> {
  return defined(entries) as Record<string, T>
}

/** A text that must be there: a configuration without it has faults and is not resolved. */
function read(textAt: TextAt, path: string): string {
  const text = textAt(path)
  if (text === undefined) throw new Error(`${path} was not read`)
  return text
}

/** Versions of a file with one a line; blank lines and those that begin with # say nothing. */
function lines(text: string | undefined): readonly string[] | undefined {
  return text
    ?.split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

function kubernetesOf(settings: NonNullable<ParsedConfig['kubernetes']>): KubernetesSettings {
  const { enabled, helmSecrets, kubeconfig, context } = settings
  return { enabled, helmSecrets, ...defined({ kubeconfig, context }) }
}

function stateOf({ file, configMap, namespace }: ParsedConfig['state'], standard: string): StateSettings {
  return {
    file,
    ...(configMap !== undefined && { configMap: { name: configMap, namespace: namespace ?? standard } }),
  }
}

type Services = ParsedConfig['services']

function replicasOf(component: Component, service: Services[Component]): readonly Replica[] {
  return (service?.replicas ?? []).map(({ url, name, hostname }, index) => ({
    component,
    name: name ?? `${component}-${index + 1}`,
    url: new URL(url).href.replace(/\/+$/, ''),
    ...defined({ hostname }),
  }))
}

function poolsOf(services: Services): Config['pools'] {
  const { api, sts, gateway, audit, coordinator, web } = services
  return {
    api: api.poolSize,
    sts: sts.poolSize,
    gateway: gateway.poolSize,
    audit: audit.poolSize,
    coordinator: coordinator.poolSize,
    web: web?.poolSize ?? defaultPoolSize,
  }
}

function redisOf(redis: ParsedConfig['redis'], textAt: TextAt): RedisSettings {
  const { sentinel, cluster } = redis
  const url = redis.url === undefined ? undefined : new URL(redis.url)
  const username = redis.username ?? (url?.username ? decodeURIComponent(url.username) : undefined)
  if (url !== undefined) url.username = ''
  const isTls = url?.protocol === 'rediss:' || (redis.tls !== undefined && redis.tls.enabled !== false)
  return {
    ...defined({ url: url?.href, username, password: textAt('redis.password') }),
    ...(sentinel !== undefined && {
      sentinel: {
        name: sentinel.name,
        nodes: sentinel.nodes,
        tls: sentinel.tls ?? isTls,
        ...defined({ username: sentinel.username, password: textAt('redis.sentinel.password') }),
      },
    }),
    ...defined({ cluster }),
    ...(isTls && { tls: clientTls('redis.tls', redis.tls?.servername, textAt) }),
  }
}

function clientTls(path: string, servername: string | undefined, textAt: TextAt): ClientTls {
  const [ca, cert, key] = ['caFile', 'certFile', 'keyFile'].map((field) => textAt(`${path}.${field}`))
  return defined({ ca, cert, key, servername })
}

const POSTGRES_PORT = 5432

function postgresOf(postgres: ParsedConfig['postgres'], textAt: TextAt): PostgresSettings {
  const url = new URL(postgres.url)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const { mode, ...rest } = postgres.tls
  // Nobody listens in on a loopback; everywhere else TLS is only left out on purpose.
  const untold = mode === undefined && Object.keys(rest).length === 0 && isLoopback(host)
  return {
    host,
    port: url.port === '' ? POSTGRES_PORT : Number(url.port),
    user: decodeURIComponent(url.username),
    database: decodeURIComponent(url.pathname.slice(1)),
    ...defined({ password: textAt('postgres.password') }),
    tls: mode === 'off' || untold ? false : clientTls('postgres.tls', rest.servername, textAt),
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function httpOf(http: ParsedConfig['http'], textAt: TextAt): Config['http'] {
  const { listen, hosts, readTokens, tls } = http
  return {
    listen,
    hosts,
    ...defined({ readTokens: readTokens?.map((_, index) => read(textAt, `http.readTokens.${index}`)) }),
    ...(tls !== undefined && {
      tls: { cert: read(textAt, 'http.tls.certFile'), key: read(textAt, 'http.tls.keyFile') },
    }),
  }
}
