import { isPartial, missingRule } from '../../connections/redis-unavailable.ts'
import type { Unavailable } from '../../core/observation.ts'
import type { CommandNeed } from '../../probes/declaration.ts'
import { commandNeeds } from '../../probes/index.ts'
import { keyRule } from '../../probes/redis.ts'
import { failed, ok, skipped, unknown, warning, type Found } from './finding.ts'
import { listed } from '../../core/lists.ts'
import { ofCertificates, quoted } from './words.ts'

/** A command that was sent, and what Redis had against it. */
export interface Tried {
  /** The rule of the ACL that permits it. */
  readonly rule: string
  readonly key?: string
  readonly unavailable?: Unavailable
}

/** The login, judged by whether anything was answered at all. */
export function judgeLogin(tried: readonly Tried[], user: string): Found {
  const [first] = tried.flatMap(({ unavailable }) => unavailable ?? [])
  const isAnswered = tried.some(({ unavailable }) => unavailable === undefined || isPartial(unavailable))
  // Without a right to choose the database no command is sent: the other one would be looked at.
  const rule = first === undefined ? undefined : missingRule(first)
  if (first !== undefined && rule !== undefined && tried.every((one) => isSame(one, first)))
    if (!commandNeeds.some((need) => need.rule === rule) && rule !== keyRule)
      return failed('login', first.message, grant(user, rule), [first.reason])
  if (isAnswered) return ok('login', `${user} may log in`)
  if (first === undefined) return unknown('login', 'no command was sent')
  return failed('login', first.message, fixOfLogin(first, user), [first.reason])
}

function isSame({ unavailable }: Tried, other: Unavailable): boolean {
  return unavailable?.message === other.message
}

function fixOfLogin({ reason }: Unavailable, user: string): readonly string[] {
  switch (reason) {
    case 'redis_unauthorized':
      return [
        `redis-cli ACL SETUSER ${quoted(user)} on '><the password in the file of redis.password>'`,
        'redis: { username: <its ACL user>, password: { file: <path> } }',
      ]
    case 'redis_tls':
      return [ofCertificates]
    case 'redis_protocol':
      return [
        'redis.url: rediss://<host>:<port>   # or redis:// where the server speaks no TLS',
        ofCertificates,
      ]
    case 'redis_reset':
      return ['redis.url: rediss://<host>:<port>   # when the server speaks TLS only']
    case 'redis_replica':
      return ['redis.url: <the primary>']
    case 'redis_moved':
      return ['redis: { cluster: { nodes: [<host:port>] } }']
    case 'redis_max_clients':
      return ['redis-cli CONFIG SET maxclients <more>']
    case 'redis_busy':
      return ['redis-cli SCRIPT KILL']
    default:
      return ['# see Names, Network and the log of Redis']
  }
}

/** `ACL SAVE` where there is an ACL file; else the user is in redis.conf. */
function grant(user: string, ...rules: readonly string[]): readonly string[] {
  return [
    `redis-cli ACL SETUSER ${[user, ...rules].map(quoted).join(' ')}`,
    'redis-cli ACL SAVE   # or CONFIG REWRITE where the user stands in redis.conf',
  ]
}

/** One finding for each command, and one for the keys that no command may touch. */
export function judgeCommands(tried: readonly Tried[], user: string): readonly Found[] {
  const closed = tried.filter(
    ({ rule, unavailable }) => unavailable !== undefined && (missingRule(unavailable) ?? rule) !== rule,
  )
  const keys = [...new Set(closed.flatMap(({ key }) => key ?? []))]
  return [...commandNeeds.map((need) => judgeCommand(need, tried, user)), judgeKeys(keys, user)]
}

