import type { StreamSpec } from '../rules/platform.ts'
import type { RedisCommand } from '../connections/redis.ts'

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
