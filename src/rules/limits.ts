import { MINUTE, SECOND, type Millis } from '../core/time.ts'

/** Breached above `trip`; a breach is over at or below `clear`. */
export interface LevelLimit {
  readonly trip: number
  readonly clear: number
}

/** Every threshold and hold that an operator may set. Spans are milliseconds, ages are seconds. */
export interface Limits {
  readonly readiness: {
    /** A proven STS or Gateway replica may be unproven for this long before it stops the rollout. */
    readonly lostFor: Millis
    /** A new replica may take this long to prove readiness. */
    readonly startWithin: Millis
    /** A StatefulSet may take this long to roll out; a Deployment has its own progress deadline. */
    readonly rollOutWithin: Millis
  }
  readonly streams: {
    readonly lagEntries: LevelLimit
    readonly pendingEntries: LevelLimit
    /** Age of the oldest pending entry since it was added. */
    readonly pendingAgeSeconds: LevelLimit
    readonly consumerIdleSeconds: LevelLimit
    readonly persistsFor: Millis
  }
  readonly outbox: {
    readonly pendingAgeSeconds: LevelLimit
    readonly pendingRows: LevelLimit
    readonly deadRows: number
  }
  readonly deadLetters: {
    /** How long the arrival of a dead letter keeps firing outside a rollout. */
    readonly window: Millis
  }
  readonly replay: { readonly oldestAgeSeconds: LevelLimit; readonly persistsFor: Millis }
  readonly revocation: { readonly snapshotAgeSeconds: LevelLimit; readonly persistsFor: Millis }
  readonly postgres: {
    readonly inUseRatio: LevelLimit
    readonly persistsFor: Millis
    readonly clearAfter: Millis
  }
  readonly redis: {
    readonly memoryRatio: LevelLimit
    readonly persistsFor: Millis
    readonly clearAfter: Millis
  }
}

export const defaultLimits: Limits = {
  // The chart's startup probe allows 30 tries 5 s apart before a container is restarted.
  // Kubernetes gives a Deployment 600 s to progress, and a StatefulSet for ever.
  readiness: { lostFor: MINUTE, startWithin: 180 * SECOND, rollOutWithin: 10 * MINUTE },
  streams: {
    // The platform's doctor and its shipped alert warn above 1000 entries.
    lagEntries: { trip: 1_000, clear: 500 },
    pendingEntries: { trip: 1_000, clear: 500 },
    pendingAgeSeconds: { trip: 300, clear: 120 },
    // Consumers that block ask at least every 6 s; a minute is ten missed turns.
    consumerIdleSeconds: { trip: 60, clear: 15 },
    persistsFor: 30 * SECOND,
  },
  outbox: {
    // The shipped alert CaracalAPIOutboxPendingOldest; a row takes 95 minutes to die, so age is the early sign.
    pendingAgeSeconds: { trip: 300, clear: 60 },
    // The doctor's warning for the Coordinator.
    pendingRows: { trip: 500, clear: 250 },
    // API_READY_OUTBOX_DEAD_MAX of the platform.
    deadRows: 0,
  },
  deadLetters: { window: 10 * MINUTE },
  // The shipped alerts CaracalGatewayAuditReplayBacklogOld and CaracalSTSAuditReplayBacklogOld.
  replay: { oldestAgeSeconds: { trip: 300, clear: 60 }, persistsFor: 0 },
  // Gateway itself refuses requests when its snapshot is older than 70 s; it reloads every 30 s.
  revocation: { snapshotAgeSeconds: { trip: 70, clear: 45 }, persistsFor: 10 * SECOND },
  // The shipped alert CaracalPostgresPoolSaturation: above 0.9 for 5 minutes.
  postgres: { inUseRatio: { trip: 0.9, clear: 0.8 }, persistsFor: 5 * MINUTE, clearAfter: MINUTE },
  redis: { memoryRatio: { trip: 0.9, clear: 0.85 }, persistsFor: 5 * MINUTE, clearAfter: MINUTE },
}

/** The limits that are numbers, by name (`streams.lagEntries`): where a breach begins. */
export function limitsIn(limits: Limits): ReadonlyMap<string, number> {
  const { streams, outbox, replay, revocation, postgres, redis } = limits
  return new Map([
    ['streams.lagEntries', streams.lagEntries.trip],
    ['streams.pendingEntries', streams.pendingEntries.trip],
    ['streams.pendingAgeSeconds', streams.pendingAgeSeconds.trip],
    ['streams.consumerIdleSeconds', streams.consumerIdleSeconds.trip],
    ['outbox.pendingAgeSeconds', outbox.pendingAgeSeconds.trip],
    ['outbox.pendingRows', outbox.pendingRows.trip],
    ['outbox.deadRows', outbox.deadRows],
    ['replay.oldestAgeSeconds', replay.oldestAgeSeconds.trip],
    ['revocation.snapshotAgeSeconds', revocation.snapshotAgeSeconds.trip],
    ['postgres.inUseRatio', postgres.inUseRatio.trip],
    ['redis.memoryRatio', redis.memoryRatio.trip],
  ])
}
