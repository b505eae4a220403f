import type { Phase } from '../core/rollout.ts'
import type { Instant, Millis } from '../core/time.ts'
import {
  IN_MOTION,
  JOBS_OVER,
  RELEASE_REVISION,
  baseline,
  jobOf,
  movedOf,
  seen,
  subjectsOf,
  templateOf,
  type Marks,
} from './marks.ts'
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
export function phaseSeen(view: View, marks: Marks, now: Instant, quiet: Millis): PhaseSeen | undefined {
  return migrating(view, marks) ?? rolling(view, marks) ?? afterwards(view, marks, now, quiet)
}

function migrating({ jobs, release }: View, marks: Marks): PhaseSeen | undefined {
  for (const [kind, { active }] of jobs)
    if (active) return { phase: 'migrating', because: `the migration Job ${kind} runs` }
  for (const [kind, { failed, run, detail }] of jobs) {
    const before = marks.get(baseline(jobOf(kind)))
    const isOwn = run === 0 ? isNewRevision(release?.revision, marks) : run !== before
    if (failed && isOwn) return { phase: 'migrating', because: `the migration Job ${kind} failed: ${detail}` }
  }
  return undefined
}

function rolling(view: View, marks: Marks): PhaseSeen | undefined {
  // Helm has not come to any workload yet: what is not rolled out then was left so by whatever was before.
  const isInMotion = marks.has(IN_MOTION) && !isBeforeWorkloads(view, marks)
  for (const [component, { rolledOut, lacks }] of view.workloads)
    if (!rolledOut && (marks.has(movedOf(component)) || isInMotion))
      return { phase: 'rolling', because: `${component}: ${lacks}` }
  return undefined
}

/** Helm is at work on a revision whose Jobs have run, and no pod template has changed: another Job may follow. */
function isBeforeWorkloads(view: View, marks: Marks): boolean {
  const { release } = view
  return (
    release !== undefined &&
    isPending(release) &&
    isNewRevision(release.revision, marks) &&
    hasMigrated(view, marks) &&
    subjectsOf(marks, movedOf('')).length === 0
  )
}

/** No Job runs or failed, and every workload that was touched is rolled out. */
function afterwards(view: View, marks: Marks, now: Instant, quiet: Millis): PhaseSeen | undefined {
  const { release, workloads } = view
  const moved = subjectsOf(marks, movedOf('')).length > 0
  const upgraded = isNewRevision(release?.revision, marks)
  if (release !== undefined && !release.deployed) {
    const because = `revision ${release.revision} of the release is ${release.status}`
    if (moved) return { phase: 'rolling', because }
    if (!isPending(release) || (!upgraded && !marks.has(IN_MOTION))) return undefined
    // Between two Jobs, and between the last Job and the first workload, it is still migrating.
    return { phase: hasMigrated(view, marks) ? 'migrating' : 'preflight', because }
  }
  const gone = subjectsOf(marks, baseline(templateOf(''))).some((component) => !workloads.has(component))
  if (workloads.size === 0 || (gone && release === undefined)) return undefined
  const because = 'every workload is rolled out'
  if (moved || upgraded || marks.has(IN_MOTION)) return { phase: 'verifying', because }
  const over = marks.get(JOBS_OVER)
  if (!hasMigrated(view, marks) || over === undefined || now - over < quiet) return undefined
  return { phase: 'verifying', because: 'the migration Jobs are over and no workload changes' }
}

function isNewRevision(revision: number | undefined, marks: Marks): boolean {
  const before = marks.get(baseline(RELEASE_REVISION))
  return revision !== undefined && before !== undefined && revision !== before
}

function hasMigrated({ jobs }: View, marks: Marks): boolean {
  return [...jobs.keys()].some(
    (kind) => (marks.get(seen(jobOf(kind))) ?? 0) !== (marks.get(baseline(jobOf(kind))) ?? 0),
  )
}
