import { isPartial, missingRule } from '../connections/redis-blindness.ts'
import type { Blindness } from '../core/observation.ts'
import { commandNeeds, keyRule, type CommandNeed } from '../probes/redis-needs.ts'
import { failed, ok, warning, type Found } from './finding.ts'
import { listed, quoted } from './words.ts'

/** A command that was sent, and what Redis had against it. */
export interface Tried {
  /** The rule of the ACL that permits it. */
  readonly rule: string
  readonly key?: string
  readonly blindness?: Blindness
}

/** The login, judged by whether anything was answered at all. */
export function judgeLogin(tried: readonly Tried[], user: string): Found {
  const [first] = tried.flatMap(({ blindness }) => blindness ?? [])
  const isAnswered = tried.some(({ blindness }) => blindness === undefined || isPartial(blindness))
  // Without a right to choose the database no command is sent: the other one would be looked at.
  const rule = first === undefined ? undefined : missingRule(first)
  if (first !== undefined && rule !== undefined && tried.every((one) => isSame(one, first)))
    if (!commandNeeds.some((need) => need.rule === rule) && rule !== keyRule)
      return failed('login', first.message, grant(user, rule), [first.reason])
  if (isAnswered || first === undefined) return ok('login', `${user} may log in`)
  return failed('login', first.message, mendOfLogin(first, user), [first.reason])
}

function isSame({ blindness }: Tried, other: Blindness): boolean {
  return blindness?.message === other.message
}

function mendOfLogin({ reason }: Blindness, user: string): readonly string[] {
  switch (reason) {
    case 'redis_unauthorized':
      return [
        `redis-cli ACL SETUSER ${quoted(user)} on '><the password in the file of redis.password>'`,
        'redis: { username: <its ACL user>, password: { file: <path> } }',
      ]
    case 'redis_tls':
    case 'redis_protocol':
      return [
        'redis: { tls: { caFile: <PEM of the authority> } }   # or redis:// without TLS; see Certificates',
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
    ({ rule, blindness }) => blindness !== undefined && (missingRule(blindness) ?? rule) !== rule,
  )
  const keys = [...new Set(closed.flatMap(({ key }) => key ?? []))]
  return [...commandNeeds.map((need) => judgeCommand(need, tried, user)), judgeKeys(keys, user)]
}

function judgeCommand({ rule, without, blinds }: CommandNeed, tried: readonly Tried[], user: string): Found {
  const own = tried.filter((one) => one.rule === rule)
  const command = rule.slice(1).replace('|', ' ').toUpperCase()
  const refused = own.some(({ blindness }) => blindness !== undefined && missingRule(blindness) === rule)
  if (refused)
    return (blinds ? failed : warning)(command, `${user} may not use it, ${without}`, grant(user, rule), [
      'redis_not_permitted',
    ])
  const other = own.find(({ blindness }) => blindness !== undefined && isInTheWay(blindness))
  if (other?.blindness !== undefined)
    return failed(
      command,
      `${other.key === undefined ? '' : `${other.key}: `}${other.blindness.message}`,
      mendOfKey(other),
      [other.blindness.reason],
    )
  return ok(command, `${user} may use it`)
}

/** A stream or a group that is not there is told by the gates, and a closed key by itself. */
function isInTheWay({ reason, message }: Blindness): boolean {
  if (reason === 'redis_no_such_key' || reason === 'redis_not_permitted') return false
  return !/\bNOGROUP\b/.test(message)
}

function mendOfKey({ key = '<key>', blindness }: Tried): readonly string[] {
  if (blindness?.reason === 'redis_wrong_type')
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

/** @param info what INFO says of server and replication; undefined when it may not be asked */
export function judgeServer(info: string | undefined): readonly Found[] {
  if (info === undefined) return []
  const version = /^redis_version:(\S+)/m.exec(info)?.[1] ?? ''
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const role = /^role:(\w+)/m.exec(info)?.[1]
  return [
    major < OLDEST_VERSION
      ? failed(
          'version',
          `Redis ${version} does not count what is added to a stream`,
          ['# run Redis 7.0 or newer'],
          ['redis_too_old'],
        )
      : major === OLDEST_VERSION && minor < 2
        ? warning('version', `Redis ${version} does not show a consumer that asks in vain`, [
            '# run Redis 7.2 or newer, to tell an idle consumer from a dead one on a quiet stream',
          ])
        : ok('version', `Redis ${version}`),
    role === 'slave'
      ? failed(
          'primary',
          'this is a replica, whose streams may lag behind',
          ['redis.url: <the primary>'],
          ['redis_replica'],
        )
      : ok('primary', 'this is a primary'),
  ]
}
