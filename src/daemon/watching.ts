import { databaseRoles, deadLetterStreams, platformStreams } from '../rules/platform.ts'
import { pushedEvidence, pushedReplicaEvidence } from '../rules/signals.ts'
import type { Config } from '../config/schema.ts'
import { poolSizeOf, replicasIn } from '../config/services-schema.ts'
import { openCluster } from '../kubernetes/cluster.ts'
import type { Cluster } from '../kubernetes/model.ts'
import { openKubernetes } from '../connections/kubernetes.ts'
import { PUSHED_EVIDENCE, type Batch } from '../core/observation.ts'
import type { Rules } from '../core/snapshot.ts'
import { SECOND, type Clock, type Instant, type Millis } from '../core/time.ts'
import { rulesFor, type RuleOptions } from '../rules/rules.ts'
import { clusterDiscovery } from '../probes/replicas.ts'
import type { Sources } from '../probes/declaration.ts'
import { withinBudget } from '../probes/budget.ts'
import { atPace, httpProbes, openProbes, providersOf } from '../probes/index.ts'
import type { OnFault } from '../probes/observe.ts'
import type { Cadence } from './cadence.ts'
import { steadyClock } from './clock.ts'
import { openConnections } from './open-connections.ts'
import type { Costs } from './records.ts'
import { startLooking } from './looking.ts'
import { componentsOf, ruleOptionsOf } from './rule-options.ts'

/** What is pushed is known like what a probe gives. */
const pipelines = { name: PUSHED_EVIDENCE, provides: [pushedEvidence, pushedReplicaEvidence] }

/** All that a configuration sets up towards the platform, so that a reload can replace it whole. */
export interface Watching {
  readonly rules: Rules
  /** What the rules are made from. */
  readonly options: RuleOptions
  start(): void
  hurry(): void
  /** The cluster that it watches, when there is one. */
  readonly followed?: Followed
  /** Ends all probes; the cluster stays when `next` watches the same. */
  stop(next?: Watching): Promise<void>
}

/** A cluster that is followed over reloads: what is known of its pods must not be forgotten meanwhile. */
interface Followed {
  /** What it was made from. */
  readonly key: string
  readonly cluster: Cluster
  /** Ends the counting of what it costs. */
  readonly uncount: () => void
}

export interface WatchingOptions {
  readonly clock: Clock
  /** When this process began, as its metrics say. */
  readonly startedAt: Instant
  readonly cadence: () => Cadence
  readonly costs: Costs
  /** Takes what a poll brought. */
  readonly deliver: (batch: Batch) => void
  /** Takes what was pushed, which nothing may delay. */
  readonly deliverNow: (batch: Batch) => void
  readonly onFault: OnFault
}

/**
 * Nothing is dialled and nothing is probed before `start`.
 * @param before what this takes over from
 */
export function prepareWatching(config: Config, options: WatchingOptions, before?: Watching): Watching {
  const connections = openConnections(config, options)
  const followed = followedBy(config, options, before?.followed)
  const cluster = followed?.cluster
  // What probes measure by it are spans.
  const sources = sourcesOf(config, { clock: steadyClock, ...connections.clients }, cluster)
  const { discovery } = sources
  const opened = openProbes(sources)
  const paced = opened.probes.map((probe) => atPace(probe, config.probes[probe.name]))
  const { services = [], others = [] } = Object.groupBy(paced, ({ name }) =>
    httpProbes.includes(name) ? 'services' : 'others',
  )
  const looks = [...withinBudget(services), ...others]
  const follows = opened.watches
  const ruleOptions = ruleOptionsOf(config, providersOf([...looks, ...follows, pipelines]))
  let looking: ReturnType<typeof startLooking> | undefined
  let unsubscribe: (() => void) | undefined
  return {
    ...(followed !== undefined && { followed }),
    options: ruleOptions,
    rules: rulesFor(ruleOptions),
    start() {
      looking = startLooking({ ...options, probes: looks, watches: follows })
      cluster?.start()
      let proven = discovery.proven?.()
      unsubscribe = cluster?.subscribe(() => {
        // A pod that came is asked at once, and one that went is no blind spot.
        looking?.relist()
        const before = proven
        proven = discovery.proven?.()
        // So is one of which the watch now says something else, or can say nothing any more.
        if (proven !== before) looking?.hurry()
      })
    },
    hurry: () => looking?.hurry(),
    async stop(next) {
      unsubscribe?.()
      const left = next?.followed?.cluster === cluster ? undefined : followed
      // Connections are closed under the watches, since a blocked read ends in no other way.
      await Promise.all([looking?.stop(), left?.cluster.stop(), connections.close()])
      left?.uncount()
    },
  }
}

/** Within what time each kind of the cluster is confirmed, should its watch have kept something from us. */
const CONFIRM: Readonly<Record<Cadence, Millis>> = { brisk: 5.4 * SECOND, quiet: 9 * SECOND }

/** The release in its cluster, when there is one. */
function followedBy(
  { kubernetes, release }: Config,
  { cadence, costs, onFault }: WatchingOptions,
  before: Followed | undefined,
): Followed | undefined {
  if (kubernetes?.enabled !== true) return undefined
  const key = JSON.stringify([kubernetes, release])
  if (before?.key === key) return before
  const cluster = openCluster({
    kubernetes: openKubernetes(kubernetes),
    namespace: release.namespace,
    release: release.name,
    helmSecrets: kubernetes.helmSecrets,
    confirm: () => CONFIRM[cadence()],
    onFault: (fault) => onFault('cluster', 'kubernetes', fault),
  })
  return { key, cluster, uncount: costs.follow('kubernetes', () => cluster.cost) }
}

function sourcesOf(
  config: Config,
  connections: Pick<Sources, 'clock' | 'http' | 'redis' | 'postgres' | 'alerting'>,
  cluster: Cluster | undefined,
): Sources {
  const replicas = replicasIn(config.services)
  const discovery = cluster === undefined ? { replicas: () => replicas } : clusterDiscovery(cluster)
  const expected = new Set<string>(componentsOf(config))
  return {
    ...connections,
    discovery,
    ...(cluster !== undefined && { cluster }),
    rollOutWithin: config.limits.readiness.rollOutWithin,
    bearer: () => config.metricsBearer?.reveal(),
    streams: platformStreams,
    deadLetterStreams,
    lagLimit: config.limits.streams.lagEntries.trip,
    ...(config.redis.memoryLimit !== undefined && { redisMemoryLimit: config.redis.memoryLimit }),
    // Of a component without replicas nothing is expected.
    roles: Object.fromEntries(Object.entries(databaseRoles).filter(([component]) => expected.has(component))),
    databaseUser: config.postgres.user,
    pools: () => {
      const counts = Map.groupBy(discovery.replicas(), (replica) => replica.component)
      return Object.fromEntries(
        [...counts].map(([component, members]) => [
          component,
          poolSizeOf(config.services, component) * members.length,
        ]),
      )
    },
  }
}
