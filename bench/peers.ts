import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { startAlertmanager } from '../rig/alertmanager.ts'
import { freePort, launch, removeFolder, temporaryFolder, waitUntilReady } from '../rig/processes.ts'
import { startPrometheus, type ScrapeTarget } from '../rig/prometheus.ts'
import { deadLetterStreams, platformStreams } from '../src/rules/platform.ts'
import type { Platform } from './platform.ts'

/** Debian's packages of the stack. */
export const peerPackages = [
  'prometheus',
  'prometheus-alertmanager',
  'prometheus-postgres-exporter',
  'prometheus-redis-exporter',
  'prometheus-blackbox-exporter',
]

/** Prometheus with scrapes and rules each second, Alertmanager and three exporters, all of them of this process. */
export type Peers = {
  readonly pids: readonly number[]
  /** Names of the alerts that fire. */
  firing(): Promise<ReadonlySet<string>>
  stop(): Promise<void>
}

/** By the name of a fault: what an operator would write to see it, without any `for`. Two pools of 20 make 40. */
export const rules: Readonly<Record<string, string>> = {
  'dead letter arrives (XADD)':
    'changes(redis_stream_last_generated_id{stream="caracal.audit.events.dlq"}[3s]) > 0',
  'dead outbox row (INSERT)': 'bench_outbox_dead > 0',
  'Postgres pool above 90 % (BEGIN)': 'bench_sessions_in_use{role="caracalapi"} / 40 > 0.9',
  'Redis memory above 90 % (CONFIG SET maxmemory)':
    'redis_memory_max_bytes > 0 and redis_memory_used_bytes / redis_memory_max_bytes > 0.9',
  'consumer group destroyed (XGROUP DESTROY)':
    'absent(redis_stream_group_consumers{stream="caracal.keys.invalidate", group="sts-keys"})',
  'snapshot of a Gateway stale (its flag)': 'caracal_gateway_revocation_snapshot_fresh == 0',
  'replay file of 400 s on a Gateway': 'caracal_gateway_audit_replay_oldest_age_seconds > 300',
  'audit evidence dropped by an STS': 'caracal_sts_audit_dropped_total > 0',
  'Gateway not ready (its /ready cannot reach STS)': 'probe_success{job="ready-gateway"} == 0',
  'STS not ready (its /ready cannot write)': 'probe_success{job="ready-sts"} == 0',
  'Redis hung (SIGSTOP)': 'up{job="redis"} == 0 or redis_up == 0',
  'Postgres hung (SIGSTOP)': 'up{job="postgres"} == 0 or pg_up == 0',
  'Gateway replicas hung (SIGSTOP)': 'up{job="gateway"} == 0',
  'API replicas hung (SIGSTOP)': 'probe_success{job="ready-api"} == 0',
}

const queries = {
  bench_outbox: {
    query: `SELECT count(*) AS dead FROM event_outbox WHERE dispatched_at IS NULL AND available_at = 'infinity'`,
    metrics: [{ dead: { usage: 'GAUGE', description: 'Dead rows.' } }],
  },
  bench_sessions: {
    query: `SELECT usename AS role, count(*) AS in_use FROM pg_stat_activity WHERE state <> 'idle' GROUP BY 1`,
    metrics: [
      { role: { usage: 'LABEL', description: 'Role.' } },
      { in_use: { usage: 'GAUGE', description: 'Sessions that are not idle.' } },
    ],
  },
}

/** Those that the daemon asks for. */
const watchedStreams = [...platformStreams.map(({ name }) => name), ...deadLetterStreams]

/** What API and Coordinator grant of `/ready` in a minute is less than one a second and replica: they are asked for `/health`. */
const probed = {
  gateway: '/ready',
  sts: '/ready',
  audit: '/ready',
  api: '/health',
  coordinator: '/health',
  web: '/health',
} as const

type Exporter = { readonly address: string; readonly pid: number; stop(): Promise<void> }

