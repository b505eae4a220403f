import type { Moment } from '../core/moment.ts'
import { DETECTION, type Rollout } from '../core/rollout.ts'
import type { Rules, Snapshot } from '../core/snapshot.ts'
import type { Followed } from './beginning.ts'
import { finish } from './commands.ts'
import type { Event } from './ledger.ts'
import {
  BASELINES_OF,
  IN_MOTION,
  JOBS_OVER,
  MOVED_AT,
  TRIGGER,
  atBegin,
  asAtBegin,
  jobOf,
  movedOf,
  seen,
  subjectsOf,
  withBaselines,
  type Baselines,
} from './baselines.ts'
import { phaseSeen } from './phases.ts'
import { firstSights, hasNewRevision, isNone, type Triggers } from './triggers.ts'
import { isMoving, type View } from './view.ts'

/** Follows the rollout under way: its baseline, what changes in it, its phase and its end. */
export function goOn(
  snapshot: Snapshot,
  rollout: Rollout,
  view: View,
  triggers: Triggers,
  rules: Rules,
  moment: Moment,
): Followed {
  const based = withBegin(snapshot, rollout, view, triggers)
  const { changed, baselines, events } = takeUp(based, snapshot, rollout, view, triggers)
  const moved =
    changed === rollout && baselines === snapshot.baselines
      ? snapshot
      : { ...snapshot, rollout: changed, baselines }
  // The progress of what is hidden is unknown.
  if (view.blind) return { snapshot: moved, events }
  const last = nextPhase(moved, changed, view, rules, moment)
  return { snapshot: last.snapshot, events: [...events, ...last.events] }
}

/** A rollout that was declared gets its baseline at the first look after; what is not known at first sight. */
function withBegin(
  { baselines }: Snapshot,
  { startedAt }: Rollout,
  view: View,
  triggers: Triggers,
): Baselines {
  const begun =
    baselines.get(BASELINES_OF) === startedAt
      ? baselines
      : withBaselines(baselines, [
          ...asAtBegin(baselines, false),
          [BASELINES_OF, startedAt],
          [MOVED_AT, startedAt],
          [TRIGGER, undefined],
          [IN_MOTION, isNone(triggers) && isMoving(view) ? 1 : undefined],
        ])
  return withBaselines(begun, firstSights(view, begun))
}

/** Makes what changed a part of the rollout under way. */
function takeUp(
  baselines: Baselines,
  { at }: Snapshot,
  rollout: Rollout,
  view: View,
  triggers: Triggers,
): { readonly changed: Rollout; readonly baselines: Baselines; readonly events: readonly Event[] } {
  if (isNone(triggers)) return { changed: rollout, baselines, events: [] }
  const isFurther = triggers.release !== undefined && hasNewRevision(baselines)
  const taken = withBaselines(baselines, [
    ...(isFurther ? startOver(baselines, view) : []),
    ...triggers.workloads.map((component) => [movedOf(component), 1] as const),
    ...(triggers.jobs.length > 0 ? [[JOBS_OVER, undefined] as const] : []),
    [MOVED_AT, at],
  ])
  const changed = { ...rollout, ...targetsOf(rollout, view, triggers) }
  const { id } = rollout
  if (!isFurther || triggers.release === undefined) return { changed, baselines: taken, events: [] }
  const { revision, status } = triggers.release
  const message = `revision ${revision} of the release is ${status} and belongs to the same rollout`
  const note: Event = { at, kind: 'rollout-revision', subject: id, message, rollout: id, actor: DETECTION }
  const from = rollout.revision === undefined ? {} : { from: rollout.revision }
  return { changed, baselines: taken, events: [{ ...note, ...from, to: String(revision) }] }
}

/** A further revision begins with the same workloads anew, and a Job that ran before it is no longer the point. */
function startOver(
  baselines: Baselines,
  { jobs, workloads }: View,
): readonly (readonly [string, number | undefined])[] {
  const isOpen = [...workloads.values()].some(({ rolledOut }) => !rolledOut)
  return [
    ...subjectsOf(baselines, movedOf('')).map((component) => [movedOf(component), undefined] as const),
    ...[...jobs.keys()].map((kind) => [atBegin(jobOf(kind)), baselines.get(seen(jobOf(kind))) ?? 0] as const),
    [IN_MOTION, isOpen ? 1 : undefined],
  ]
}

/** What is seen to be rolled out replaces what was declared. */
function targetsOf(
  { images: known }: Rollout,
  { workloads }: View,
  { release, workloads: changed }: Triggers,
): Pick<Rollout, 'revision' | 'chart' | 'images'> {
  const images = changed.flatMap((component) => {
    const { images: seen = [] } = workloads.get(component) ?? {}
    return seen.length === 0 ? [] : [[component, seen.join(', ')] as const]
  })
  return {
    ...(release !== undefined && { revision: String(release.revision) }),
    ...(release !== undefined && release.chart !== '' && { chart: release.chart }),
    ...(images.length > 0 && { images: { ...known, ...Object.fromEntries(images) } }),
  }
}

function nextPhase(snapshot: Snapshot, rollout: Rollout, view: View, rules: Rules, moment: Moment): Followed {
  const { baselines, at } = snapshot
  const { id, phase: from } = rollout
  const next = phaseSeen(view, baselines, moment, rules.steady)
  if (next !== undefined && next.phase !== from) {
    const { phase: to, because: message } = next
    const event: Event = {
      at,
      kind: 'rollout-phase',
      subject: id,
      message,
      from,
      to,
      rollout: id,
      actor: DETECTION,
    }
    const changed = { ...rollout, phase: to }
    return {
      snapshot: { ...snapshot, rollout: changed, baselines: withBaselines(baselines, [[MOVED_AT, at]]) },
      events: [event],
    }
  }
  const isVerified = next?.phase === 'verifying' && snapshot.verdict.verdict === 'proceed'
  const isCalm = moment.reached((baselines.get(MOVED_AT) ?? at) + rules.steady)
  // The client that declared a rollout says when it is done.
  if (!isVerified || !isCalm || rollout.detectedBy === 'declared') return { snapshot, events: [] }
  const author = { actor: DETECTION, reason: 'everything is rolled out, proven and steady' }
  const done = finish(snapshot, id, { outcome: 'done' }, author, at)
  return done.ok ? done : { snapshot, events: [] }
}
