import { setTimeout as delay } from 'node:timers/promises'
import {
  isPartial,
  openRedis,
  type RedisCommand,
  type RedisConnection,
  type RedisReply,
} from '../../connections/redis.ts'
import type { RedisUnavailable } from '../../connections/redis-unavailable.ts'
import { listed } from '../../core/lists.ts'
import type { Unavailable } from '../../core/observation.ts'
import type { CommandNeed } from '../../probes/declaration.ts'
import { commandNeeds } from '../../probes/index.ts'
import { keyRule, versionOf } from '../../probes/redis.ts'
import { deadLetterStreams, platformStreams } from '../../rules/platform.ts'
import type { Area } from './area.ts'
import { failed, failedBy, ok, skipped, unasked, unknown, warning, type Found } from './finding.ts'
import { quoted } from './words.ts'

/** Whether the user may log in and use each command on each key that probes use; every one is really sent. */
export const redis: Area = {
  name: 'redis',
  title: 'Redis',
  async check({ config }) {
    const client = openRedis(config.redis)
    const wanted = commandNeeds.flatMap(({ rule, tries }) =>
      tries(platformStreams, deadLetterStreams).map((command) => ({ rule, command })),
    )
    const user = config.redis.username ?? 'default'
    try {
      const commands = wanted.map(({ command }) => command)
      const replies = await patientReplies(client, commands)
      const tried = wanted.map(({ rule, command }, at): Tried => {
        const key = command.slice(1).find((argument) => argument.startsWith('caracal.'))
        const reply = replies[at]
        return {
          rule,
          ...(key !== undefined && { key }),
          ...(reply?.ok !== true && { unavailable: reply?.unavailable ?? unanswered }),
        }
      })
      const login = judgeLogin(tried, user)
      if (login.state === 'failed') return [login]
      // Each alone: before Redis 7.0, two sections in one question are a syntax error.
      const sections = ['server', 'replication'].map((name) => ['INFO', name] as const)
      const [server, role] = await client.runAnywhere(sections)
      return [login, ...judgeServer(textOf(server), textOf(role)), ...judgeCommands(tried, user)]
    } finally {
      await client.close()
    }
  },
}

const unanswered: Unavailable = {
  unknownReason: 'unreachable',
  reason: 'redis_no_answer',
  message: 'Redis gave no answer',
}

function textOf(reply: RedisReply | undefined): string | Unavailable {
  if (reply?.ok !== true) return reply?.unavailable ?? unanswered
  return typeof reply.value === 'string' ? reply.value : unanswered
}

/** The exporter asks again at once; so a server that is slow for a moment is not called dead here either. */
async function patientReplies(
  client: RedisConnection,
  commands: readonly RedisCommand[],
): Promise<readonly RedisReply[]> {
  for (let attempt = 1; ; attempt += 1) {
    const replies = await client.runAnywhere(commands)
    const isLate = replies.some((reply) => !reply.ok && reply.unavailable.unknownReason === 'timeout')
    if (!isLate || attempt === 4) return replies
    // A connection that was given up is not dialled again before this.
    await delay(400)
  }
}

/** A command that was sent, and what Redis had against it. */
interface Tried {
  /** The rule of the ACL that permits it. */
  readonly rule: string
  readonly key?: string
  readonly unavailable?: RedisUnavailable
}

/** The login, judged by whether anything was answered at all. */
export function judgeLogin(tried: readonly Tried[], user: string): Found {
  const first = tried.find(({ unavailable }) => unavailable !== undefined)?.unavailable
  const isAnswered = tried.some(({ unavailable }) => unavailable === undefined || isPartial(unavailable))
  // Without a right to choose the database no command is sent: another database would be read.
  const isOther = (rule: string): boolean =>
    rule !== keyRule && !commandNeeds.some((need) => need.rule === rule)
  const isSame = tried.every(({ unavailable }) => unavailable?.message === first?.message)
  if (first?.lacks !== undefined && isOther(first.lacks) && isSame)
    return unasked('login', first, { user, rule: first.lacks })
  if (isAnswered) return ok('login', `${user} may log in`)
  if (first === undefined) return unknown('login', 'no command was sent')
  return unasked('login', first, { user: quoted(user) })
}

