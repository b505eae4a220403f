import { MINUTE, SECOND, type Millis } from '../core/time.ts'

/** Breached above `trip`; a breach is over at or below `clear`. */
export interface LevelLimit {
  readonly trip: number
  readonly clear: number
}

/** One limit that an operator may set: its default, and what the configuration says of it. */
export interface Limit<Value> {
  /** How it is written; a `ratio` is a level between 0 and 1. */
  readonly kind: 'span' | 'level' | 'ratio' | 'count'
  readonly standard: Value
  /** Of a level, what is measured, with its unit; else a sentence. */
  readonly words: string
}

function span(standard: Millis, words: string): Limit<Millis> {
  return { kind: 'span', standard, words }
}

function level(trip: number, clear: number, words: string): Limit<LevelLimit> {
  return { kind: 'level', standard: { trip, clear }, words }
}

function ratio(trip: number, clear: number, words: string): Limit<LevelLimit> {
  return { kind: 'ratio', standard: { trip, clear }, words }
}

function count(standard: number, words: string): Limit<number> {
  return { kind: 'count', standard, words }
}

function persistsFor(standard: Millis): Limit<Millis> {
  return span(standard, 'How long a breach must last before it counts.')
}

function clearAfter(standard: Millis): Limit<Millis> {
  return span(standard, 'How long everything must be within limits before a breach is over.')
}

/** Every threshold and hold that an operator may set, with the source of its default. Spans are milliseconds, ages are seconds. */
const limitTable = {
  readiness: {
    lostFor: span(
      MINUTE,
      'How long an STS or Gateway replica that was ready may fail to prove it before it stops the rollout.',
    ),
    // The chart's startup probe allows 30 tries 5 s apart before a container is restarted.
    startWithin: span(180 * SECOND, 'Longest time that a new replica may take to prove readiness.'),
    // Kubernetes gives a Deployment 600 s to progress, and a StatefulSet for ever.
    rollOutWithin: span(10 * MINUTE, 'Longest rollout of a StatefulSet; a Deployment has its own deadline.'),
  },
  streams: {
    // The platform's doctor and its shipped alert warn above 1000 entries.
    lagEntries: level(1_000, 500, 'number of entries that a consumer group has not read'),
    pendingEntries: level(1_000, 500, 'number of read but unacknowledged entries'),
    pendingAgeSeconds: level(300, 120, 'age of the oldest pending entry in seconds'),
    // Consumers that block ask at least every 6 s; a minute is ten missed turns.
    consumerIdleSeconds: level(60, 15, 'idle time of a consumer in seconds'),
    persistsFor: persistsFor(30 * SECOND),
  },
  outbox: {
    // The shipped alert CaracalAPIOutboxPendingOldest; a row takes 95 minutes to die, so age is the early sign.
    pendingAgeSeconds: level(300, 60, 'age of the oldest undispatched row in seconds'),
    // The doctor's warning for the Coordinator.
    pendingRows: level(500, 250, 'number of undispatched rows'),
    // API_READY_OUTBOX_DEAD_MAX of the platform.
    deadRows: count(0, 'Number of dead rows that are tolerated.'),
  },
  deadLetters: {
    window: span(10 * MINUTE, 'How long a dead letter keeps firing outside a rollout.'),
  },
  replay: {
    // The shipped alerts CaracalGatewayAuditReplayBacklogOld and CaracalSTSAuditReplayBacklogOld.
    oldestAgeSeconds: level(300, 60, 'age of the oldest replay file in seconds'),
    persistsFor: persistsFor(0),
  },
  revocation: {
    // Gateway itself refuses requests when its snapshot is older than 70 s; it reloads every 30 s.
    snapshotAgeSeconds: level(70, 45, 'age of a Gateway replica’s revocation snapshot in seconds'),
    persistsFor: persistsFor(10 * SECOND),
  },
  canary: {
    // Three runs of a CronJob that runs every five minutes: what is probed is believed for three of its intervals too.
    maxAge: span(15 * MINUTE, 'Longest time that the outcome of a canary counts.'),
  },
  postgres: {
    // The shipped alert CaracalPostgresPoolSaturation: above 0.9 for 5 minutes.
    inUseRatio: ratio(0.9, 0.8, 'share of a connection limit'),
    persistsFor: persistsFor(5 * MINUTE),
    clearAfter: clearAfter(MINUTE),
  },
  alerting: {
    // docs/use/alerts.md asks for a scrape and an evaluation every minute at least: one may be missed.
    ageSeconds: level(150, 120, 'age of the last evaluation that Prometheus made or has in seconds'),
  },
  redis: {
    memoryRatio: ratio(0.9, 0.85, 'share of the memory limit'),
    persistsFor: persistsFor(5 * MINUTE),
    clearAfter: clearAfter(MINUTE),
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Limit<number> | Limit<LevelLimit>>>>>

type Table = typeof limitTable

/** The limits in force. */
export type Limits = {
  readonly [Section in keyof Table]: {
    readonly [Name in keyof Table[Section]]: Table[Section][Name] extends Limit<infer Value> ? Value : never
  }
}

export const defaultLimits = mapLimits(({ standard }) => standard) as Limits

/** The table with something else in the place of each limit. */
export function mapLimits<To>(
  map: (limit: Limit<number> | Limit<LevelLimit>) => To,
): Readonly<Record<string, Readonly<Record<string, To>>>> {
  const sections = Object.entries(limitTable).map(([section, limits]) => [
    section,
    Object.fromEntries(
      Object.entries<Limit<number> | Limit<LevelLimit>>(limits).map(([name, limit]) => [name, map(limit)]),
    ),
  ])
  return Object.fromEntries(sections)
}

/** The limits that are no spans, by name (`streams.lagEntries`): where a breach begins. */
export function limitsIn(limits: Limits): ReadonlyMap<string, number> {
  const named = Object.entries(limitTable).flatMap(([section, names]) =>
    Object.entries<Limit<unknown>>(names).flatMap(([name, { kind }]): [string, number][] => {
      const held = (limits as Record<string, Record<string, number | LevelLimit>>)[section]?.[name]
      if (kind === 'span' || held === undefined) return []
      return [[`${section}.${name}`, typeof held === 'number' ? held : held.trip]]
    }),
  )
  return new Map(named)
}
