/**
 * How a consumer group is to be judged.
 * - `required`: it must exist and keep up.
 * - `observer`: provisioned for operators who may or may not run a consumer; exported, never judged.
 * - `per-replica`: `name` is a prefix, and every living replica has a group of its own behind it.
 */
export type GroupPolicy = 'required' | 'observer' | 'per-replica'

export interface GroupSpec {
  readonly name: string
  readonly policy: GroupPolicy
  /** Pending entries are ordinary residue (failed handlers wait for a restart), so their number is not judged. */
  readonly pendingIsResidue?: boolean
  /** More residue than before is a message that could not be applied, or whose acknowledgement was lost. */
  readonly moreIsFailure?: boolean
  /** Consumers ask again at least this often (milliseconds); absent where they block for ever. */
  readonly asksEvery?: number
  /** Entries that this group loses are audit evidence. */
  readonly evidence?: boolean
}

export interface StreamSpec {
  readonly name: string
  readonly groups: readonly GroupSpec[]
}

/** Streams of the platform and the groups that read them, as its services and its provisioner create them. */
export const platformStreams: readonly StreamSpec[] = [
  {
    name: 'caracal.audit.events',
    groups: [
      { name: 'audit-ingestor', policy: 'required', asksEvery: 5_000, evidence: true },
      { name: 'siem-export', policy: 'observer' },
    ],
  },
  {
    name: 'caracal.policy.invalidate',
    groups: [{ name: 'opa-engine', policy: 'required', pendingIsResidue: true, moreIsFailure: true }],
  },
  {
    name: 'caracal.sessions.revoke',
    groups: [
      { name: 'sts-revocation', policy: 'required', pendingIsResidue: true },
      { name: 'gateway-revocation:', policy: 'per-replica', asksEvery: 1_000 },
    ],
  },
  {
    name: 'caracal.keys.invalidate',
    groups: [{ name: 'sts-keys', policy: 'required', pendingIsResidue: true }],
  },
  {
    name: 'caracal.agents.lifecycle',
    groups: [{ name: 'coordinator-relay', policy: 'required', asksEvery: 6_000 }],
  },
  {
    name: 'caracal.invocations.lifecycle',
    groups: [{ name: 'invocations-observer', policy: 'observer' }],
  },
  {
    name: 'caracal.delegations.invalidate',
    groups: [{ name: 'delegations-observer', policy: 'observer' }],
  },
]

/** Streams that take what could not be handled. They come into being with their first entry. */
export const deadLetterStreams: readonly string[] = [
  'caracal.audit.events.dlq',
  'caracal.sessions.revoke.dead',
  'caracal.policy.invalidate.dead',
  'caracal.keys.invalidate.dead',
]

/** Database role of each service, as the platform's migrations create them, and the size of its pool per replica. */
export const databaseRoles = {
  api: 'caracalapi',
  sts: 'caracalsts',
  gateway: 'caracalgateway',
  audit: 'caracalaudit',
  coordinator: 'caracalcoordinator',
} as const

/** `DB_POOL_MAX` and `DB_MAX_CONNS` of the platform's services by default. */
export const defaultPoolSize = 20
