import type { Registry } from 'prom-client'
import { deadLetterStreams, platformStreams } from '../../../src/rules/platform.ts'
import * as signals from '../../../src/rules/signals.ts'
import type { Observation, Batch, Target } from '../../../src/core/observation.ts'
import { unknownReasons } from '../../../src/core/observation.ts'
import type { Labels, Reading, Signal } from '../../../src/core/signal.ts'
import { initialSnapshot } from '../../../src/core/snapshot.ts'
import { step } from '../../../src/core/step.ts'
import type { SelfStats } from '../../../src/http/context.ts'
import { toReport } from '../../../src/http/document.ts'
import { newInstruments } from '../../../src/http/instruments.ts'
import { renderMetrics, type Format } from '../../../src/http/metrics.ts'
import type { Judged, Scrape } from '../../../src/http/samples.ts'
import { reportContext, rollout, standardRules, start } from './context.ts'

export interface Oddities {
  /** A target whose looks all fail. */
  readonly blind?: string
  /** A target that is not watched any more. */
  readonly without?: string
}

// Of twelve pods; the Coordinator and the API have nothing that is scraped for.
const shares = { api: 2, sts: 3, gateway: 3, audit: 2, coordinator: 2 }
const measured: Readonly<Record<string, readonly Signal[]>> = {
  gateway: [
    signals.snapshotAge,
    signals.snapshotFresh,
    signals.snapshotReloadErrors,
    signals.replayFiles,
    signals.replayOldestAge,
    signals.evidenceDropped,
    signals.circuitOpened,
  ],
  sts: [signals.replayFiles, signals.replayOldestAge, signals.evidenceDropped],
  audit: [],
}
const kinds: Readonly<Record<string, readonly [Signal, readonly string[]]>> = {
  audit: [signals.tamperFindings, ['content', 'chain_break', 'hmac_failure', 'replay']],
  sts: [signals.policyErrors, ['compile', 'eval']],
}
const groupSignals = [
  signals.groupExists,
  signals.groupLag,
  signals.groupLagKnown,
  signals.groupPending,
  signals.groupOldestPendingIdle,
  signals.groupOldestPendingAge,
  signals.groupConsumers,
  signals.groupConsumerIdle,
  signals.groupLost,
]

const readiness = (Object.values(signals) as readonly Signal[]).filter(({ name }) =>
  name.startsWith('caracal_readiness_'),
)

function reading(signal: Signal, labels: Labels = {}): Reading {
  return { signal: signal.name, labels, value: signal.unit === 'boolean' ? 1 : 0 }
}

function streamReadings(): readonly Reading[] {
  return platformStreams.flatMap(({ name: stream, groups }) => [
    ...[signals.streamExists, signals.streamEntries, signals.streamEntriesAdded].map((signal) =>
      reading(signal, { stream }),
    ),
    ...groups.flatMap(({ name: group, policy }) =>
      policy === 'per-replica'
        ? [signals.perReplicaGroups, signals.orphanGroups].map((signal) => reading(signal, { stream }))
        : groupSignals.map((signal) => reading(signal, { stream, group })),
    ),
  ])
}

function postgresReadings(): readonly Reading[] {
  const perComponent = [
    signals.postgresConnections,
    signals.postgresConnectionsInUse,
    signals.postgresConnectionLimit,
  ]
  return [
    ...Object.keys(shares).flatMap((component) =>
      perComponent.map((signal) => reading(signal, { component })),
    ),
    reading(signals.postgresServerConnections),
    reading(signals.postgresServerLimit),
    reading(signals.postgresAccepts),
  ]
}

const redisReadings = [
  signals.redisMemoryUsed,
  signals.redisMemoryLimit,
  signals.redisRejectedWrites,
  signals.redisEvictedKeys,
  signals.redisNoEviction,
  signals.redisPersistence,
].map((signal) => reading(signal))

const outboxReadings = ['api', 'coordinator'].flatMap((outbox) => [
  ...['pending', 'dead'].map((state) => reading(signals.outboxMessages, { outbox, state })),
  reading(signals.outboxOldestPending, { outbox }),
])

const deadLetterReadings = deadLetterStreams.flatMap((stream) =>
  [signals.deadLetterEntries, signals.deadLetterArrivals].map((signal) => reading(signal, { stream })),
)

const migrationReadings = Array.from({ length: 33 }, (_, place) =>
  reading(signals.migrationApplied, { version: String(place + 1).padStart(4, '0') }),
)

function batch(
  probe: string,
  looks: readonly (readonly [Target, readonly Reading[]])[],
  odd: Oddities,
): Batch {
  const kept = looks.filter(([target]) => target.id !== odd.without)
  const observations = kept.map(([target, readings]): Observation => {
    const unavailable = { unknownReason: 'timeout', reason: 'timeout', message: 'no answer' } as const
    const outcome =
      target.id === odd.blind
        ? ({ ok: false, ...unavailable } as const)
        : ({ ok: true, readings, blindSpots: [] } as const)
    return { target, at: start, took: 2, validFor: 60_000, outcome }
  })
  return { probe, at: start, targets: kept.map(([target]) => target), observations }
}

