import type { RedisReply } from '../connections/redis.ts'
import type { Blindness, Target } from '../core/observation.ts'
import { CannotSee, type Look } from './probe.ts'

/** The one Redis of the platform. */
export const redisTarget: Target = { id: 'redis', labels: {} }

/** A reason as it is thrown. */
export function cannotSee({ unknownReason, reason, message }: Blindness): CannotSee {
  return new CannotSee(unknownReason, reason, message)
}

/** @throws CannotSee when the command gave none */
export function valueOf(reply: RedisReply | undefined): unknown {
  if (reply === undefined) throw cannotSee(notUnderstood('nothing where a reply was due'))
  if (!reply.ok) throw cannotSee(reply.blindness)
  return reply.value
}

/** For an answer of another shape than every version of Redis that is known gives. */
export function notUnderstood(what: string): Blindness {
  const message = `Redis answered with ${what}: this version of Redis is not known`
  return { unknownReason: 'malformed', reason: 'redis_shape', message }
}

/** Several looks as one. */
export function joined(looks: readonly Look[]): Look {
  return {
    readings: looks.flatMap(({ readings }) => readings),
    blindSpots: looks.flatMap(({ blindSpots = [] }) => blindSpots),
  }
}
