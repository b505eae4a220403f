import type { BlindSpot, Observation, Batch, Target, UnknownReason } from '../../src/core/observation.ts'
import type { Labels, Reading } from '../../src/core/signal.ts'
import { initialSnapshot, type Rules, type Snapshot } from '../../src/core/snapshot.ts'
import { step } from '../../src/core/step.ts'
import type { Instant, Millis } from '../../src/core/time.ts'

/** One instant of a scenario: the news that are in by then, and what a person does right before they are judged. */
export interface Moment {
  readonly at: Instant
  readonly batches?: readonly Batch[]
  readonly command?: (snapshot: Snapshot) => Snapshot
}

/** Plays batches at their instants through `step`; returns the snapshot after each. */
export function play(
  rules: Rules,
  moments: readonly Moment[],
  from: Snapshot = initialSnapshot(moments[0]?.at ?? 0, rules),
): readonly Snapshot[] {
  const snapshots: Snapshot[] = []
  let current = from
  for (const { at, batches = [], command } of moments) {
    current = step(command === undefined ? current : command(current), batches, at, rules)
    snapshots.push(current)
  }
  return snapshots
}

/** How long a look of a scenario may be believed, unless it says otherwise. */
const VALID_FOR: Millis = 15_000

export function aTarget(id: string, labels: Labels = {}): Target {
  return { id, labels }
}

/** A look that succeeded. */
export function saw(
  target: Target,
  at: Instant,
  readings: readonly Reading[],
  blindSpots: readonly BlindSpot[] = [],
  validFor: Millis = VALID_FOR,
): Observation {
  return { target, at, took: 1, validFor, outcome: { ok: true, readings, blindSpots } }
}

/** A look that failed. */
export function failed(
  target: Target,
  at: Instant,
  unknownReason: UnknownReason = 'unreachable',
): Observation {
  const message = `${target.id} cannot be seen`
  return {
    target,
    at,
    took: 1,
    validFor: VALID_FOR,
    outcome: { ok: false, unknownReason, reason: unknownReason, message },
  }
}

/** News from one probe; it watches the targets that were looked at, unless others are given. */
export function aBatch(
  probe: string,
  at: Instant,
  observations: readonly Observation[],
  targets: readonly Target[] = observations.map((observation) => observation.target),
): Batch {
  return { probe, at, targets, observations }
}

/** What is shown of each target of a small scenario: a value, a failed look, or that nobody looked yet. */
export type Shown = Readonly<Record<string, number | 'failed' | 'never'>>

/** A batch of the probe `small`, which gives the signal `small_depth` of each target. */
export function showing(at: Instant, shown: Shown): Batch {
  const targets = Object.keys(shown).map((id) => aTarget(id))
  const looks = targets.flatMap((target): Observation[] => {
    const value = shown[target.id]
    if (value === undefined || value === 'never') return []
    if (value === 'failed') return [failed(target, at)]
    return [saw(target, at, [{ signal: 'small_depth', labels: {}, value }])]
  })
  return aBatch('small', at, looks, targets)
}

/** A small scenario: at each instant (in seconds) what is shown then. */
export function playShown(
  rules: Rules,
  script: readonly (readonly [seconds: number, shown: Shown])[],
  from?: Snapshot,
): readonly Snapshot[] {
  const moments = script.map(([seconds, shown]) => ({
    at: seconds * 1_000,
    batches: [showing(seconds * 1_000, shown)],
  }))
  return play(rules, moments, from)
}
