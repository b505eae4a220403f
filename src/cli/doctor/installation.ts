import { openCluster } from '../../kubernetes/cluster.ts'
import { notYetSeen } from '../../kubernetes/model.ts'
import { loadConfig, type ConfigSources } from '../../config/load.ts'
import { loginHeaders } from '../../connections/http-login.ts'
import { openHttp } from '../../connections/http.ts'
import { openKubernetes } from '../../connections/kubernetes.ts'
import { openPostgres } from '../../connections/postgres.ts'
import { openRedis } from '../../connections/redis.ts'
import type { PlainConfig } from '../../config/schema.ts'
import { revealed } from '../../config/secret.ts'
import { replicasIn } from '../../config/services-schema.ts'
import { MINUTE } from '../../core/time.ts'
import { secretReferences } from '../../kubernetes/manifest/references.ts'
import { clusterDiscovery } from '../../probes/replicas.ts'
import type { Installation, Outside, Replicas } from './area.ts'
import { timed } from './timed.ts'

/** An installation that is looked at, and how to leave it. */
export interface Opened {
  readonly installation: Installation
  close(): Promise<void>
}

/**
 * Loads the configuration and prepares the connections; nothing is dialled before it is asked for.
 * @param daemonUrl where the running exporter is; absent: where the configuration has it listen
 * @throws ConfigError with everything that is wrong
 */
export async function openInstallation(
  sources: ConfigSources,
  outside: Outside,
  daemonUrl: string | undefined,
): Promise<Opened> {
  const files = new Map<string, string>()
  const loaded = await loadConfig({
    ...sources,
    async readFile(path) {
      const bytes = await sources.readFile(path)
      files.set(path, new TextDecoder().decode(bytes))
      return bytes
    },
  })
  const config = revealed(loaded.config)
  const http = openHttp({ tls: config.tls })
  const redis = openRedis(config.redis)
  const postgres = openPostgres(config.postgres)
  const kubernetes = config.kubernetes?.enabled === true ? openKubernetes(config.kubernetes) : undefined
  let replicas: Promise<Replicas> | undefined
  return {
    installation: {
      ...alertingOf(config, outside),
      ...outside,
      release: config.release,
      config,
      files,
      configHash: loaded.hash,
      http,
      redis,
      postgres,
      ...(kubernetes !== undefined && { kubernetes }),
      replicas: () => (replicas ??= replicasOf(config)),
      daemon: { url: daemonUrl ?? listenUrl(config), isGiven: daemonUrl !== undefined },
    },
    async close() {
      await Promise.all([http.close(), redis.close(), postgres.close(), kubernetes?.close()])
    },
  }
}

/** Where the configuration says that alerts are evaluated and sent from; what was given is asked without its logins. */
function alertingOf({ alerting }: PlainConfig, given: Outside): Partial<Outside> {
  if (alerting === undefined) return {}
  const { prometheus, alertmanager } = alerting
  const { filter = [] } = alertmanager
  return {
    prometheus: `${prometheus.url}/`,
    alertmanagers: alertmanager.urls.map((url) => `${url}/`),
    logins: {
      ...(given.prometheus === undefined && {
        prometheus: { headers: loginHeaders(prometheus), ...prometheus.tls },
      }),
      ...(given.alertmanagers === undefined && {
        alertmanager: { headers: loginHeaders(alertmanager), ...alertmanager.tls },
        filter,
      }),
    },
  }
}

function listenUrl({ http: { listen, tls } }: PlainConfig): string {
  const host = ['', '0.0.0.0', '::'].includes(listen.host) ? '127.0.0.1' : listen.host
  return `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${listen.port}/`
}

const LIST_WITHIN = 6_000

/** As configured, or as the exporter finds them: by the pods of the release. */
async function replicasOf(config: PlainConfig): Promise<Replicas> {
  if (config.kubernetes?.enabled !== true) return { replicas: replicasIn(config.services) }
  const cluster = openCluster({
    kubernetes: openKubernetes(config.kubernetes),
    namespace: config.release.namespace,
    release: config.release.name,
    helmSecrets: false,
    confirm: () => MINUTE,
  })
  const isListed = (): boolean =>
    (['pods', 'workloads', 'jobs'] as const).every((kind) => {
      const seen = cluster.of(kind)
      return seen.ok || !notYetSeen.has(seen.unavailable.reason)
    })
  const listed = new Promise<void>((resolve) => {
    cluster.subscribe(() => {
      if (isListed()) resolve()
    })
  })
  cluster.start()
  await timed(listed, LIST_WITHIN)
  const [pods, workloads] = [cluster.of('pods'), cluster.of('workloads')]
  const items = workloads.ok ? workloads.items : workloads.lastKnown
  const jobs = cluster.of('jobs')
  const references = [
    ...items.flatMap(({ source }) => secretReferences(source)),
    ...(jobs.ok ? jobs.items : jobs.lastKnown).flatMap((job) => job.references),
  ]
  const secrets = references.flatMap(({ secret, optional }) => (optional ? [] : [secret]))
  const seen = {
    replicas: clusterDiscovery(cluster).replicas(),
    readyPods: new Set((pods.ok ? pods.items : []).flatMap(({ name, ready }) => (ready ? [name] : []))),
    workloads: items.length,
    secrets: [...new Set(secrets)].toSorted(),
  }
  await cluster.stop()
  const blind = [pods, workloads].find(({ ok }) => !ok)
  return { ...seen, ...(blind?.ok === false && { unavailable: blind.unavailable }) }
}
