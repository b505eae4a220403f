import { migrationApplied } from '../rules/signals.ts'
import { REVISION_CREATED, ROLLOUT_BASELINE } from '../core/rollout.ts'
import type { Snapshot } from '../core/snapshot.ts'

export type Baselines = Snapshot['baselines']

/** What a rollout changes, by key. What was seen last is kept under `seen:`, what was there at its begin under `rollout:`. */
export const RELEASE_REVISION = 'release-revision'
/** Number of the Job's run; 0 when there was none. */
export const jobOf = (kind: string): string => `migration-job/${kind}`
export const templateOf = (component: string): string => `template/${component}`
export const versionOf = (version: string): string => `${migrationApplied.name}/${version}`

const SEEN = 'seen:'
const FOLLOW = 'follow:'

export const seen = (subject: string): string => `${SEEN}${subject}`
export const atBegin = (subject: string): string => `${ROLLOUT_BASELINE}${subject}`

export { movedOf } from '../core/rollout.ts'
/** Something moved already when the rollout began, so that what is not rolled out then belongs to it. */
export const IN_MOTION = `${ROLLOUT_BASELINE}in-motion`

/** When the first trigger of a rollout was seen that has not begun yet. */
export const TRIGGER = `${FOLLOW}trigger`
/** Start of the rollout whose baseline was taken. */
export const BASELINES_OF = `${FOLLOW}rollout`
/** When the rollout last changed its phase, or something else that it changes. */
export const MOVED_AT = `${FOLLOW}moved-at`
/** Since when the migration Jobs of the rollout are over. */
export const JOBS_OVER = `${FOLLOW}jobs-over`
/** How many rollouts were detected by their workloads: it names the next. */
export const WORKLOAD_ROLLOUTS = `${FOLLOW}workload-rollouts`
/** Since when a stop condition fires, also over restarts. */
export const firingOf = (stop: string): string => `${FOLLOW}firing/${stop}`

/** When an acknowledgement ended a stop condition that was over; a latch tells of its own. */
export const settledOf = (stop: string): string => `${FOLLOW}settled/${stop}`

/** Whether a key only serves detection, and nothing is measured from its value. */
export function isBookkeeping(key: string): boolean {
  return key === REVISION_CREATED || /^(seen|follow|first-seen|gone):/.test(key)
}

/** The baselines with some of them set, or removed where the value is undefined; the same map when nothing differs. */
export function withBaselines(
  baselines: Baselines,
  changes: Iterable<readonly [string, number | undefined]>,
): Baselines {
  let next: Map<string, number> | undefined
  for (const [key, value] of changes) {
    if ((next ?? baselines).get(key) === value) continue
    next ??= new Map(baselines)
    if (value === undefined) next.delete(key)
    else next.set(key, value)
  }
  return next ?? baselines
}

/** What comes after `prefix` in the keys that begin with it. */
export function subjectsOf(baselines: Baselines, prefix: string): readonly string[] {
  return [...baselines.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length))
}

/**
 * The baseline of a rollout that begins now: what was known before its first trigger. What is not known is left open,
 * and taken at first sight.
 * @param unfinished whether it takes the place of one that never came to its end: what that migrated is no ground to
 * build on, so its own baseline of schema versions stays
 */
export function asAtBegin(baselines: Baselines, unfinished: boolean): readonly (readonly [string, number])[] {
  const versions = atBegin(versionOf(''))
  const before = unfinished ? [...baselines].filter(([key]) => key.startsWith(versions)) : []
  const known = [...baselines]
    .filter(([key]) => key.startsWith(SEEN))
    .map(([key, value]) => [atBegin(key.slice(SEEN.length)), value] as const)
  return before.length === 0 ? known : [...known.filter(([key]) => !key.startsWith(versions)), ...before]
}

/** The baselines without those that the last rollout began with. */
export function withoutBegin(baselines: Baselines): Baselines {
  return new Map([...baselines].filter(([key]) => !key.startsWith(ROLLOUT_BASELINE)))
}
