import * as z from 'zod'
import { defaultLimits, type LevelLimit, type Limits } from '../rules/limits.ts'
import type { Millis } from '../core/time.ts'
import { duration, ratio, whole } from './fields.ts'
import { durationText } from '../core/duration.ts'

const MOST = 1_000_000_000
const { readiness, streams, outbox, deadLetters, replay, revocation, postgres, redis } = defaultLimits

function span(description: string, standard: Millis) {
  return duration(description).prefault(durationText(standard))
}

function contradicted({ trip, clear }: LevelLimit, context: z.RefinementCtx): void {
  if (clear <= trip) return
  const message = `at most trip, which is ${trip}`
  context.addIssue({ code: 'custom', path: ['clear'], message, params: { value: clear } })
}

/** A limit with the value at which a breach is over; `what` names the measured thing and its unit. */
function level(what: string, standard: LevelLimit) {
  return z
    .strictObject({
      trip: whole(`Breached above this ${what}.`, 0, MOST).default(standard.trip),
      clear: whole(`Over at or below this ${what}; at most \`trip\`.`, 0, MOST).default(standard.clear),
    })
    .superRefine(contradicted)
    .prefault({})
}

function share(what: string, standard: LevelLimit) {
  return z
    .strictObject({
      trip: ratio(`Breached above this ${what}.`).default(standard.trip),
      clear: ratio(`Over at or below this ${what}; at most \`trip\`.`).default(standard.clear),
    })
    .superRefine(contradicted)
    .prefault({})
}

const persistence = 'How long a breach must stand before it counts.'
const recovery = 'How long all must be well before a breach is over.'

/** Every limit over its default. A limit that is forgotten here does not compile. */
export const limitsSchema = z
  .strictObject({
    readiness: z
      .strictObject({
        lostFor: span(
          'A proven STS or Gateway replica may be unproven for this long before it stops the rollout.',
          readiness.lostFor,
        ),
        startWithin: span('A new replica may take this long to prove readiness.', readiness.startWithin),
        rollOutWithin: span(
          'A StatefulSet may take this long to roll out; a Deployment has a deadline of its own.',
          readiness.rollOutWithin,
        ),
      })
      .prefault({}),
    streams: z
      .strictObject({
        lagEntries: level('number of entries that a consumer group has not read', streams.lagEntries),
        pendingEntries: level('number of read but unacknowledged entries', streams.pendingEntries),
        pendingAgeSeconds: level('age of the oldest pending entry in seconds', streams.pendingAgeSeconds),
        consumerIdleSeconds: level('idle time of a consumer in seconds', streams.consumerIdleSeconds),
        persistsFor: span(persistence, streams.persistsFor),
      })
      .prefault({}),
    outbox: z
      .strictObject({
        pendingAgeSeconds: level('age of the oldest undispatched row in seconds', outbox.pendingAgeSeconds),
        pendingRows: level('number of undispatched rows', outbox.pendingRows),
        deadRows: whole('Dead rows that are tolerated.', 0, MOST).default(outbox.deadRows),
      })
      .prefault({}),
    deadLetters: z
      .strictObject({
        window: span(
          'How long the arrival of a dead letter keeps firing outside a rollout.',
          deadLetters.window,
        ),
      })
      .prefault({}),
    replay: z
      .strictObject({
        oldestAgeSeconds: level('age of the oldest replay file in seconds', replay.oldestAgeSeconds),
        persistsFor: span(persistence, replay.persistsFor),
      })
      .prefault({}),
    revocation: z
      .strictObject({
        snapshotAgeSeconds: level(
          'age of a Gateway replica’s revocation snapshot in seconds',
          revocation.snapshotAgeSeconds,
        ),
        persistsFor: span(persistence, revocation.persistsFor),
      })
      .prefault({}),
    postgres: z
      .strictObject({
        inUseRatio: share('share of a connection limit', postgres.inUseRatio),
        persistsFor: span(persistence, postgres.persistsFor),
        clearAfter: span(recovery, postgres.clearAfter),
      })
      .prefault({}),
    redis: z
      .strictObject({
        memoryRatio: share('share of the memory limit', redis.memoryRatio),
        persistsFor: span(persistence, redis.persistsFor),
        clearAfter: span(recovery, redis.clearAfter),
      })
      .prefault({}),
  })
  .prefault({}) satisfies z.ZodType<Limits>
