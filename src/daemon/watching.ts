import { databaseRoles, deadLetterStreams, platformStreams } from '../checks/platform.ts'
import { pushedEvidence } from '../checks/signals.ts'
import type { Config } from '../config/config.ts'
import { openHttp } from '../connections/http.ts'
import { openPostgres } from '../connections/postgres.ts'
import { openRedis } from '../connections/redis.ts'
import { PUSHED_EVIDENCE, type Round } from '../core/observation.ts'
import type { Rules } from '../core/snapshot.ts'
import { SECOND, type Clock } from '../core/time.ts'
import type { Component } from '../core/replica.ts'
import { rulesFor } from '../gates/rules.ts'
import { atPace, probes, providersOf, watches, type Sources } from '../probes/index.ts'
import type { OnFault } from '../probes/probe.ts'
import type { Cost } from '../publish/context.ts'
import type { Cadence } from './cadence.ts'
import { startLooking } from './looking.ts'

/** All that a configuration sets up towards the platform, so that a reload can replace it whole. */
export interface Watching {
  readonly rules: Rules
  start(): void
  hurry(): void
  costs(): ReadonlyMap<string, Cost>
  stop(): Promise<void>
}

export interface WatchingOptions {
  readonly clock: Clock
  readonly cadence: () => Cadence
  /** Takes what a poll brought. */
  readonly deliver: (round: Round) => void
  /** Takes what was pushed, which nothing may delay. */
  readonly deliverNow: (round: Round) => void
  readonly onFault: OnFault
}

/** Nothing is dialled and nothing looks before `start`. */
export function prepareWatching(config: Config, options: WatchingOptions): Watching {
  const http = openHttp({ tls: config.tls })
  const redis = openRedis(config.redis)
  const postgres = openPostgres(config.postgres)
  const sources = sourcesOf(config, { clock: options.clock, http, redis, postgres })
  const looks = probes.map((make) => make(sources)).map((probe) => atPace(probe, config.probes[probe.name]))
  const follows = watches.map((make) => make(sources))
  let looking: ReturnType<typeof startLooking> | undefined
  return {
    rules: rulesOf(
      config,
      providersOf([...looks, ...follows, { name: PUSHED_EVIDENCE, provides: [pushedEvidence] }]),
    ),
    start() {
      looking = startLooking({ ...options, probes: looks, watches: follows })
    },
    hurry: () => looking?.hurry(),
    costs: () =>
      new Map<string, Cost>([
        ['redis', { requests: redis.cost.commands, took: 0 }],
        ['postgres', { requests: postgres.cost.statements, took: postgres.cost.spent }],
      ]),
    async stop() {
      // Connections are closed under the watches, since a blocked read ends in no other way.
      await Promise.all([looking?.stop(), http.close(), redis.close(), postgres.close()])
    },
  }
}

function sourcesOf(
  config: Config,
  connections: Pick<Sources, 'clock' | 'http' | 'redis' | 'postgres'>,
): Sources {
  const { replicas } = config
  const counts = Map.groupBy(replicas, (replica) => replica.component)
  return {
    ...connections,
    discovery: { replicas: () => replicas },
    bearer: () => config.metricsBearer,
    streams: platformStreams,
    deadLetterStreams,
    lagLimit: config.limits.streams.lagEntries.trip,
    ...(config.redisMemoryLimit !== undefined && { redisMemoryLimit: config.redisMemoryLimit }),
    // Of a component without replicas nothing is expected.
    roles: Object.fromEntries(
      Object.entries(databaseRoles).filter(([component]) => counts.has(component as Component)),
    ),
    databaseUser: config.postgres.user,
    pools: () =>
      Object.fromEntries(
        [...counts].map(([component, members]) => [component, config.pools[component] * members.length]),
      ),
  }
}

/** A step at least every second; five missed ones are a gap in which nobody looked. */
const LONGEST_GAP = 5 * SECOND

function rulesOf(config: Config, providers: Rules['providers']): Rules {
  const switches = Object.entries({ ...config.gates, ...config.checks, ...config.stopConditions })
  const off = switches.flatMap(([id, { enabled, reason }]): [string, string][] =>
    enabled ? [] : [[id, reason ?? 'switched off in the configuration']],
  )
  return rulesFor({
    limits: config.limits,
    streams: platformStreams,
    components: [...new Set(config.replicas.map((replica) => replica.component))],
    ...(config.migrations.expected !== undefined && { expectedMigrations: config.migrations.expected }),
    steady: config.rollout.steady,
    longestGap: LONGEST_GAP,
    providers,
    kubernetes: config.kubernetes === undefined ? 'absent' : config.kubernetes.enabled ? 'on' : 'off',
    helmSecrets: config.kubernetes?.helmSecrets === true,
    release: config.release,
    off: new Map(off),
  })
}
