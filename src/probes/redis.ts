import type { RedisReply } from '../connections/redis.ts'
import type { Target, Unavailable } from '../core/observation.ts'
import { ProbeError } from './probe.ts'
import { reasonsOf, type CommandNeed } from './declaration.ts'
import { redisReasons } from './reasons.ts'

const why = reasonsOf(redisReasons)

/** The one Redis of the platform. */
export const redisTarget: Target = { id: 'redis', labels: {} }

/** @throws ProbeError when the command gave none */
export function valueOf(reply: RedisReply | undefined): unknown {
  if (reply === undefined) throw new ProbeError(notUnderstood('nothing where a reply was due'))
  if (!reply.ok) throw new ProbeError(reply.unavailable)
  return reply.value
}

/** Makes something of replies, and gives the very same again while the replies say the same. */
export function sameWhileSame<Made>(make: (replies: readonly RedisReply[]) => Made): typeof make {
  let last: { readonly replies: readonly RedisReply[]; readonly made: Made } | undefined
  return (replies) => {
    if (last === undefined || !areSame(replies, last.replies)) last = { replies, made: make(replies) }
    return last.made
  }
}

/** Whether the replies to the same commands say the same. */
export function areSame(replies: readonly RedisReply[], others: readonly RedisReply[]): boolean {
  return replies.length === others.length && replies.every((reply, at) => isSame(reply, others[at]))
}

function isSame(reply: RedisReply, other: RedisReply | undefined): boolean {
  if (reply.ok) return other?.ok === true && isSameValue(reply.value, other.value)
  const { reason, message } = reply.unavailable
  return other?.ok === false && other.unavailable.reason === reason && other.unavailable.message === message
}

function isSameValue(value: unknown, other: unknown): boolean {
  if (!Array.isArray(value)) return Object.is(value, other)
  return (
    Array.isArray(other) &&
    value.length === other.length &&
    value.every((item, at) => isSameValue(item, other[at]))
  )
}

/** For an answer of another shape than every version of Redis that is known gives. */
export function notUnderstood(what: string): Unavailable {
  const message = `Redis answered with ${what}: this version of Redis is not known`
  return why('malformed', 'redis_shape', message)
}

/** What keys of the platform are called, as a rule that permits to read them. */
export const keyRule = '%R~caracal.*'

/** Of all streams that a probe reads about. */
export function streamInfoNeed(
  names: (streams: readonly string[], deadLetterStreams: readonly string[]) => readonly string[],
): CommandNeed {
  return {
    rule: '+xinfo|stream',
    without: 'so nothing of the streams is read',
    blinds: true,
    tries: (streams, deadLetterStreams) =>
      names(
        streams.map(({ name }) => name),
        deadLetterStreams,
      ).map((name) => ['XINFO', 'STREAM', name]),
  }
}

/** The version in `INFO server`: as it is written, and 702 for 7.2; undefined where there is none. */
export function versionOf(info: string): { readonly text: string; readonly number: number } | undefined {
  const [, text, major, minor] = /^redis_version:((\d{1,4})\.(\d{1,4})\S*)/m.exec(info) ?? []
  return text === undefined ? undefined : { text, number: Number(major) * 100 + Number(minor) }
}
