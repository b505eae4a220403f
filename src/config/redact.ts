import type { Limits } from '../rules/limits.ts'
import { components } from '../core/replica.ts'
import type { ClientTls, Config, KubernetesSettings, RedisSettings, StateSettings } from './config.ts'
import { REDACTED, withoutCredentials } from './faults.ts'
import { keysOf } from './keys.ts'
import { limitsSchema } from './limits-schema.ts'
import { at, put, type Tree } from './tree.ts'
import { durationText } from '../core/duration.ts'
import { hostPortText, sizeText } from './units.ts'

/**
 * The effective configuration as it may be shown to anybody: spans and sizes as they are written, secrets and keys
 * as `<redacted>`, certificates as `<certificate>`. Names what it shows, so that a new field is hidden until somebody decides.
 */
export function redactedConfig(config: Config): Tree {
  return {
    release: { name: config.release.name, namespace: config.release.namespace },
    services: services(config),
    ...hidden('metricsBearer', config.metricsBearer),
    tls: config.tls.ca === undefined ? {} : { ca: CERTIFICATE },
    redis: {
      ...redis(config.redis),
      ...(config.redisMemoryLimit !== undefined && { memoryLimit: sizeText(config.redisMemoryLimit) }),
    },
    postgres: postgres(config.postgres),
    migrations: given({ expected: config.migrations.expected }),
    ...(config.kubernetes !== undefined && { kubernetes: kubernetes(config.kubernetes) }),
    gates: switches(config.gates),
    checks: switches(config.checks),
    stopConditions: switches(config.stopConditions),
    limits: limits(config.limits),
    rollout: { steady: durationText(config.rollout.steady) },
    probes: probes(config.probes),
    http: http(config.http),
    tokens: config.tokens.map(({ name, scopes }) => ({ name, token: REDACTED, scopes })),
    state: state(config.state),
    log: { level: config.log.level },
    runbookBaseUrl: withoutCredentials(config.runbookBaseUrl),
  }
}

const CERTIFICATE = '<certificate>'

function hidden(name: string, secret: string | undefined): Tree {
  return secret === undefined ? {} : { [name]: REDACTED }
}

/** Without the fields that have no value. */
function given(fields: Tree): Tree {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

function kubernetes({ enabled, kubeconfig, context, helmSecrets }: KubernetesSettings): Tree {
  return given({ enabled, kubeconfig, context, helmSecrets })
}

function switches(entries: Config['gates']): Tree {
  return Object.fromEntries(
    Object.entries(entries).map(([id, { enabled, reason }]) => [id, given({ enabled, reason })]),
  )
}

function state({ file, configMap }: StateSettings): Tree {
  const { name, namespace } = configMap ?? {}
  return given({ file, configMap: configMap && { name, namespace } })
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
