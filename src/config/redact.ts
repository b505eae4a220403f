import type { Limits } from '../checks/limits.ts'
import { components } from '../core/replica.ts'
import type { ClientTls, Config, RedisSettings } from './config.ts'
import { REDACTED, withoutCredentials } from './faults.ts'
import { keysOf } from './keys.ts'
import { limitsSchema } from './limits-schema.ts'
import { at, put, type Tree } from './tree.ts'
import { durationText, hostPortText, sizeText } from './units.ts'

/**
 * The effective configuration as it may be shown to anybody: spans and sizes as they are written, secrets and keys
 * as `<redacted>`, certificates as `<certificate>`. Names what it shows, so that a new field is hidden until somebody decides.
 */
export function redactedConfig(config: Config): Tree {
  return {
    release: config.release,
    services: services(config),
    ...hidden('metricsBearer', config.metricsBearer),
    tls: config.tls.ca === undefined ? {} : { ca: CERTIFICATE },
    redis: {
      ...redis(config.redis),
      ...(config.redisMemoryLimit !== undefined && { memoryLimit: sizeText(config.redisMemoryLimit) }),
    },
    postgres: postgres(config.postgres),
    migrations: config.migrations,
    ...(config.kubernetes !== undefined && { kubernetes: config.kubernetes }),
    gates: config.gates,
    checks: config.checks,
    stopConditions: config.stopConditions,
    limits: limits(config.limits),
    rollout: { steady: durationText(config.rollout.steady) },
    probes: probes(config.probes),
    http: http(config.http),
    tokens: config.tokens.map(({ name, scopes }) => ({ name, token: REDACTED, scopes })),
    state: config.state,
    log: config.log,
    runbookBaseUrl: withoutCredentials(config.runbookBaseUrl),
  }
}

const CERTIFICATE = '<certificate>'

function hidden(name: string, secret: string | undefined): Tree {
  return secret === undefined ? {} : { [name]: REDACTED }
}

function services({ replicas, pools }: Config): Tree {
  const entries = components.map((component) => {
    const own = replicas.filter((replica) => replica.component === component)
    const shown = own.map(({ name, url, hostname }) => ({
      name,
      url: withoutCredentials(url),
      ...(hostname !== undefined && { hostname }),
    }))
    return [component, { replicas: shown, poolSize: pools[component] }] as const
  })
  return Object.fromEntries(entries.filter(([, { replicas: shown }]) => shown.length > 0))
}

function redis({ url, username, password, sentinel, cluster, tls }: RedisSettings): Tree {
  return {
    ...(url !== undefined && { url: withoutCredentials(url) }),
    ...(username !== undefined && { username }),
    ...hidden('password', password),
    ...(sentinel !== undefined && {
      sentinel: {
        name: sentinel.name,
        nodes: sentinel.nodes.map(hostPortText),
        tls: sentinel.tls ?? false,
        ...(sentinel.username !== undefined && { username: sentinel.username }),
        ...hidden('password', sentinel.password),
      },
    }),
    ...(cluster !== undefined && { cluster: { nodes: cluster.nodes.map(hostPortText) } }),
    tls: tls === undefined ? { enabled: false } : { enabled: true, ...clientTls(tls) },
  }
}

function clientTls({ ca, cert, key, servername }: ClientTls): Tree {
  return {
    ...(ca !== undefined && { ca: CERTIFICATE }),
    ...(cert !== undefined && { cert: CERTIFICATE }),
    ...hidden('key', key),
    ...(servername !== undefined && { servername }),
  }
}

function postgres({ host, port, user, database, password, tls }: Config['postgres']): Tree {
  return {
    host,
    port,
    user,
    database,
    ...hidden('password', password),
    tls: tls === false ? { mode: 'off' } : { mode: 'verify-full', ...clientTls(tls) },
  }
}

function limits(values: Limits): Tree {
  const tree: Tree = {}
  for (const { path, kind } of keysOf(limitsSchema)) {
    const value = at(values, path)
    put(tree, path, kind === 'duration' && typeof value === 'number' ? durationText(value) : value)
  }
  return tree
}

function probes(paces: Config['probes']): Tree {
  const entries = Object.entries(paces).map(([probe, { quiet, brisk, timeout }]) => [
    probe,
    {
      ...(quiet !== undefined && { quiet: durationText(quiet) }),
      ...(brisk !== undefined && { brisk: durationText(brisk) }),
      ...(timeout !== undefined && { timeout: durationText(timeout) }),
    },
  ])
  return Object.fromEntries(entries) as Tree
}

function http({ listen, hosts, readTokens, tls }: Config['http']): Tree {
  return {
    listen: hostPortText(listen),
    hosts,
    ...(readTokens !== undefined && { readTokens: readTokens.map(() => REDACTED) }),
    ...(tls !== undefined && { tls: { cert: CERTIFICATE, key: REDACTED } }),
  }
}
