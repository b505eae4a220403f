import { defaultLimits } from '../../../src/rules/limits.ts'
import { deadLetterStreams, platformStreams } from '../../../src/rules/platform.ts'
import * as signals from '../../../src/rules/signals.ts'
import { fold } from '../../../src/core/belief.ts'
import { evidenceOf, type Evidence } from '../../../src/core/evidence.ts'
import type { Batch } from '../../../src/core/observation.ts'
import { canaryComponents } from '../../../src/core/pushed.ts'
import { components } from '../../../src/core/replica.ts'
import { read, type Reading } from '../../../src/core/signal.ts'
import type { Rules } from '../../../src/core/snapshot.ts'
import type { Instant } from '../../../src/core/time.ts'
import { rulesFor, type RuleOptions } from '../../../src/rules/rules.ts'
import { failed, saw, aBatch } from '../../support/timeline.ts'
import { alertingPlaces } from './alerting-world.ts'
import { clusterPlaces, liveDigest, providedByCluster } from './cluster-world.ts'
import { place, type Place, type World } from './place.ts'
import { connectionReadings, outboxReadings } from './postgres-world.ts'

export type { Place, World } from './place.ts'

export const expectedMigrations = ['0001_baseline', '0002_audit', '0003_outbox']
const pushedChecks = ['manifest-digest', 'helm-render', 'schema-compatibility']

/** `of-0`, `of-1` and so on. */
function numbered(of: string, count: number): string[] {
  return Array.from({ length: count }, (_, number) => `${of}-${number}`)
}

function replicaPlaces(component: string, count: number): Place[] {
  return numbered(component, count).flatMap((replica) => {
    const labels = { component, replica }
    const id = `${component}/${replica}`
    const measured = metricsOf(labels)
    return [
      place('readiness', id, labels, [read(signals.ready, labels, 1)]),
      ...(measured.length === 0 ? [] : [place('metrics', id, labels, measured)]),
    ]
  })
}

function metricsOf(labels: { readonly component: string; readonly replica: string }): Reading[] {
  const replay = [
    read(signals.replayFiles, labels, 0),
    read(signals.replayOldestAge, labels, 0),
    read(signals.evidenceDropped, labels, 0),
  ]
  switch (labels.component) {
    case 'gateway':
      return [
        read(signals.snapshotFresh, labels, 1),
        read(signals.snapshotAge, labels, 12),
        read(signals.snapshotReloadErrors, labels, 0),
        read(signals.circuitOpened, labels, 0),
        ...replay,
      ]
    case 'sts':
      return [
        ...['compile', 'eval'].map((kind) => read(signals.policyErrors, { ...labels, kind }, 0)),
        ...replay,
      ]
    case 'audit':
      return ['mismatch', 'chain_break', 'hmac_failure', 'replay'].map((kind) =>
        read(signals.tamperFindings, { ...labels, kind }, 0),
      )
    default:
      return []
  }
}

function groupReadings(stream: string, group: string): Reading[] {
  const labels = { stream, group }
  return [
    read(signals.groupExists, labels, 1),
    read(signals.groupLag, labels, 3),
    read(signals.groupLagKnown, labels, 1),
    read(signals.groupPending, labels, 1),
    read(signals.groupOldestPendingIdle, labels, 1),
    read(signals.groupOldestPendingAge, labels, 2),
    read(signals.groupConsumers, labels, 2),
    read(signals.groupConsumerIdle, labels, 1),
    read(signals.groupLost, labels, 0),
  ]
}

function streamReadings(replicas: number): Reading[] {
  return platformStreams.flatMap(({ name: stream, groups }) => [
    read(signals.streamExists, { stream }, 1),
    read(signals.streamEntries, { stream }, 100),
    read(signals.streamEntriesAdded, { stream }, 5_000),
    ...groups.flatMap(({ name, policy }) =>
      policy === 'per-replica'
        ? [
            read(signals.perReplicaGroups, { stream }, replicas),
            read(signals.orphanGroups, { stream }, 0),
            ...numbered(`${name}gateway`, replicas).flatMap((group) => groupReadings(stream, group)),
          ]
        : groupReadings(stream, name),
    ),
  ])
}

function redisReadings(replicas: number): Reading[] {
  return [
    ...streamReadings(replicas),
    ...deadLetterStreams.flatMap((stream) => [
      read(signals.deadLetterEntries, { stream }, 0),
      read(signals.deadLetterArrivals, { stream }, 7),
    ]),
  ]
}

