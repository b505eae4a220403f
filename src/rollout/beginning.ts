import { DETECTION, REVISION_CREATED, isActive, type Phase, type Rollout } from '../core/rollout.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { start } from './commands.ts'
import type { Event } from './ledger.ts'
import { unusedId } from './lives.ts'
import {
  BASELINES_OF,
  IN_MOTION,
  JOBS_OVER,
  MOVED_AT,
  TRIGGER,
  WORKLOAD_ROLLOUTS,
  atBegin,
  asAtBegin,
  firingOf,
  jobOf,
  movedOf,
  withBaselines,
  withoutBegin,
  type Baselines,
} from './baselines.ts'
import { momentAt } from '../core/moment.ts'
import { phaseSeen } from './phases.ts'
import { firstSights, isFirstSight, type Triggers } from './triggers.ts'
import { isMoving, type View } from './view.ts'

/** What became of the rollout after a step. */
export interface Followed {
  readonly snapshot: Snapshot
  readonly events: readonly Event[]
}

/** Begins the rollout that the triggers speak of, in place of one that is under way. */
export function beginDetected(snapshot: Snapshot, view: View, triggers: Triggers, release: string): Followed {
  const { at } = snapshot
  const found = whatBegan(snapshot.baselines, view, triggers, release)
  const baselines = baselinesAtBegin(snapshot, view, triggers, found)
  const current = view.blind ? undefined : phaseSeen(view, baselines, momentAt(at), Infinity)
  const unseen = isFirstSight(snapshot.baselines)
    ? '; it began before the daemon saw it: baselines are those of first sight, and what fired before is not known'
    : ''
  const rollout: Rollout = {
    id: unusedId(found.id, snapshot.begun),
    phase: current?.phase ?? found.phase,
    startedAt: at,
    detectedBy: found.detectedBy,
    actor: DETECTION,
    reason: `${found.reason}${unseen}`,
    ...allTargets(view, triggers),
  }
  const since = snapshot.baselines.get(TRIGGER) ?? at
  return start(
    { ...snapshot, baselines },
    rollout,
    { actor: DETECTION, reason: rollout.reason ?? '' },
    // What began to fire with the first trigger, or after it, is the rollout's own.
    ({ id }) => (snapshot.baselines.get(firingOf(id)) ?? at) < since,
  )
}

interface Found extends Pick<Rollout, 'id' | 'detectedBy'> {
  /** The phase that a rollout begins in when nothing more is seen of it. */
  readonly phase: Phase
  readonly reason: string
}

/** Of several triggers the revision of the release names the rollout, then the Job, then the workloads. */
function whatBegan(
  baselines: Baselines,
  { jobs, workloads }: View,
  triggers: Triggers,
  release: string,
): Found {
  if (triggers.release !== undefined) {
    const { revision, status, chart } = triggers.release
    const id = `${release}-r${revision}`
    const reason = `revision ${revision} of the release ${release} is ${status}${chart && ` (${chart})`}`
    return { id, detectedBy: 'helm-revision', phase: 'preflight', reason }
  }
  const [kind] = triggers.jobs
  const job = jobs.get(kind ?? '')
  if (kind !== undefined && job !== undefined) {
    const id = `${release}-job-${job.uid === '' ? job.run : job.uid.slice(0, 8)}`
    const reason = `there is a new run of the migration Job ${kind}`
    return { id, detectedBy: 'migration-job', phase: 'migrating', reason }
  }
  const names = triggers.workloads.join(', ')
  const open = triggers.workloads.some((component) => workloads.get(component)?.rolledOut === false)
  return {
    id: `${release}-w${(baselines.get(WORKLOAD_ROLLOUTS) ?? 0) + 1}`,
    detectedBy: 'workload-generation',
    phase: 'rolling',
    reason:
      isFirstSight(baselines) && open ? `${names} is not rolled out` : `the pod template of ${names} changed`,
  }
}

function baselinesAtBegin(
  { baselines, rollout, at }: Snapshot,
  view: View,
  triggers: Triggers,
  found: Found,
): Baselines {
  const isSuperseding = isActive(rollout)
  const begun = withBaselines(withoutBegin(baselines), [
    ...asAtBegin(baselines, isSuperseding),
    ...triggers.workloads.map((component) => [movedOf(component), 1] as const),
    ...(triggers.jobs.length > 0 ? [[JOBS_OVER, undefined] as const] : []),
    ...(found.detectedBy === 'workload-generation'
      ? [[WORKLOAD_ROLLOUTS, (baselines.get(WORKLOAD_ROLLOUTS) ?? 0) + 1] as const]
      : []),
    ...ofRevision(view, triggers),
    [BASELINES_OF, at],
    [MOVED_AT, at],
    [TRIGGER, undefined],
    [IN_MOTION, isSuperseding && isMoving(view) ? 1 : undefined],
  ])
  return withBaselines(begun, firstSights(view, begun))
}

/** When the revision came that a rollout begins with; runs that came with it may have been seen before it. */
function ofRevision({ jobs }: View, { release }: Triggers): readonly (readonly [string, number])[] {
  if (release?.createdAt === undefined) return []
  const { createdAt: began } = release
  const own = [...jobs].filter(([, { run, createdAt }]) => run !== 0 && (createdAt ?? -Infinity) >= began)
  return [[REVISION_CREATED, began], ...own.map(([kind]) => [atBegin(jobOf(kind)), 0] as const)]
}

/** What is rolled out, as far as it can be seen. */
function allTargets(
  { workloads }: View,
  { release }: Triggers,
): Pick<Rollout, 'revision' | 'chart' | 'images'> {
  const images = [...workloads].flatMap(([component, workload]) =>
    workload.images.length === 0 ? [] : [[component, workload.images.join(', ')] as const],
  )
  return {
    ...(release !== undefined && { revision: String(release.revision) }),
    ...(release !== undefined && release.chart !== '' && { chart: release.chart }),
    ...(images.length > 0 && { images: Object.fromEntries(images) }),
  }
}
