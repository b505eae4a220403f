/** What a replica that is not ready lacks, when its reason says so. */
export type Dependency = 'redis' | 'postgres' | 'sts'

export interface ReadinessReason {
  /** What must be there again before the replica can be ready; absent where it is the replica itself. */
  readonly lacks?: Dependency
  /** What the code alone does not tell. */
  readonly means?: string
}

/** Every reason that a service of the platform gives for not being ready, in any line of releases, by its code. */
export const readinessReasons = {
  // API and Coordinator
  draining: {},
  postgres_unreachable: { lacks: 'postgres' },
  redis_unreachable: { lacks: 'redis' },
  outbox_unreachable: { lacks: 'postgres' },
  outbox_dead_messages: {},
  outbox_dead: {},
  // All of their `/ready` is guarded but the count of the rate limit, which is kept in Redis (T33).
  internal_error: { lacks: 'redis', means: 'it cannot count in Redis who asks' },
  // STS and Gateway
  redis_unavailable: { lacks: 'redis' },
  audit_evidence_lost: {},
  audit_replay_unavailable: {},
  stream_consumers_not_ready: { lacks: 'redis', means: 'it has not made its consumer groups yet' },
  revocation_snapshot_stale: { lacks: 'postgres' },
  sts_unavailable: { lacks: 'sts' },
  sts_unreachable: { lacks: 'sts' },
  bindings_unavailable: {},
  // Audit
  consumer_unhealthy: {
    lacks: 'redis',
    means: 'a read from Redis failed, and it stays so until an entry arrives or it is restarted',
  },
  audit_dlq_threshold: {},
  audit_lag_threshold: {},
  audit_pel_oldest_threshold: {},
  // Web
  unavailable: { lacks: 'postgres' },
  // No process listens.
  connection_refused: {},
} as const satisfies Readonly<Record<string, ReadinessReason>>

export type ReadinessCode = keyof typeof readinessReasons

/** Whether this is the code of a reason that is known. */
export function isReadinessCode(text: string): text is ReadinessCode {
  return Object.hasOwn(readinessReasons, text)
}

/** What is known of a reason; nothing of one that is not. */
export function readinessReasonOf(code: string): ReadinessReason {
  return isReadinessCode(code) ? readinessReasons[code] : {}
}