function judgeCommand({ rule, without, blinds }: CommandNeed, tried: readonly Tried[], user: string): Found {
  const own = tried.filter((one) => one.rule === rule)
  const command = rule.slice(1).replace('|', ' ').toUpperCase()
  const refused = own.some(
    ({ unavailable }) => unavailable !== undefined && missingRule(unavailable) === rule,
  )
  if (refused)
    return (blinds ? failed : warning)(command, `${user} may not use it, ${without}`, grant(user, rule), [
      'redis_not_permitted',
    ])
  if (own.length === 0) return unknown(command, 'nothing was found to try it on')
  const other = own.find(({ unavailable }) => unavailable !== undefined && isInTheWay(unavailable))
  if (other?.unavailable !== undefined)
    return failed(
      command,
      other.unavailable.reason === 'redis_too_old'
        ? `Redis does not know this command, ${without}: it was renamed (rename-command), or Redis is older than 7.0`
        : `${other.key === undefined ? '' : `${other.key}: `}${other.unavailable.message}`,
      fixOfKey(other),
      [other.unavailable.reason],
    )
  return ok(command, `${user} may use it`)
}

/** A stream or a group that is not there is told by the gates, and a closed key by itself. */
function isInTheWay({ reason, message }: Unavailable): boolean {
  if (reason === 'redis_no_such_key' || reason === 'redis_not_permitted') return false
  return !/\bNOGROUP\b/.test(message)
}

function fixOfKey({ rule, key = '<key>', unavailable }: Tried): readonly string[] {
  if (unavailable?.reason === 'redis_too_old') {
    const name = rule.slice(1).split('|')[0]?.toUpperCase()
    return [
      `# take the line "rename-command ${name}" out of redis.conf, restart Redis, and withdraw rights by an ACL instead`,
      '# where there is no such line: run Redis 7.0 or newer',
    ]
  }
  if (unavailable?.reason === 'redis_wrong_type')
    return [`redis-cli TYPE ${key}   # then RENAME it away: the services make the stream anew`]
  return ['# see the log of Redis']
}

function judgeKeys(closed: readonly string[], user: string): Found {
  if (closed.length === 0) return ok('keys', `${user} may read every stream of the platform`)
  return failed('keys', `${user} may not read ${listed(closed)}`, grant(user, keyRule), [
    'redis_not_permitted',
  ])
}

/** The first with `XINFO STREAM FULL` counts and rights for subcommands. */
const OLDEST_VERSION = 7

/**
 * @param server what `INFO server` says, or why it says nothing
 * @param replication what `INFO replication` says, or why it says nothing
 */
export function judgeServer(
  server: string | Unavailable,
  replication: string | Unavailable = server,
): readonly Found[] {
  return [judgeVersion(server), judgeRole(replication)]
}

/** What INFO would say; where only a right is missing, the finding on INFO tells of that. */
function untold(subject: string, { message, reason }: Unavailable): Found {
  return reason === 'redis_not_permitted'
    ? skipped(subject, 'only INFO tells, which is not permitted: see INFO')
    : unknown(subject, message, [reason])
}

function judgeVersion(info: string | Unavailable): Found {
  if (typeof info !== 'string') return untold('version', info)
  const version = /^redis_version:(\S+)/m.exec(info)?.[1]
  const [, major, minor] = /^(\d{1,4})\.(\d{1,4})/.exec(version ?? '') ?? []
  if (major === undefined) return unknown('version', 'INFO names no version of Redis')
  if (Number(major) < OLDEST_VERSION)
    return failed(
      'version',
      `Redis ${version} does not count what is added to a stream`,
      ['# run Redis 7.0 or newer'],
      ['redis_too_old'],
    )
  return Number(major) === OLDEST_VERSION && Number(minor) < 2
    ? warning('version', `Redis ${version} does not show a consumer that asks in vain`, [
        '# run Redis 7.2 or newer, to tell an idle consumer from a dead one on a quiet stream',
      ])
    : ok('version', `Redis ${version}`)
}

function judgeRole(info: string | Unavailable): Found {
  if (typeof info !== 'string') return untold('primary', info)
  const role = /^role:(\w+)/m.exec(info)?.[1]
  if (role === 'master') return ok('primary', 'this is a primary')
  if (role !== 'slave') return unknown('primary', 'INFO names no role that is known', ['redis_role'])
  return failed(
    'primary',
    'this is a replica, whose streams may lag behind',
    ['redis.url: <the primary>'],
    ['redis_replica'],
  )
}
