import { failureOf, networkFailureOf, type NetworkFailure } from '../core/network-failure.ts'
import type { Unavailable, UnknownReason } from '../core/observation.ts'
import { faultRules, RedisFault, type RedisFaultCode } from './redis-fault.ts'
import { isReply } from './redis-wire.ts'

/** What is said of a server when it gives a certain answer: reason code and the rest of the sentence. */
type Rule = readonly [unknownReason: UnknownReason, reason: string, predicate: string]

const loginRefused: Rule = [
  'unauthorized',
  'redis_unauthorized',
  'refuses the login: configure its user and password',
]
const moved: Rule = [
  'unreachable',
  'redis_moved',
  'is a node of a Redis Cluster that does not serve this key: configure the cluster instead of one url',
]
const replica: Rule = [
  'contradictory',
  'redis_replica',
  'is a replica whose streams may lag: name the primary, or wait until it is promoted',
]

/** By the first word of an error reply. */
const replies: Readonly<Record<string, Rule>> = {
  NOAUTH: loginRefused,
  WRONGPASS: loginRefused,
  DENIED: [
    'unauthorized',
    'redis_protected',
    'takes no remote connections in protected mode: give it a password or an ACL',
  ],
  LOADING: ['unreachable', 'redis_loading', 'is loading its data set from disk: wait until it is done'],
  BUSY: ['unreachable', 'redis_busy', 'is blocked by a script: wait for it or end it with SCRIPT KILL'],
  MOVED: moved,
  ASK: moved,
  TRYAGAIN: moved,
  CROSSSLOT: moved,
  CLUSTERDOWN: [
    'unreachable',
    'redis_moved',
    'belongs to a Redis Cluster that serves not all slots: repair the cluster, and configure cluster instead of url',
  ],
  MASTERDOWN: replica,
  READONLY: replica,
  UNBLOCKED: [
    'contradictory',
    'redis_replica',
    'became a replica while a read waited: name the primary, or wait until it is promoted',
  ],
  MISCONF: ['unreachable', 'redis_misconf', 'can not persist and refuses commands: see its log and its disk'],
  WRONGTYPE: [
    'malformed',
    'redis_wrong_type',
    'holds something else than a stream under this name: remove it',
  ],
}

/** Reason codes for what happens to the connection; all else that breaks it is `redis_reset`. */
const networkReasons: Partial<Readonly<Record<NetworkFailure['fault'], string>>> = {
  refused: 'redis_refused',
  noName: 'redis_name_unknown',
  noNameServer: 'redis_name_unknown',
  noRoute: 'redis_no_route',
  failed: 'redis_no_route',
  notConnected: 'redis_timeout',
  notAnswered: 'redis_timeout',
  tls: 'redis_tls',
}

function network(failure: NetworkFailure): Rule {
  const { fault, unknownReason, says, fix } = failure
  return [unknownReason, networkReasons[fault] ?? 'redis_reset', `${says}: ${fix}`]
}

/** Errors of ioredis itself, which have neither code nor first word. */
const clientErrors: readonly (readonly [text: RegExp, rule: Rule])[] = [
  [/timed? ?out|socket timeout/i, network(failureOf('notAnswered'))],
  [
    /^(Protocol error|Unknown RESP type)/,
    ['malformed', 'redis_protocol', 'does not speak the protocol of Redis: correct the address or TLS'],
  ],
  [
    /^(Connection is closed|Connection is aborted|Command aborted|Stream isn't writeable|Reached the max retries)/,
    network(failureOf('reset')),
  ],
]

/**
 * Puts an error of ioredis, of the network or of the server into one sentence that says what to do.
 *
 * @param server names the server for people, without credentials: `Redis at cache:6379`
 */
export function redisUnavailable(fault: unknown, server: string): Unavailable {
  if (!(fault instanceof Error)) return other(server, String(fault))
  if (fault instanceof RedisFault) return blind(said(fault.code, fault.detail), server)
  if (isReply(fault)) return fromReply(fault.message, server)
  const failure = networkFailureOf(fault)
  if (failure !== undefined) return blind(network(failure), server)
  const known = clientErrors.find(([text]) => text.test(fault.message))
  return known === undefined ? other(server, fault.message) : blind(known[1], server)
}

function said(code: RedisFaultCode, detail = ''): Rule {
  const [unknownReason, reason, predicate] = faultRules[code]
  return [unknownReason, reason, predicate(detail)]
}

/** Whether the unavailable concerns one key or command only, while the rest of the answers stands. */
export function isPartial({ reason }: Unavailable): boolean {
  return partial.has(reason)
}

const partial: ReadonlySet<string> = new Set([
  'redis_not_permitted',
  'redis_wrong_type',
  'redis_no_such_key',
  'redis_error',
])

function fromReply(text: string, server: string): Unavailable {
  const [word = ''] = text.split(' ', 1)
  const rule = replies[word]
  if (rule !== undefined) return blind(rule, server)
  if (word === 'NOPERM') return blind(notPermitted(text), server)
  if (/no such key/i.test(text))
    return blind(['ambiguous', 'redis_no_such_key', 'holds no stream of this name'], server)
  if (/unknown (sub)?command|syntax error/i.test(text))
    return blind(
      [
        'malformed',
        'redis_too_old',
        'does not know a command that is needed: run Redis 7.0 or later and rename no command',
      ],
      server,
    )
  if (/max number of clients/i.test(text))
    return blind(
      ['unreachable', 'redis_max_clients', 'has no connection left: close clients or raise maxclients'],
      server,
    )
  if (/AUTH|username-password/.test(text)) return blind(loginRefused, server)
  return other(server, text)
}

function notPermitted(text: string): Rule {
  const command = /'([a-z|_-]+)' (command|subcommand)/i.exec(text)?.[1]
  const missing = command === undefined ? 'the pattern %R~caracal.*' : `the command +${command}`
  return [
    'unauthorized',
    'redis_not_permitted',
    `does not permit a look: add ${missing} to the ACL of its user`,
  ]
}

/** What the ACL of the user lacks, as ACL SETUSER takes it: `+xread` or `%R~caracal.*`; undefined for other reasons. */
export function missingRule({ reason, message }: Unavailable): string | undefined {
  if (reason !== 'redis_not_permitted') return undefined
  return /add the (?:pattern|command) (\S+) to the ACL/.exec(message)?.[1]
}

/** Error texts may repeat what was sent, a password included: what follows `with args` is left out. */
function other(server: string, text: string): Unavailable {
  const said = text.replace(/,? *with args.*/is, '').slice(0, 120)
  return blind(['malformed', 'redis_error', `gave an answer that was not expected: ${said}`], server)
}

function blind([unknownReason, reason, predicate]: Rule, server: string): Unavailable {
  return { unknownReason, reason, message: `${server} ${predicate}` }
}
