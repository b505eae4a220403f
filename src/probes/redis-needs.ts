import type { StreamSpec } from '../checks/platform.ts'
import type { RedisCommand } from '../connections/redis.ts'

/** A command that the looks use. */
export interface CommandNeed {
  /** The rule of the ACL that permits it. */
  readonly rule: string
  /** The probe or watch that uses it. */
  readonly probe: string
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
  { rule: '+time', probe: 'redis-streams', tries: () => [['TIME']] },
  { rule: '+info', probe: 'redis-server', tries: () => [['INFO', 'server']] },
  {
    rule: '+xinfo|stream',
    probe: 'redis-streams',
    tries: (streams, deadLetterStreams) =>
      [...streams.map(({ name }) => name), ...deadLetterStreams].map((name) => ['XINFO', 'STREAM', name]),
  },
  {
    rule: '+xread',
    probe: 'dead-letters',
    tries: (_, deadLetterStreams) =>
      deadLetterStreams.map((name) => ['XREAD', 'COUNT', '1', 'STREAMS', name, '$']),
  },
  {
    rule: '+xrange',
    probe: 'redis-streams',
    // From the end to the beginning there is nothing.
    tries: (streams) => streams.map(({ name }) => ['XRANGE', name, '+', '-', 'COUNT', '1']),
  },
  {
    rule: '+xpending',
    probe: 'redis-streams',
    tries: (streams) =>
      streams.flatMap(({ name, groups }) =>
        groups.slice(0, 1).map((group) => ['XPENDING', name, group.name, '-', '-', '1'] as const),
      ),
  },
]
