import type { Phase } from '../core/rollout.ts'
import type { Moment } from '../core/moment.ts'
import type { Millis } from '../core/time.ts'
import {
  IN_MOTION,
  JOBS_OVER,
  RELEASE_REVISION,
  atBegin,
  jobOf,
  movedOf,
  seen,
  subjectsOf,
  templateOf,
  type Baselines,
} from './baselines.ts'
import { isPending, type View } from './view.ts'

/** A phase with what was seen that makes it so. */
export interface PhaseSeen {
  readonly phase: Phase
  readonly because: string
}

/**
 * The phase that the rollout under way is in by what can be seen, or undefined when nothing says that it left the one
 * it is in. Asked only while nothing is hidden.
 * @param quiet how long no migration Job must have run for the workloads to be what comes next, or nothing
 */
export function phaseSeen(
  view: View,
  baselines: Baselines,
  moment: Moment,
  quiet: Millis,
): PhaseSeen | undefined {
  return migrating(view, baselines) ?? rolling(view, baselines) ?? afterwards(view, baselines, moment, quiet)
}

function migrating({ jobs, release }: View, baselines: Baselines): PhaseSeen | undefined {
  for (const [kind, { active }] of jobs)
    if (active) return { phase: 'migrating', because: `the migration Job ${kind} runs` }
  for (const [kind, { failed, run, detail }] of jobs) {
    const before = baselines.get(atBegin(jobOf(kind)))
    const isOwn = run === 0 ? isNewRevision(release?.revision, baselines) : run !== before
    if (failed && isOwn) return { phase: 'migrating', because: `the migration Job ${kind} failed: ${detail}` }
  }
  return undefined
}

function rolling(view: View, baselines: Baselines): PhaseSeen | undefined {
  // Helm has not come to any workload yet: what is not rolled out then was left so by whatever was before.
  const isInMotion = baselines.has(IN_MOTION) && !isBeforeWorkloads(view, baselines)
  for (const [component, { rolledOut, lacks }] of view.workloads)
    if (!rolledOut && (baselines.has(movedOf(component)) || isInMotion))
      return { phase: 'rolling', because: `${component}: ${lacks}` }
  return undefined
}

/** Helm is at work on a revision whose Jobs have run, and no pod template has changed: another Job may follow. */
function isBeforeWorkloads(view: View, baselines: Baselines): boolean {
  const { release } = view
  return (
    release !== undefined &&
    isPending(release) &&
    isNewRevision(release.revision, baselines) &&
    hasMigrated(view, baselines) &&
    subjectsOf(baselines, movedOf('')).length === 0
  )
}

/** No Job runs or failed, and every workload that was touched is rolled out. */
function afterwards(view: View, baselines: Baselines, moment: Moment, quiet: Millis): PhaseSeen | undefined {
  const { release, workloads } = view
  const moved = subjectsOf(baselines, movedOf('')).length > 0
  const upgraded = isNewRevision(release?.revision, baselines)
  if (release !== undefined && !release.deployed) {
    const because = `revision ${release.revision} of the release is ${release.status}`
    if (moved) return { phase: 'rolling', because }
    if (!isPending(release) || (!upgraded && !baselines.has(IN_MOTION))) return undefined
    // Between two Jobs, and between the last Job and the first workload, it is still migrating.
    return { phase: hasMigrated(view, baselines) ? 'migrating' : 'preflight', because }
  }
  const gone = subjectsOf(baselines, atBegin(templateOf(''))).some((component) => !workloads.has(component))
  if (workloads.size === 0 || (gone && release === undefined)) return undefined
  const because = 'every workload is rolled out'
  if (moved || upgraded || baselines.has(IN_MOTION)) return { phase: 'verifying', because }
  const over = baselines.get(JOBS_OVER)
  if (!hasMigrated(view, baselines) || over === undefined || !moment.reached(over + quiet)) return undefined
  return { phase: 'verifying', because: 'the migration Jobs are over and no workload changes' }
}

function isNewRevision(revision: number | undefined, baselines: Baselines): boolean {
  const before = baselines.get(atBegin(RELEASE_REVISION))
  return revision !== undefined && before !== undefined && revision !== before
}

function hasMigrated({ jobs }: View, baselines: Baselines): boolean {
  return [...jobs.keys()].some(
    (kind) => (baselines.get(seen(jobOf(kind))) ?? 0) !== (baselines.get(atBegin(jobOf(kind))) ?? 0),
  )
}