/** One finding for each command, and one for the keys that no command may touch. */
export function judgeCommands(tried: readonly Tried[], user: string): readonly Found[] {
  const closed = tried.filter(({ rule, unavailable }) => (unavailable?.lacks ?? rule) !== rule)
  const keys = [...new Set(closed.flatMap(({ key }) => key ?? []))]
  const all = ok('keys', `${user} may read every stream of the platform`)
  return [
    ...commandNeeds.map((need) => judgeCommand(need, tried, user)),
    keys.length === 0 ? all : notPermitted('keys', `${user} may not read ${listed(keys)}`, user, keyRule),
  ]
}

function judgeCommand({ rule, without, blinds }: CommandNeed, tried: readonly Tried[], user: string): Found {
  const own = tried.filter((one) => one.rule === rule)
  const subject = rule.slice(1).replace('|', ' ').toUpperCase()
  if (own.some(({ unavailable }) => unavailable?.lacks === rule)) {
    const found = notPermitted(subject, `${user} may not use it, ${without}`, user, rule)
    return blinds ? found : { ...found, state: 'warning' }
  }
  if (own.length === 0) return unknown(subject, 'nothing was found to try it on')
  const other = own.find(({ unavailable }) => unavailable !== undefined && isInTheWay(unavailable))
  if (other?.unavailable === undefined) return ok(subject, `${user} may use it`)
  const { unavailable, key } = other
  const message =
    unavailable.reason === 'redis_too_old'
      ? `Redis does not know this command, ${without}: it was renamed (rename-command), or Redis is older than 7.0`
      : `${key === undefined ? '' : `${key}: `}${unavailable.message}`
  const [command = ''] = subject.split(' ')
  return failedBy(unavailable.reason, subject, { command, ...(key !== undefined && { key }) }, message)
}

/** A stream or a group that is missing is reported by the gates, and a closed key by a finding of its own. */
function isInTheWay({ reason, message }: Unavailable): boolean {
  if (reason === 'redis_no_such_key' || reason === 'redis_not_permitted') return false
  return !/\bNOGROUP\b/.test(message)
}

function notPermitted(subject: string, message: string, user: string, rule: string): Found {
  return failedBy('redis_not_permitted', subject, { user: quoted(user), rule: quoted(rule) }, message)
}

/**
 * @param server what `INFO server` says, or why it says nothing
 * @param replication what `INFO replication` says, or why it says nothing
 */
export function judgeServer(
  server: string | Unavailable,
  replication: string | Unavailable = server,
): readonly Found[] {
  return [
    typeof server === 'string' ? judgeVersion(server) : untold('version', server),
    typeof replication === 'string' ? judgeRole(replication) : untold('primary', replication),
  ]
}

/** What INFO would say; where only a right is missing, the finding on INFO tells of that. */
function untold(subject: string, { message, reason }: Unavailable): Found {
  return reason === 'redis_not_permitted'
    ? skipped(subject, 'only INFO tells, which is not permitted: see INFO')
    : unknown(subject, message, [reason])
}

function judgeVersion(info: string): Found {
  const version = versionOf(info)
  if (version === undefined) return unknown('version', 'INFO names no version of Redis')
  // The first with counts of additions in `XINFO STREAM FULL` and rights for subcommands.
  if (version.number < 700)
    return failed(
      'version',
      `Redis ${version.text} does not count what is added to a stream`,
      ['# run Redis 7.0 or newer'],
      ['redis_too_old'],
    )
  return version.number < 702
    ? warning('version', `Redis ${version.text} does not show a consumer that asks in vain`, [
        '# run Redis 7.2 or newer, to tell an idle consumer from a dead one on a quiet stream',
      ])
    : ok('version', `Redis ${version.text}`)
}

function judgeRole(info: string): Found {
  const role = /^role:(\w+)/m.exec(info)?.[1]
  if (role === 'master') return ok('primary', 'this is a primary')
  if (role === 'slave') return failedBy('redis_replica', 'primary')
  return unknown('primary', 'INFO names no role that is known', ['redis_role_unknown'])
}
