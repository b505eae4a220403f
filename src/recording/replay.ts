import { isActive } from '../core/rollout.ts'
import { isSame } from '../core/same.ts'
import type { Rules, Snapshot } from '../core/snapshot.ts'
import type { Instant } from '../core/time.ts'
import { defaultLimits } from '../rules/limits.ts'
import { rulesFor } from '../rules/rules.ts'
import { adopt } from '../rollout/adoption.ts'
import { corrected } from '../rollout/correction.ts'
import { evaluate, type Evaluated } from '../rollout/evaluation.ts'
import { relatched, unlatched } from '../rollout/latches.ts'
import type { Memory } from '../rollout/memory.ts'
import { withoutPassing } from '../rollout/passing.ts'
import type { JudgedBy } from './happening.ts'
import { patchedBy, type Patch } from './patch.ts'
import { mayDiffer, pointOf, type Point } from './point.ts'
import { Unreadable, type Recorded } from './reading.ts'

/** What a round came to, here and where it was recorded. */
export interface Replayed {
  readonly at: Instant
  readonly recorded: Point | undefined
  readonly replayed: Point
  /** Whether either is another than in the round before. */
  readonly isNews: boolean
  /** What is believed and remembered after it. */
  readonly after: Evaluated
}

export interface Replay {
  /** Takes the next line; gives what the round came to, where it is one. */
  take(recorded: Recorded): Replayed | undefined
}

/**
 * Judges what was recorded once more.
 * @param otherwise rules to judge by in place of the recorded ones
 */
export function newReplay(otherwise?: (recorded: JudgedBy) => JudgedBy): Replay {
  let judged: { readonly rules: Rules; readonly release: string } | undefined
  let held: Evaluated | undefined
  let expected: Point | undefined
  let last: { readonly snapshot: Snapshot; readonly point: Point; readonly text: string } | undefined

  function replayedPoint(snapshot: Snapshot): { readonly point: Point; readonly isNews: boolean } {
    if (last !== undefined && !mayDiffer(last.snapshot, snapshot)) return { point: last.point, isNews: false }
    const point = pointOf(snapshot)
    const text = JSON.stringify(point)
    const isNews = text !== last?.text
    last = { snapshot, point, text }
    return { point, isNews }
  }

  function round(
    { now, batches, commanded, events, point }: Recorded & { kind: 'round' },
    before: Evaluated,
  ): Replayed {
    if (judged === undefined) throw new Unreadable('it does not say by which rules it was judged')
    const changed =
      commanded === undefined ? before.snapshot : applied(before.snapshot, commanded, otherwise !== undefined)
    const after = evaluate(before, { now, batches, commanded: changed, events }, judged.rules, judged.release)
    held = { ...after, memory: withoutPassing(after.memory) }
    const isOther = point !== undefined && !isSame(point, expected)
    expected = point ?? expected
    const own = replayedPoint(after.snapshot)
    const isNews = own.isNews || isOther
    return { at: now, recorded: expected, replayed: own.point, isNews, after: held }
  }

  return {
    take(recorded) {
      switch (recorded.kind) {
        case 'rules': {
          const { options, release } = otherwise?.(recorded.judgedBy) ?? recorded.judgedBy
          // Another version may not have known all of them.
          const limits = { ...defaultLimits, ...options.limits }
          judged = { rules: rulesFor({ ...options, limits }), release }
          return undefined
        }
        case 'state':
          // After a gap that is all there is, by whatever rules.
          held = recorded.state
          last = undefined
          return undefined
        case 'corrected':
          held = { ...begun(held), snapshot: corrected(begun(held).snapshot, recorded.by) }
          return undefined
        case 'adopted': {
          const { snapshot, memory } = begun(held)
          const merged = patchedBy(memory, recorded.memory) as Memory
          held = { snapshot: adopt(snapshot, merged), memory: merged }
          return undefined
        }
        case 'round':
          return round(recorded, begun(held))
        case 'gap':
        case 'end':
          return undefined
      }
    },
  }
}

function begun(held: Evaluated | undefined): Evaluated {
  if (held === undefined) throw new Unreadable('it has no state to begin with')
  return held
}

/**
 * What a command makes of the snapshot. By other rules other stop conditions fire: those are latched that fire here when a
 * rollout begins, and none stays latched when it ends.
 */
function applied(before: Snapshot, patch: Patch, isOtherwise: boolean): Snapshot {
  const after = patchedBy(before, patch) as Snapshot
  if (!isOtherwise) return after
  const { rollout } = after
  const isOther = rollout?.id !== before.rollout?.id || rollout?.startedAt !== before.rollout?.startedAt
  if (isActive(rollout) && isOther) return { ...after, stops: relatched(before.stops, rollout.startedAt) }
  if (!isActive(rollout) && isActive(before.rollout)) return { ...after, stops: unlatched(before.stops) }
  return after
}