/** Starts a program that serves its metrics at the address that it is given by a flag. */
async function startExporter(
  command: string,
  [flag, ...args]: readonly [flag: string, ...args: string[]],
  env: NodeJS.ProcessEnv = {},
): Promise<Exporter> {
  const address = `127.0.0.1:${await freePort()}`
  const folder = await temporaryFolder('peer')
  const allArgs = [`${flag}=${address}`, ...args]
  const server = launch({
    command,
    args: allArgs,
    folder,
    endSignal: 'SIGKILL',
    env: { ...process.env, ...env },
  })
  const stop = async () => {
    await server.end('SIGKILL')
    await removeFolder(folder)
  }
  const answers = () =>
    fetch(`http://${address}/metrics`).then(
      ({ ok }) => ok,
      () => false,
    )
  const explain = (why: string) => new Error(`${command} did not start: ${why}\n${server.output()}`)
  await waitUntilReady(server, answers, explain).catch(async (fault: unknown) => {
    await stop()
    throw fault
  })
  return { address, pid: server.pid, stop }
}

/** Starts the stack against a platform; each of the programs must be installed. */
export async function startPeers(platform: Platform, bearer: string): Promise<Peers> {
  const folder = await temporaryFolder('peers')
  const undo: (() => Promise<unknown>)[] = [() => removeFolder(folder)]
  const stop = async () => {
    for (const each of undo.toReversed()) await each()
  }
  const file = async (name: string, content: unknown) => {
    await writeFile(join(folder, name), stringify(content))
    return join(folder, name)
  }
  async function stopped<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
    const started = await starting
    undo.push(() => started.stop())
    return started
  }
  try {
    const exporters = {
      redis: await stopped(startExporter('prometheus-redis-exporter', redisFlags(platform))),
      postgres: await stopped(
        startExporter(
          'prometheus-postgres-exporter',
          ['--web.listen-address', `--extend.query-path=${await file('queries.yaml', queries)}`],
          { DATA_SOURCE_NAME: `${platform.postgres.monitorUrl}?sslmode=disable` },
        ),
      ),
      blackbox: await stopped(
        startExporter('prometheus-blackbox-exporter', [
          '--web.listen-address',
          `--config.file=${await file('blackbox.yaml', modules)}`,
        ]),
      ),
    }
    const alertmanager = await stopped(startAlertmanager(stringify(unheard)))
    const alerts = Object.entries(rules).map(([fault, expr]) => ({ alert: fault, expr }))
    const prometheus = await stopped(
      startPrometheus({
        targets: targetsOf(platform, bearer, exporters),
        ruleFiles: [await file('rules.yaml', { groups: [{ name: 'bench', rules: alerts }] })],
        alertmanagers: [alertmanager.address],
        intervalSeconds: 1,
      }),
    )
    return {
      pids: [prometheus, alertmanager, ...Object.values(exporters)].map(({ pid }) => pid),
      async firing() {
        const active = await prometheus.alerts()
        const names = active.filter(({ state }) => state === 'firing')
        return new Set(names.map(({ labels }) => labels['alertname'] ?? ''))
      },
      stop,
    }
  } catch (fault) {
    await stop()
    throw fault
  }
}

function redisFlags({ redis }: Platform): readonly [string, ...string[]] {
  const streams = `-check-single-streams=${watchedStreams.join(',')}`
  return ['-web.listen-address', `-redis.addr=${redis.url}`, streams, '-redis-only-metrics']
}

const modules = { modules: { ok: { prober: 'http', timeout: '900ms' } } }

const unheard = { route: { receiver: 'none' }, receivers: [{ name: 'none' }] }

type Exporters = Readonly<Record<'redis' | 'postgres' | 'blackbox', { readonly address: string }>>

function targetsOf({ replicas }: Platform, bearer: string, exporters: Exporters): readonly ScrapeTarget[] {
  const scraped = replicas.filter(({ service }) => ['gateway', 'sts', 'audit'].includes(service))
  return [
    { job: 'redis', address: exporters.redis.address },
    { job: 'postgres', address: exporters.postgres.address },
    ...scraped.map(({ service, url }) => ({ job: service, address: new URL(url).host, bearer })),
    ...Object.entries(probed).flatMap(([service, path]) =>
      replicas
        .filter((replica) => replica.service === service)
        .map(({ url }) => ({
          job: `ready-${service}`,
          address: exporters.blackbox.address,
          path: '/probe',
          labels: { __param_module: 'ok', __param_target: `${url}${path}`, instance: url },
        })),
    ),
  ]
}