/** What one whole batch of looks gives at a release of so many pods, a multiple of 12. */
export function aRelease(pods: number, odd: Oddities = {}): readonly Batch[] {
  const replicas = Object.entries(shares).flatMap(([component, share]) =>
    Array.from({ length: (share * pods) / 12 }, (_, place): Target => {
      const replica = `${component}-${place}`
      return { id: `${component}/${replica}`, labels: { component, replica } }
    }),
  )
  const scraped = replicas.filter(({ labels }) => measured[labels['component'] ?? ''] !== undefined)
  const one = (id: string): Target => ({ id, labels: {} })
  return [
    batch(
      'ready-endpoint',
      replicas.map((target) => [target, readiness.map((signal) => reading(signal, target.labels))]),
      odd,
    ),
    batch(
      'service-metrics',
      scraped.map((target) => [target, replicaReadings(target)]),
      odd,
    ),
    batch('redis-streams', [[one('redis'), streamReadings()]], odd),
    batch('redis-server', [[one('redis'), redisReadings]], odd),
    batch('dead-letters', [[one('redis'), deadLetterReadings]], odd),
    batch('outbox-tables', [[one('postgres'), outboxReadings]], odd),
    batch('postgres-connections', [[one('postgres'), postgresReadings()]], odd),
    batch('schema-migrations', [[one('postgres'), migrationReadings]], odd),
  ]
}

function replicaReadings({ labels }: Target): readonly Reading[] {
  const component = labels['component'] ?? ''
  const [signal, values] = kinds[component] ?? []
  return [
    ...(measured[component] ?? []).map((one) => reading(one, labels)),
    ...(signal === undefined ? [] : (values ?? []).map((kind) => reading(signal, { ...labels, kind }))),
  ]
}

const clients = { waiters: 3, streams: 2 }

/** A scrape right after these batches, in a rollout, with every probe having failed for a reason, and one for three. */
export function scrapeOf(batches: readonly Batch[]): Judged {
  const providers = new Map(
    batches.flatMap(({ probe, observations }) =>
      observations.flatMap(({ outcome }) =>
        outcome.ok ? outcome.readings.map(({ signal }) => [signal, probe] as const) : [],
      ),
    ),
  )
  const rules = standardRules(providers)
  const snapshot = step({ ...initialSnapshot(start, rules), rollout }, batches, start + 1_000, rules)
  const context = reportContext(rules)
  return {
    snapshot,
    report: toReport(snapshot, context),
    context,
    self,
    clients,
    registries: [observed(batches)],
  }
}

const self: SelfStats = {
  lostWrites: 0,
  costs: new Map(['redis', 'postgres', 'http'].map((name) => [name, { requests: 10, took: 12 }])),
  ownTime: { lost: 1_500, waited: 900 },
  recording: { isOn: false, problem: undefined, dropped: 0 },
}

/** Attempts of every probe that succeeded and failed, requests of pipelines, and a thousand evaluations of 420 ms. */
function observed(batches: readonly Batch[]): Registry {
  const instruments = newInstruments(() => 0)
  for (const { probe } of batches) {
    const reasons = unknownReasons.slice(2, probe === 'service-metrics' ? 5 : 3)
    const failures = reasons.flatMap((unknownReason) => {
      const outcome = { ok: false, unknownReason, reason: unknownReason, message: '' } as const
      return [attempt(outcome), attempt(outcome)]
    })
    const successes = Array.from({ length: 100 - failures.length }, () =>
      attempt({ ok: true, readings: [], blindSpots: [] }),
    )
    const news = { probe, at: start, targets: [], observations: [...failures, ...successes] }
    instruments.delivered(news, 'polled')
  }
  instruments.turned('hold')
  for (const [route, code] of asked) instruments.answered(route, code, 1)
  for (let count = 0; count < 1_000; count++) instruments.evaluated(0.42)
  return instruments.registry
}

function attempt(outcome: Observation['outcome']): Observation {
  return { target: { id: '', labels: {} }, at: start, took: 2.5, validFor: 1, outcome }
}

const asked = [
  ['/gates', 200],
  ['/gates', 304],
  ['/metrics', 200],
  ['/healthz', 200],
  ['/readyz', 200],
] as const

export interface Series {
  readonly name: string
  readonly labels: string
  readonly value: number
}

/** The samples of a scrape, read back from its text. */
export async function seriesOf(scrape: Scrape, format: Format = 'text'): Promise<readonly Series[]> {
  const text = await renderMetrics(scrape, format)
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value = ''] = /^(\w+)(\{.*\})? (\S+)$/.exec(line) ?? []
      return { name, labels, value: Number(value) }
    })
}
