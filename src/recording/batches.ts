import type { Beliefs } from '../core/belief.ts'
import type { Batch, Observation, Outcome, Target } from '../core/observation.ts'
import { isSame } from '../core/same.ts'
import type { Reading } from '../core/signal.ts'
import type { Instant } from '../core/time.ts'
import { instantOf, written, type Written } from './exact-time.ts'
import { packed, unpacked } from './plain-value.ts'

/** Of a target, its place in the list of the batch, or all of it. */
type WrittenTarget = number | { readonly target: unknown }
/** 0: the outcome of before. A list: the readings of it that are another, by their places. Else the whole outcome. */
type WrittenOutcome =
  0 | readonly (readonly [place: number, reading: unknown])[] | { readonly outcome: unknown }
type WrittenLook = readonly [
  target: WrittenTarget,
  at: Written,
  microseconds: number,
  validFor: unknown,
  outcome: WrittenOutcome,
]
/** The targets are 0 where they are those of the probe's batch before. */
export type WrittenBatch = readonly [
  probe: string,
  at: Written,
  targets: 0 | readonly unknown[],
  looks: readonly WrittenLook[],
]

/** What was said last of a probe, which the next batch builds on. */
interface Known {
  targets: readonly Target[]
  /** By id of the target. */
  readonly outcomes: Map<string, Outcome>
}

type Table = Map<string, Known>

/** Writes and reads one stretch of batches: both sides know what was said last. */
export function tableOf(beliefs: Beliefs): Table {
  return new Map(
    [...beliefs].map(([probe, { targets }]) => {
      const all = [...targets.values()]
      const outcomes = all.flatMap(({ target, last }): [string, Outcome][] =>
        last === undefined ? [] : [[target.id, last.outcome]],
      )
      return [probe, { targets: all.map(({ target }) => target), outcomes: new Map(outcomes) }]
    }),
  )
}

function knownIn(table: Table, probe: string): Known {
  const known = table.get(probe) ?? { targets: [], outcomes: new Map<string, Outcome>() }
  table.set(probe, known)
  return known
}

export function writtenBatch(
  table: Table,
  { probe, at, targets, observations }: Batch,
  from: Instant,
): WrittenBatch {
  const known = knownIn(table, probe)
  const isListed = known.targets === targets || isSame(known.targets, targets)
  if (!isListed) known.targets = targets
  return [
    probe,
    written(at, from),
    isListed ? 0 : targets.map(packed),
    observations.map((observation) => writtenLook(known, observation, from)),
  ]
}

function writtenLook(
  known: Known,
  { target, at, took, validFor, outcome }: Observation,
  from: Instant,
): WrittenLook {
  const place = known.targets.findIndex(({ id }) => id === target.id)
  const isListed = place >= 0 && (known.targets[place] === target || isSame(known.targets[place], target))
  const before = known.outcomes.get(target.id)
  known.outcomes.set(target.id, outcome)
  return [
    isListed ? place : { target: packed(target) },
    written(at, from),
    // Nothing is judged by how long it took, beyond a tie of two looks in one microsecond.
    Math.round(took * 1_000),
    packed(validFor),
    writtenOutcome(before, outcome),
  ]
}

function writtenOutcome(before: Outcome | undefined, outcome: Outcome): WrittenOutcome {
  if (before === outcome) return 0
  const changes = before === undefined ? undefined : otherReadings(before, outcome)
  if (changes === undefined) return { outcome: packed(outcome) }
  return changes.length === 0 ? 0 : changes
}

/** The readings that are another, where all else is as it was; undefined where it is not. */
function otherReadings(before: Outcome, after: Outcome): readonly (readonly [number, unknown])[] | undefined {
  if (!before.ok || !after.ok) return isSame(before, after) ? [] : undefined
  if (before.readings.length !== after.readings.length || !isSame(before.blindSpots, after.blindSpots))
    return undefined
  return after.readings.flatMap((reading, n) => {
    const was = before.readings[n]
    return was === reading || isSame(was, reading) ? [] : [[n, writtenReading(was, reading)] as const]
  })
}

/** A reading of which only the value is another is that value. */
function writtenReading(was: Reading | undefined, is: Reading): unknown {
  const isOther = was === undefined || !isSame({ ...was, value: is.value }, is)
  return packed(isOther ? is : is.value)
}

export function readBatch(table: Table, [probe, at, targets, looks]: WrittenBatch, from: Instant): Batch {
  const known = knownIn(table, probe)
  if (targets !== 0) known.targets = targets.map((target) => unpacked(target) as Target)
  return {
    probe,
    at: instantOf(at, from),
    targets: known.targets,
    observations: looks.map((look) => readLook(known, look, from)),
  }
}

function readLook(known: Known, [place, at, took, validFor, said]: WrittenLook, from: Instant): Observation {
  const target = typeof place === 'number' ? known.targets[place] : (unpacked(place.target) as Target)
  if (target === undefined) throw new RangeError(`there is no target ${JSON.stringify(place)}`)
  const outcome = readOutcome(known.outcomes.get(target.id), said)
  known.outcomes.set(target.id, outcome)
  return {
    target,
    at: instantOf(at, from),
    took: took / 1_000,
    validFor: unpacked(validFor) as number,
    outcome,
  }
}

function readOutcome(before: Outcome | undefined, said: WrittenOutcome): Outcome {
  if (said !== 0 && 'outcome' in said) return unpacked(said.outcome) as Outcome
  if (before === undefined) throw new RangeError('nothing was said of the target before')
  if (said === 0) return before
  if (!before.ok) throw new RangeError('the outcome of before has no readings')
  const readings = [...before.readings]
  for (const [place, reading] of said) {
    const was = readings[place]
    const is = unpacked(reading)
    if (typeof is !== 'number') readings[place] = is as Reading
    else if (was !== undefined) readings[place] = { ...was, value: is }
  }
  return { ...before, readings }
}
