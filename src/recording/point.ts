import { isActive } from '../core/rollout.ts'
import type { Snapshot } from '../core/snapshot.ts'

/** What is compared of a round: the timeline is the list of these, one for each round in which it is another. */
export interface Point {
  readonly revision: number
  readonly verdict: string
  readonly since: number
  readonly summary: string
  /** What keeps the verdict from `proceed`, by its ref. */
  readonly blocking: readonly string[]
  readonly firing: readonly string[]
  /** Stop conditions that are latched and not acknowledged. */
  readonly latched: readonly string[]
  readonly acknowledged: readonly string[]
  readonly rollout: string | null
  readonly phase: string | null
  readonly active: boolean
}

export function pointOf({ revision, verdict, stops, rollout }: Snapshot): Point {
  const all = [...stops.values()]
  const latched = all.filter(({ latch }) => latch !== undefined)
  return {
    revision,
    verdict: verdict.verdict,
    since: verdict.since,
    summary: verdict.summary,
    blocking: verdict.blocking.map(({ ref }) => ref),
    firing: all.filter(({ state }) => state === 'firing').map(({ id }) => id),
    latched: latched.filter(({ latch }) => latch?.acknowledged === undefined).map(({ id }) => id),
    acknowledged: latched.filter(({ latch }) => latch?.acknowledged !== undefined).map(({ id }) => id),
    rollout: rollout?.id ?? null,
    phase: rollout?.phase ?? null,
    active: isActive(rollout),
  }
}

/** Whether a snapshot may have another point than the one before it; cheap, and errs on the side of yes. */
export function mayDiffer(before: Snapshot | undefined, after: Snapshot): boolean {
  return (
    before === undefined ||
    before.revision !== after.revision ||
    before.verdict !== after.verdict ||
    before.stops !== after.stops ||
    before.rollout !== after.rollout
  )
}
