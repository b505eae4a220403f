import { failureOf, lateIn, networkFailureOf, type NetworkFailure } from '../core/network-failure.ts'
import type { Unavailable, UnknownReason } from '../core/observation.ts'

/** What is said of a server: reason code, and the rest of the sentence that its name begins. */
type Rule = readonly [unknownReason: UnknownReason, reason: string, says: string, lacks?: string]

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

function network({ fault, unknownReason, says, fix }: NetworkFailure): Rule {
  return [unknownReason, networkReasons[fault] ?? 'redis_reset', `${says}: ${fix}`]
}

/** What the exporter itself finds wrong with a Redis; `%s` is the detail of the fault. */
const faults = {
  /** An answer exceeds `answerBounds`. */
  REDIS_TOO_LARGE: [
    'malformed',
    'redis_answer_too_large',
    "sends an answer that is too large (%s): check that it is the platform's, and destroy consumer groups of former replicas",
  ],
  /** Bytes that are no RESP, or an answer about the topology that can not be one. */
  REDIS_MALFORMED: [
    'malformed',
    'redis_protocol',
    'does not speak the protocol of Redis (%s): correct the address or TLS',
  ],
  /** A reply that no command asked for. */
  REDIS_UNSOLICITED: [
    'malformed',
    'redis_unsolicited',
    'sends replies that no command asked for: check what is between it and the exporter',
  ],
  /** A replica; the detail is its primary. */
  REDIS_REPLICA: [
    'contradictory',
    'redis_replica',
    'is a replica of %s, whose data may lag: name the primary, or wait until it is promoted',
  ],
  /** `INFO replication` names no known role; the detail is what it names. */
  REDIS_ROLE: [
    'ambiguous',
    'redis_role_unknown',
    'does not say that it is a primary (role %s): configure a primary',
  ],
  REDIS_SENTINEL: [
    'unreachable',
    'redis_sentinel',
    "has no sentinel that names its primary: check the sentinels' addresses, password, TLS and the name",
  ],
  /** No node of a cluster serves the slot of a key. */
  REDIS_SLOT: [
    'unreachable',
    'redis_moved',
    'belongs to a Redis Cluster that serves not all slots: repair the cluster',
  ],
  REDIS_TIMEOUT: network(lateIn('waiting')),
  REDIS_CLOSED: ['unreachable', 'redis_reset', 'was left by the exporter, which stops or reloads'],
} satisfies Record<string, Rule>

/** A fault that the exporter found itself, beside what the network, the client or the server say. */
export class RedisFault extends Error {
  override readonly name = 'RedisFault'
  readonly code: keyof typeof faults
  /** A word or an address that belongs into the message; text of the server, not cleaned. */
  readonly detail: string

  constructor(code: keyof typeof faults, detail = '') {
    super(detail === '' ? code : `${code}: ${detail}`)
    this.code = code
    this.detail = detail
  }
}

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

/** Error replies by their first word. */
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
  MISCONF: [
    'unreachable',
    'redis_misconf',
    'cannot persist and refuses commands: check its log and its disk',
  ],
  WRONGTYPE: [
    'malformed',
    'redis_wrong_type',
    'holds something other than a stream under this name: remove it',
  ],
}

/** Error replies whose first word says nothing. */
const replyTexts: readonly (readonly [text: RegExp, rule: Rule])[] = [
  [/no such key/i, ['ambiguous', 'redis_no_such_key', 'holds no stream of this name']],
  [
    /unknown (sub)?command|syntax error/i,
    [
      'malformed',
      'redis_too_old',
      'does not know a command that is needed: run Redis 7.0 or later and rename no command',
    ],
  ],
  [
    /max number of clients/i,
    ['unreachable', 'redis_max_clients', 'has no connection left: close clients or raise maxclients'],
  ],
  [/AUTH|username-password/, loginRefused],
]

/** Errors of ioredis itself, which have neither code nor first word. */
const clientErrors: readonly (readonly [text: RegExp, rule: Rule])[] = [
  [/timed? ?out|socket timeout/i, faults.REDIS_TIMEOUT],
  [
    /^(Protocol error|Unknown RESP type)/,
    ['malformed', 'redis_protocol', 'does not speak the protocol of Redis: correct the address or TLS'],
  ],
  [
    /^(Connection is closed|Connection is aborted|Command aborted|Stream isn't writeable|Reached the max retries)/,
    network(failureOf('reset')),
  ],
]

/** Why Redis gave no value. */
export interface RedisUnavailable extends Unavailable {
  /** What the ACL of the user lacks, as ACL SETUSER takes it: `+xread` or `%R~caracal.*`. */
  readonly lacks?: string
}

/**
 * Puts an error of ioredis, of the network or of the server into one sentence that says what to do.
 *
 * @param server names the server for people, without credentials: `Redis at cache:6379`
 */
export function redisUnavailable(fault: unknown, server: string): RedisUnavailable {
  const [unknownReason, reason, says, lacks] = ruleFor(fault)
  return { unknownReason, reason, message: `${server} ${says}`, ...(lacks !== undefined && { lacks }) }
}

function ruleFor(fault: unknown): Rule {
  if (!(fault instanceof Error)) return unexpected(String(fault))
  if (fault instanceof RedisFault) {
    const [unknownReason, reason, says] = faults[fault.code]
    return [unknownReason, reason, says.replace('%s', () => fault.detail)]
  }
  const { message } = fault
  if (!isReply(fault)) {
    const failure = networkFailureOf(fault)
    return failure === undefined ? ruleByText(clientErrors, message) : network(failure)
  }
  const [word = ''] = message.split(' ', 1)
  if (word === 'NOPERM') return notPermitted(message)
  return (Object.hasOwn(replies, word) ? replies[word] : undefined) ?? ruleByText(replyTexts, message)
}

function ruleByText(rules: typeof replyTexts, message: string): Rule {
  return rules.find(([text]) => text.test(message))?.[1] ?? unexpected(message)
}

/** Error texts may repeat what was sent, a password included: what follows `with args` is left out. */
function unexpected(message: string): Rule {
  const said = message.replace(/,? *with args.*/is, '').slice(0, 120)
  return ['malformed', 'redis_error', `gave an answer that was not expected: ${said}`]
}

function notPermitted(text: string): Rule {
  const command = /'([a-z|_-]+)' (command|subcommand)/i.exec(text)?.[1]
  const lacks = command === undefined ? '%R~caracal.*' : `+${command}`
  return [
    'unauthorized',
    'redis_not_permitted',
    `does not permit a read of the exporter: add the ${command === undefined ? 'pattern' : 'command'} ${lacks} to the ACL of its user`,
    lacks,
  ]
}

const partial: ReadonlySet<string> = new Set([
  'redis_not_permitted',
  'redis_wrong_type',
  'redis_no_such_key',
  'redis_error',
])

/** Whether the reason concerns one key or command only, so that the other answers hold. */
export function isPartial({ reason }: Unavailable): boolean {
  return partial.has(reason)
}

/** Whether the server refused the command itself, so that the connection is whole. */
export function isReply(fault: Error): boolean {
  return fault.name === 'ReplyError'
}
