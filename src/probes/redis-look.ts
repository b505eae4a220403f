import type { RedisReply } from '../connections/redis.ts'
import type { Unavailable, Target } from '../core/observation.ts'
import { ProbeError, type Look } from './probe.ts'

/** The one Redis of the platform. */
export const redisTarget: Target = { id: 'redis', labels: {} }

/** A reason as it is thrown. */
export function probeError({ unknownReason, reason, message }: Unavailable): ProbeError {
  return new ProbeError(unknownReason, reason, message)
}

/** @throws ProbeError when the command gave none */
export function valueOf(reply: RedisReply | undefined): unknown {
  if (reply === undefined) throw probeError(notUnderstood('nothing where a reply was due'))
  if (!reply.ok) throw probeError(reply.unavailable)
  return reply.value
}

/** For an answer of another shape than every version of Redis that is known gives. */
export function notUnderstood(what: string): Unavailable {
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
