/** What the canary found of one step at one replica, and why. */
export type Outcome = 'pass' | 'fail' | 'unknown'

/**
 * Every reason that is not `as_expected`, with the outcome that it means and what to do next. What was not seen is unknown:
 * it never passes.
 */
export const reasons = {
  identity_refused: [
    'fail',
    'give the canary its current client secret, and check that its application is neither archived nor expired',
  ],
  zone_wrong: ['fail', 'correct --zone: the application belongs to another zone'],
  policy_bundle_refused: [
    'fail',
    'read the log of this STS for the policy that it refused, and activate the last policy set that worked',
  ],
  policy_outdated: [
    'fail',
    'read the log of this STS for the policy that it could not load, and activate the last policy set that worked',
  ],
  policy_loading: [
    'unknown',
    'run the canary again: a replica of STS may take a minute to load what was activated',
  ],
  policy_denied: ['fail', 'check the grants of the canary in the active policy set, and its --label'],
  denied_without_reason: [
    'unknown',
    'check the resource and the scope of the canary, and how many tokens the zone takes in a minute: the audit event of the request says which in evaluation_status',
  ],
  approval_required: ['fail', 'take the scope of the canary out of the tiers that need an approval'],
  operation_not_declared: [
    'fail',
    'declare GET and --path as an operation of both resources, or let them pass every operation (transport_uniform)',
  ],
  refused: ['fail', 'read the log of this replica for the request id'],
  not_denied: ['fail', 'stop: a request was allowed that must be denied; check the active policy set'],
  denied_otherwise: ['fail', 'check the active policy set, and the reason that the canary expects'],
  credential_expired: ['fail', 'compare the clock of this replica with the others'],
  clock_skew: ['fail', 'correct the clock of this replica, or that of the canary if all replicas differ'],
  service_failed: ['fail', 'read the log of this replica for the request id'],
  upstream_failed: ['fail', 'check the upstream of the resource of the canary: the Gateway allowed the call'],
  request_lost: ['unknown', 'run the canary again; if it repeats, check the replica and the network'],
  unreachable: ['unknown', 'check that the replica runs, and that a NetworkPolicy lets the canary reach it'],
  rate_limited: ['unknown', 'run the canary less often, or raise the limit of the platform'],
  answer_unclear: ['unknown', 'check the address: something else than the platform answers there'],
  name_unresolved: ['unknown', 'correct the name, or check the name server'],
  no_token: ['unknown', 'correct the step that failed before it'],
  no_session: [
    'unknown',
    'correct the scope or the resources of the canary where the Coordinator refused them; otherwise read its log',
  ],
  audit_missing: [
    'fail',
    'check the dead letters of the audit stream, and the replay files of this replica; an Audit replica that hangs keeps what it took',
  ],
  audit_late: ['fail', 'check the backlog of the audit stream, or raise --audit-within'],
  audit_contradicts: [
    'fail',
    'compare the audit event with what the replica answered: its evidence is wrong',
  ],
  audit_ingestion_dead: [
    'fail',
    'check that an Audit replica consumes the stream: its group audit-ingestor, its log, its dead letters',
  ],
  audit_unreadable: ['unknown', 'check --api and the reader token: an admin token of the zone that may read'],
  not_audited: ['unknown', 'correct the step that failed before it'],
  revocation_not_seen: [
    'fail',
    'replace this Gateway: until it reads the stream of revocations, it lets revoked sessions through',
  ],
  revocation_unproven: ['unknown', 'run the canary again, when the platform and the canary are less busy'],
  revocation_refused: ['unknown', 'check the Coordinator, and what it says in its log'],
} as const satisfies Readonly<Record<string, readonly [outcome: 'fail' | 'unknown', nextStep: string]>>

export type Reason = keyof typeof reasons | 'as_expected'

/** What came of one step. */
export interface Finding {
  readonly outcome: Outcome
  readonly reason: Reason
  readonly message: string
}

export function passed(message: string): Finding {
  return { outcome: 'pass', reason: 'as_expected', message }
}

export function found(reason: keyof typeof reasons, message: string): Finding {
  return { outcome: reasons[reason][0], reason, message }
}

export function nextStepOf(reason: Reason): string {
  return reason === 'as_expected' ? '' : reasons[reason][1]
}
