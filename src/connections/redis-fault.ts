import { lateIn } from '../core/network-failure.ts'
import type { Unavailable } from '../core/observation.ts'

/** What we hold against a Redis ourselves, beside what the network, the client or the server say. */
export type RedisFaultCode =
  /** An answer exceeds `answerBounds`. */
  | 'REDIS_TOO_LARGE'
  /** Bytes that are no RESP, or an answer about the topology that can not be one. */
  | 'REDIS_MALFORMED'
  /** A reply that no command asked for. */
  | 'REDIS_UNSOLICITED'
  /** A replica, of which `detail` is the primary. */
  | 'REDIS_REPLICA'
  /** `INFO replication` names no role that is known; `detail` is what it names. */
  | 'REDIS_ROLE'
  /** No sentinel names the primary. */
  | 'REDIS_SENTINEL'
  /** No node of a cluster serves the slot of a key. */
  | 'REDIS_SLOT'
  /** It did not answer within the time that a look has. */
  | 'REDIS_TIMEOUT'
  /** The connection was closed by us. */
  | 'REDIS_CLOSED'

/** A fault that we found ourselves; `redisUnavailable` has the words for it. */
export class RedisFault extends Error {
  override readonly name = 'RedisFault'
  readonly code: RedisFaultCode
  /** A word or an address that belongs into the message; text of the server, not cleaned. */
  readonly detail: string

  constructor(code: RedisFaultCode, detail = '') {
    super(detail === '' ? code : `${code}: ${detail}`)
    this.code = code
    this.detail = detail
  }
}

const late = lateIn('waiting')

type Rule = readonly [
  unknownReason: Unavailable['unknownReason'],
  reason: string,
  predicate: (detail: string) => string,
]

/** What is said of a server for each of our own faults: reason code, and the rest of the sentence. */
export const faultRules: Readonly<Record<RedisFaultCode, Rule>> = {
  REDIS_TOO_LARGE: [
    'malformed',
    'redis_answer_too_large',
    (detail) =>
      `sends an answer that is too large (${detail}): check that it is the platform's, and destroy consumer groups of former replicas`,
  ],
  REDIS_MALFORMED: [
    'malformed',
    'redis_protocol',
    (detail) =>
      `does not speak the protocol of Redis${detail === '' ? '' : ` (${detail})`}: correct the address or TLS`,
  ],
  REDIS_UNSOLICITED: [
    'malformed',
    'redis_unsolicited',
    () => 'sends replies that no command asked for: check what stands between it and the exporter',
  ],
  REDIS_REPLICA: [
    'contradictory',
    'redis_replica',
    (detail) =>
      `is a replica of ${detail}, whose data may lag: name the primary, or wait until it is promoted`,
  ],
  REDIS_ROLE: [
    'ambiguous',
    'redis_role_unknown',
    (detail) =>
      `does not say that it is a primary (role ${detail === '' ? 'missing' : detail}): configure a primary`,
  ],
  REDIS_SENTINEL: [
    'unreachable',
    'redis_sentinel',
    () =>
      "has no sentinel that names its primary: check the sentinels' addresses, password, TLS and the name",
  ],
  REDIS_SLOT: [
    'unreachable',
    'redis_moved',
    () => 'belongs to a Redis Cluster that serves not all slots: repair the cluster',
  ],
  REDIS_TIMEOUT: ['timeout', 'redis_timeout', () => `${late.says}: ${late.fix}`],
  REDIS_CLOSED: ['unreachable', 'redis_reset', () => 'was left by the exporter, which stops or reloads'],
}
