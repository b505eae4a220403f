import type { AskedPhase } from '../core/rollout.ts'

/**
 * Which checks a question about a phase does not ask, since what they prove comes later. All else is asked in every
 * phase, and so are all stop conditions. `verifying` is the whole question, as without a phase.
 */
export const notAskedIn: Readonly<Record<AskedPhase, readonly string[]>> = {
  // Nothing has changed: what was declared has yet to arrive.
  preflight: ['arrival', 'canary'],
  // Helm is at work on the revision, and no workload has changed.
  migrating: ['arrival', 'release-deployed', 'workload-drift', 'canary'],
  // Helm waits for what comes after the workloads, and a canary goes through replicas that stay.
  rolling: ['release-deployed', 'workload-drift', 'canary'],
  verifying: [],
}
