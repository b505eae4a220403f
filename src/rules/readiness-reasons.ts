import { components, type Component } from '../core/replica.ts'

/** What a replica that is not ready lacks, when its reason says so. */
export type Dependency = 'redis' | 'postgres' | 'sts'

export interface ReadinessReason {
  /** The services that give it. */
  readonly of: readonly Component[]
  /** What must be there again before the replica can be ready; absent where it is the replica itself. */
  readonly lacks?: Dependency
  /** What the code alone does not tell. */
  readonly means?: string
}

/** Every reason that a service of the platform gives for not being ready, in any line of releases, by its code. */
export const readinessReasons = {
  // API and Coordinator
  draining: { of: ['api', 'coordinator', 'web'] },
  postgres_unreachable: { of: ['api', 'coordinator', 'sts', 'gateway', 'audit'], lacks: 'postgres' },
  redis_unreachable: { of: ['api', 'coordinator', 'sts', 'gateway', 'audit'], lacks: 'redis' },
  outbox_unreachable: { of: ['api'], lacks: 'postgres' },
  outbox_dead_messages: { of: ['api'] },
  outbox_dead: { of: ['coordinator'] },
  // All of their `/ready` is guarded but the count of the rate limit, which is kept in Redis (T33).
  internal_error: { of: ['api', 'coordinator'], lacks: 'redis', means: 'it cannot count in Redis who asks' },
  // STS and Gateway
  redis_unavailable: { of: ['sts'], lacks: 'redis' },
  audit_evidence_lost: { of: ['sts', 'gateway'] },
  audit_replay_unavailable: { of: ['sts', 'gateway'] },
  stream_consumers_not_ready: {
    of: ['sts'],
    lacks: 'redis',
    means: 'it has not made its consumer groups yet',
  },
  revocation_snapshot_stale: { of: ['gateway'], lacks: 'postgres' },
  sts_unavailable: { of: ['gateway'], lacks: 'sts' },
  sts_unreachable: { of: ['gateway'], lacks: 'sts' },
  bindings_unavailable: { of: ['gateway'] },
  // Audit
  consumer_unhealthy: {
    of: ['audit'],
    lacks: 'redis',
    means: 'a read from Redis failed, and it stays so until an entry arrives or it is restarted',
  },
  audit_dlq_threshold: { of: ['audit'] },
  audit_lag_threshold: { of: ['audit'] },
  audit_pel_oldest_threshold: { of: ['audit'] },
  // Web
  unavailable: { of: ['web'], lacks: 'postgres' },
  // No process listens.
  connection_refused: { of: components },
} as const satisfies Readonly<Record<string, ReadinessReason>>

export type ReadinessCode = keyof typeof readinessReasons

/** Whether this is the code of a reason that is known. */
export function isReadinessCode(text: string): text is ReadinessCode {
  return Object.hasOwn(readinessReasons, text)
}

/** What is known of a reason; nothing of one that is not. */
export function readinessReasonOf(code: string): Partial<ReadinessReason> {
  return isReadinessCode(code) ? readinessReasons[code] : {}
}
