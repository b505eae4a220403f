import type { Http } from '../connections/http.ts'
import type { Postgres } from '../connections/postgres.ts'
import type { RedisConnection } from '../connections/redis.ts'
import type { StreamSpec } from '../rules/platform.ts'
import type { Providers } from '../core/evidence.ts'
import type { Cluster } from '../kubernetes/model.ts'
import type { Clock, Millis } from '../core/time.ts'
import { deadLetters } from './dead-letters.ts'
import { healthEndpoint } from './health-endpoint.ts'
import { helmRelease } from './helm-release.ts'
import { migrationJobs } from './migration-jobs.ts'
import { outboxTables } from './outbox-tables.ts'
import { postgresConnections } from './postgres-connections.ts'
import type { Pace, Probe, Watch } from './probe.ts'
import { readyEndpoint } from './ready-endpoint.ts'
import { redisServer } from './redis-server.ts'
import { redisStreams } from './redis-streams.ts'
import type { Discovery } from './replicas.ts'
import { schemaMigrations } from './schema-migrations.ts'
import { secretReferenceProbe } from './secret-references.ts'
import { serviceMetrics } from './service-metrics.ts'
import { servicePorts } from './service-ports.ts'
import { workloads } from './workloads.ts'

/** What probes are made from: connections, and what they need to know of the installation. */
export interface Sources {
  readonly clock: Clock
  readonly http: Http
  readonly redis: RedisConnection
  readonly postgres: Postgres
  readonly discovery: Discovery
  readonly bearer: () => string | undefined
  readonly streams: readonly StreamSpec[]
  readonly deadLetterStreams: readonly string[]
  /** Entries above which a lag need not be counted on. */
  readonly lagLimit: number
  readonly redisMemoryLimit?: number
  /** Database role and login of the looks, and what the pools of all replicas may open. */
  readonly roles: Readonly<Record<string, string>>
  readonly databaseUser: string
  readonly pools: () => Readonly<Record<string, number>>
  /** Absent where there is none. */
  readonly cluster?: Cluster
  /** How long a StatefulSet may take to roll out. */
  readonly rollOutWithin: Millis
}

/** Every probe, each one line. */
export const probes: readonly ((sources: Sources) => Probe)[] = [
  readyEndpoint,
  healthEndpoint,
  serviceMetrics,
  ({ redis, streams, discovery, lagLimit }) =>
    redisStreams(redis, { streams, hostnames: () => gatewayHostnames(discovery), lagLimit }),
  ({ redis, redisMemoryLimit }) => redisServer(redis, redisMemoryLimit),
  ({ postgres }) => outboxTables(postgres),
  ({ postgres, roles, databaseUser: user, pools }) => postgresConnections(postgres, { roles, user, pools }),
  ({ postgres }) => schemaMigrations(postgres),
]

/** Every watch, each one line. */
export const watches: readonly ((sources: Sources) => Watch)[] = [
  ({ redis, deadLetterStreams }) => deadLetters(redis, deadLetterStreams),
]

/** Sources with a cluster in them. */
export type ClusterSources = Sources & { readonly cluster: Cluster }

/** Every probe that needs a cluster, each one line. */
export const clusterProbes: readonly ((sources: ClusterSources) => Probe)[] = [
  ({ cluster, clock }) => secretReferenceProbe(cluster, clock),
]

/** Every watch that needs a cluster, each one line. */
export const clusterWatches: readonly ((sources: ClusterSources) => Watch)[] = [
  ({ cluster, clock, rollOutWithin }) => workloads(cluster, clock, rollOutWithin),
  ({ cluster }) => migrationJobs(cluster),
  ({ cluster }) => servicePorts(cluster),
  ({ cluster }) => helmRelease(cluster),
]

/** Names by which a configuration may change a probe's pace. */
export const probeNames = [
  'ready-endpoint',
  'health-endpoint',
  'service-metrics',
  'redis-streams',
  'redis-server',
  'outbox-tables',
  'postgres-connections',
  'schema-migrations',
  'secret-references',
] as const

/** Which probe or watch gives which signal. */
export function providersOf(all: readonly Pick<Probe, 'name' | 'provides'>[]): Providers {
  return new Map(all.flatMap(({ name, provides }) => provides.map((signal) => [signal.name, name] as const)))
}

/** The probe with parts of its pace replaced; quiet looks are never more frequent than brisk ones. */
export function atPace(probe: Probe, override: Partial<Pace> | undefined): Probe {
  if (override === undefined) return probe
  return {
    ...probe,
    pace(target) {
      const own = probe.pace(target)
      const wanted = { ...own, ...override }
      const brisk = probe.rationed ? Math.max(own.brisk, wanted.brisk) : wanted.brisk
      const quiet = probe.rationed ? Math.max(own.quiet, wanted.quiet) : wanted.quiet
      return { brisk, quiet: Math.max(brisk, quiet), timeout: wanted.timeout }
    },
  }
}

function gatewayHostnames(discovery: Discovery): readonly string[] {
  return discovery
    .replicas()
    .flatMap(({ component, hostname }) => (component === 'gateway' ? (hostname ?? []) : []))
}
