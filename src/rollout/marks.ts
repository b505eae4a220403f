import { migrationApplied } from '../rules/signals.ts'
import { REVISION_CREATED, ROLLOUT_BASELINE } from '../core/rollout.ts'
import type { Snapshot } from '../core/snapshot.ts'

export type Marks = Snapshot['marks']

/** What a rollout changes, as marks name it. What is known of it is kept under `seen:`, its baseline under `rollout:`. */
export const RELEASE_REVISION = 'release-revision'
/** Number of the Job's run; 0 when there was none. */
export const jobOf = (kind: string): string => `migration-job/${kind}`
export const templateOf = (component: string): string => `template/${component}`
export const versionOf = (version: string): string => `${migrationApplied.name}/${version}`

const SEEN = 'seen:'
const FOLLOW = 'follow:'

export const seen = (subject: string): string => `${SEEN}${subject}`
export const baseline = (subject: string): string => `${ROLLOUT_BASELINE}${subject}`

export { movedOf } from '../core/rollout.ts'
/** Something moved already when the rollout began, so that what is not rolled out then belongs to it. */
export const IN_MOTION = `${ROLLOUT_BASELINE}in-motion`

/** When the first trigger of a rollout was seen that has not begun yet. */
export const TRIGGER = `${FOLLOW}trigger`
/** Start of the rollout whose baseline was taken. */
export const BASELINE_OF = `${FOLLOW}rollout`
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

/** Whether a mark only serves to find something out, and nothing is measured from it. */
export function isBookkeeping(key: string): boolean {
  return key === REVISION_CREATED || /^(seen|follow|first-seen|gone):/.test(key)
}

/** The marks with some of them set, or removed where the value is undefined; the same map when nothing differs. */
export function withMarks(marks: Marks, changes: Iterable<readonly [string, number | undefined]>): Marks {
  let next: Map<string, number> | undefined
  for (const [key, value] of changes) {
    if ((next ?? marks).get(key) === value) continue
    next ??= new Map(marks)
    if (value === undefined) next.delete(key)
    else next.set(key, value)
  }
  return next ?? marks
}

/** What comes after `prefix` in the keys that begin with it. */
export function subjectsOf(marks: Marks, prefix: string): readonly string[] {
  return [...marks.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length))
}

/**
 * The baseline of a rollout that begins now: what was known before its first trigger. What is not known is left open,
 * and taken at first sight.
 * @param unfinished whether it takes the place of one that never came to its end: what that migrated is no ground to
 * build on, so its own baseline of schema versions stays
 */
export function baselineFrom(marks: Marks, unfinished: boolean): readonly (readonly [string, number])[] {
  const versions = baseline(versionOf(''))
  const before = unfinished ? [...marks].filter(([key]) => key.startsWith(versions)) : []
  const known = [...marks]
    .filter(([key]) => key.startsWith(SEEN))
    .map(([key, value]) => [baseline(key.slice(SEEN.length)), value] as const)
  return before.length === 0 ? known : [...known.filter(([key]) => !key.startsWith(versions)), ...before]
}

/** The marks without the baseline of the last rollout. */
export function withoutBaseline(marks: Marks): Marks {
  return new Map([...marks].filter(([key]) => !key.startsWith(ROLLOUT_BASELINE)))
}
