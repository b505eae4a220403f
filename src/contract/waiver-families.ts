import { gauge, type Family } from './family.ts'

/** What is judged and does not count. */
export const waiverFamilies = {
  notEnforced: gauge(
    'caracal_rollout_not_enforced_until_timestamp_seconds',
    'Time until which something is judged and does not count for the verdict: in shadow by the configuration, or overridden by a person. Absent while it counts.',
    'ref',
    'mode',
  ),
  wouldBlock: gauge(
    'caracal_rollout_not_enforced_would_block',
    'Whether something that does not count would hold or stop the rollout if it did: 1 for what it would do. Absent while it counts.',
    'ref',
    'mode',
    'verdict',
  ),
  expiredShadow: gauge(
    'caracal_rollout_shadow_expired_timestamp_seconds',
    'Time at which a shadow ended that the configuration still has; absent before that.',
    'ref',
  ),
} satisfies Record<string, Family>
