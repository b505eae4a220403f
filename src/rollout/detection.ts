import type { Moment } from '../core/moment.ts'
import { isActive, type Rollout } from '../core/rollout.ts'
import type { Rules, Snapshot } from '../core/snapshot.ts'
import { SECOND, type Millis } from '../core/time.ts'
import { beginDetected, type Followed } from './beginning.ts'
import { goOn } from './following.ts'
import { TRIGGER, firingOf, movedOf, withBaselines } from './baselines.ts'
import { hasNewRevision, isFirstSight, isNone, knowledge, triggersOf, type Triggers } from './triggers.ts'
import { failureOf, revisionFates } from './revisions.ts'
import { viewOf, type View } from './view.ts'

/**
 * The triggers of one upgrade arrive by several watches. A revision of the release that shows within this time after a
 * rollout was detected by something else is that rollout's.
 */
const TOGETHER: Millis = 10 * SECOND

/**
 * Helm writes its revision first and changes everything else after it, but several watches hear of that in any order. Where
 * revisions are read, a rollout is named after this time: a pipeline waits for the name that the revision gives.
 */
const REVISION_FOLLOWS: Millis = 2 * SECOND

/**
 * Follows the rollout after a step: finds out that one began or was superseded, which phase it is in and, of one that
 * was detected, that it is done. Goes by fresh looks and baselines alone; what can't be seen begins, moves and ends
 * nothing. Gives undefined when there is nothing to change.
 * @param release name of the Helm release; rollouts that are detected are named after it
 */
export function follow(
  snapshot: Snapshot,
  rules: Rules,
  release: string,
  moment: Moment,
): Followed | undefined {
  const view = viewOf(snapshot, rules)
  if (view === undefined) return undefined
  const noted = noteFirings(snapshot)
  const triggers = triggersOf(view, noted.baselines)
  const isClear = view.settled && !awaitsItsName(noted, view, triggers, moment)
  const { snapshot: next, events } = isClear
    ? learn(decide(noted, view, triggers, rules, release, moment), view, moment)
    : { snapshot: noteTrigger(noted, triggers), events: [] }
  if (next === snapshot) return undefined
  const revision = snapshot.revision + (next.rollout === snapshot.rollout ? 0 : 1)
  return { snapshot: { ...next, revision }, events }
}

function decide(
  snapshot: Snapshot,
  view: View,
  triggers: Triggers,
  rules: Rules,
  release: string,
  moment: Moment,
): Followed {
  const { rollout } = snapshot
  if (isActive(rollout) && !isSuperseded(snapshot, rollout, view, triggers))
    return goOn(snapshot, rollout, view, triggers, rules, moment)
  if (isNone(triggers)) return { snapshot: note(snapshot, [[TRIGGER, undefined]]), events: [] }
  return beginDetected(snapshot, view, triggers, release)
}

/** Whether a rollout shows that Helm's revision may still give its name. At first sight nothing is on its way. */
function awaitsItsName(
  { baselines, rollout, at }: Snapshot,
  view: View,
  triggers: Triggers,
  moment: Moment,
): boolean {
  const hasName = triggers.release !== undefined || !view.readsRevisions
  if (isNone(triggers) || hasName || isActive(rollout) || isFirstSight(baselines)) return false
  return !moment.reached((baselines.get(TRIGGER) ?? at) + REVISION_FOLLOWS)
}

/** Whether what is seen is another rollout than the one that was detected. One that was declared takes everything. */
function isSuperseded(
  { baselines, at }: Snapshot,
  rollout: Rollout,
  view: View,
  triggers: Triggers,
): boolean {
  if (rollout.detectedBy === 'declared') return false
  if (triggers.release !== undefined) {
    // Another replica of the daemon may have seen it first.
    if (rollout.revision === String(triggers.release.revision)) return false
    const isLate = rollout.detectedBy !== 'helm-revision' && Math.abs(at - rollout.startedAt) <= TOGETHER
    return !isLate || hasNewRevision(baselines)
  }
  const isOver = rollout.phase === 'verifying' && view.release === undefined && !view.blind
  return isOver && triggers.workloads.some((component) => baselines.has(movedOf(component)))
}

/** Since when each stop condition fires, so that a restart can't make what stood before a rollout look new. */
function noteFirings(snapshot: Snapshot): Snapshot {
  return note(
    snapshot,
    [...snapshot.stops.values()].flatMap(({ id, state, since }): [string, number | undefined][] => {
      switch (state) {
        case 'firing':
          return snapshot.baselines.has(firingOf(id)) ? [] : [[firingOf(id), since]]
        case 'clear':
        case 'skipped':
          return [[firingOf(id), undefined]]
        case 'pending':
        case 'unknown':
          return []
      }
    }),
  )
}

/** A trigger that can't be told from others yet: the rollout begins later, and what fires meanwhile is its own. */
function noteTrigger(snapshot: Snapshot, triggers: Triggers): Snapshot {
  if (isNone(triggers) || isActive(snapshot.rollout) || snapshot.baselines.has(TRIGGER)) return snapshot
  return note(snapshot, [[TRIGGER, snapshot.at]])
}

function learn({ snapshot, events }: Followed, view: View, moment: Moment): Followed {
  const { baselines, rollout, at } = snapshot
  const changes = [
    ...knowledge(view, baselines, isActive(rollout), at),
    ...revisionFates(view, baselines, moment),
  ]
  const learnt = note(snapshot, changes)
  return { snapshot: learnt, events: [...events, ...failureOf(view, baselines, learnt)] }
}

function note(snapshot: Snapshot, changes: Parameters<typeof withBaselines>[1]): Snapshot {
  const baselines = withBaselines(snapshot.baselines, changes)
  return baselines === snapshot.baselines ? snapshot : { ...snapshot, baselines }
}