function redisServerReadings(): Reading[] {
  return [
    read(signals.redisMemoryUsed, {}, 400),
    read(signals.redisMemoryLimit, {}, 1_000, 'maxmemory'),
    read(signals.redisRejectedWrites, {}, 0),
    read(signals.redisEvictedKeys, {}, 0),
    read(signals.redisNoEviction, {}, 1, 'noeviction'),
    read(signals.redisPersistence, {}, 1),
  ]
}

/** A canary that went through every replica that it must. */
function canaryPlace(replicas: number): Place {
  const check = 'canary'
  return place('evidence', check, { check }, [
    read(signals.pushedEvidence, { check }, 1),
    ...canaryComponents.flatMap((component) =>
      numbered(component, replicas).map((replica) =>
        read(signals.pushedReplicaEvidence, { check, component, replica }, 1),
      ),
    ),
  ])
}

/** A platform in a cluster, of `replicas` replicas of each of six services, in which everything is well. */
export function healthyWorld(replicas = 2): World {
  return [
    ...components.flatMap((component) => replicaPlaces(component, replicas)),
    place('redis', 'redis', {}, redisReadings(replicas)),
    place('redis-server', 'redis', {}, redisServerReadings()),
    place('outboxes', 'postgres', {}, outboxReadings()),
    place('connections', 'postgres', {}, connectionReadings()),
    place(
      'migrations',
      'postgres',
      {},
      expectedMigrations.map((version) => read(signals.migrationApplied, { version }, 1)),
    ),
    ...pushedChecks.map((check) =>
      place('evidence', check, { check, digest: liveDigest }, [read(signals.pushedEvidence, { check }, 1)]),
    ),
    canaryPlace(replicas),
    ...alertingPlaces(),
    ...clusterPlaces(replicas),
  ]
}

const providedBy: Readonly<Record<string, string>> = {
  caracal_readiness: 'readiness',
  caracal_stream: 'redis',
  caracal_dead: 'redis',
  caracal_redis: 'redis-server',
  caracal_outbox: 'outboxes',
  caracal_postgres: 'connections',
  caracal_migration: 'migrations',
  caracal_rollout: 'evidence',
  caracal_alert: 'alerting',
  ...providedByCluster,
}

/** Which probe of the world gives which signal. */
const providers: ReadonlyMap<string, string> = new Map(
  Object.values(signals).map(({ name }) => {
    const families = Object.keys(providedBy).filter((family) => name.startsWith(family))
    const [longest = ''] = families.toSorted((a, b) => b.length - a.length)
    return [name, providedBy[longest] ?? 'metrics']
  }),
)

/** What the real rules are made from, for an installation in a cluster whose pipeline pushes evidence. */
export function platformOptions(overrides: Partial<RuleOptions> = {}): RuleOptions {
  return {
    limits: defaultLimits,
    streams: platformStreams,
    components,
    expectedMigrations,
    steady: 30_000,
    longestGap: 5_000,
    providers,
    kubernetes: 'on',
    helmSecrets: true,
    release: { name: 'caracal', namespace: 'platform' },
    off: new Map(),
    on: new Set(['canary']),
    ...overrides,
  }
}

export function platformRules(overrides: Partial<RuleOptions> = {}): Rules {
  return rulesFor(platformOptions(overrides))
}

/** Later than the start of any rollout in a test. */
const AFTER_ALL = 1e15

/**
 * One batch of each probe that shows this world.
 * @param pushedAt when the evidence came that does not say so
 */
export function batchesOf(world: World, at: Instant, pushedAt: Instant = at): readonly Batch[] {
  const byProbe = Map.groupBy(
    world.map((one) => (one.probe === 'evidence' ? pushed(one, pushedAt) : one)),
    ({ probe }) => probe,
  )
  return [...byProbe].map(([probe, places]) =>
    aBatch(
      probe,
      at,
      places.map(({ target, readings, blindSpots, failing }) =>
        failing ? failed(target, at) : saw(target, at, readings, blindSpots),
      ),
    ),
  )
}

/** Evidence as it is kept: its target says what it says, and since when. */
function pushed({ target, readings, ...place }: Place, at: Instant): Place {
  const outcome = readings.some(({ value }) => value === 0) ? 'fail' : 'pass'
  const labels = { outcome, issued: String(at), since: String(at), ...target.labels }
  return { ...place, readings, target: { ...target, labels } }
}

/** What a condition sees of this world; the evidence has just come, whatever rollout is under way. */
export function evidenceIn(world: World, now: Instant = 0): Evidence {
  return evidenceOf(fold(new Map(), batchesOf(world, now, AFTER_ALL)), providers, now)
}
