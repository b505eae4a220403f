import type { RedisReply, RedisCommand } from '../connections/redis.ts'
import type { Unavailable, Target } from '../core/observation.ts'
import { ProbeError, type Look } from './probe.ts'
import type { StreamSpec } from '../rules/platform.ts'

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

/** A command that the looks use. */
export interface CommandNeed {
  /** The rule of the ACL that permits it. */
  readonly rule: string
  /** What comes of a login without it, as a clause. */
  readonly without: string
  /** Whether something is unknown then; else it is only seen later. */
  readonly blinds: boolean
  /** The command on everything that it is used on, in a form that changes nothing and brings no entry. */
  readonly tries: (
    streams: readonly StreamSpec[],
    deadLetterStreams: readonly string[],
  ) => readonly RedisCommand[]
}

/** What keys of the platform are called, as a rule that permits to read them. */
export const keyRule = '%R~caracal.*'

/** All commands that the looks use; helm/files/redis-acl.txt permits them, and a test compares. */
export const commandNeeds: readonly CommandNeed[] = [
  { rule: '+time', without: 'so nothing of the streams is seen', blinds: true, tries: () => [['TIME']] },
  {
    rule: '+info',
    without: 'so all of Redis is unknown: a primary can not be told from a replica',
    blinds: true,
    tries: () => [['INFO', 'server']],
  },
  {
    rule: '+xinfo|stream',
    without: 'so nothing of the streams is seen',
    blinds: true,
    tries: (streams, deadLetterStreams) =>
      [...streams.map(({ name }) => name), ...deadLetterStreams].map((name) => ['XINFO', 'STREAM', name]),
  },
  {
    rule: '+xread',
    without: 'so a dead letter is seen up to 3 s late',
    blinds: false,
    tries: (_, deadLetterStreams) =>
      deadLetterStreams.map((name) => ['XREAD', 'COUNT', '1', 'STREAMS', name, '$']),
  },
  {
    rule: '+xrange',
    without: 'so a lag that only counting tells is unknown',
    blinds: true,
    // From the end to the beginning there is nothing.
    tries: (streams) => streams.map(({ name }) => ['XRANGE', name, '+', '-', 'COUNT', '1']),
  },
  {
    rule: '+xpending',
    without: 'so audit events that were trimmed while pending are unknown',
    blinds: true,
    tries: (streams) =>
      streams.flatMap(({ name, groups }) =>
        groups.slice(0, 1).map((group) => ['XPENDING', name, group.name, '-', '-', '1'] as const),
      ),
  },
]
