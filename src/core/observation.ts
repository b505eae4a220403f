import type { Labels, Reading, Signal } from './signal.ts'
import type { Instant, Millis } from './time.ts'

/** Why something could not be measured. A closed list: it is a label value and part of the published contract. */
export const unknownReasons = [
  'never_measured',
  'stale',
  'unreachable',
  'timeout',
  'unauthorized',
  'throttled',
  'malformed',
  'ambiguous',
  'contradictory',
  'not_configured',
  'late',
] as const

export type UnknownReason = (typeof unknownReasons)[number]

/** What could not be seen, and why. `reason` is a short code of the probe's (`redis_loading`), `message` a sentence. */
export interface Unavailable {
  readonly unknownReason: UnknownReason
  readonly reason: string
  readonly message: string
}

/** One signal that a look which otherwise succeeded could not give: a group's unknowable lag, a missing family. */
export interface BlindSpot extends Unavailable {
  readonly signal: string
  readonly labels: Labels
}

/** Something that is looked at: a replica's endpoint, the Redis server, a database. `id` is unique within its probe. */
export interface Target {
  readonly id: string
  /** Known beforehand and carried by every reading that has such a label, e.g. `component` and `replica`. */
  readonly labels: Labels
}

export type Outcome =
  | { readonly ok: true; readonly readings: readonly Reading[]; readonly blindSpots: readonly BlindSpot[] }
  | ({ readonly ok: false } & Unavailable)

/** One look at one target. */
export interface Observation {
  readonly target: Target
  /** When the look ended, by our clock. */
  readonly at: Instant
  readonly took: Millis
  /** For how long the outcome may be believed; the scheduler derives it from the interval in force. */
  readonly validFor: Millis
  readonly outcome: Outcome
}

/**
 * News from one probe: everything it watches now, and the looks that ended since its last batch. A target that is
 * not listed any more is forgotten; one that is listed but was never looked at is a blind spot.
 */
export interface Batch {
  readonly probe: string
  readonly at: Instant
  readonly targets: readonly Target[]
  readonly observations: readonly Observation[]
}

/** A blind spot for one signal of a look. */
export function blindSpot<Label extends string>(
  signal: Signal<Label>,
  labels: Readonly<Partial<Record<Label, string>>>,
  unavailable: Unavailable,
): BlindSpot {
  return { signal: signal.name, labels: labels as Labels, ...unavailable }
}

/** Evidence that a pipeline pushed is kept like the looks of a probe of this name: one target for each check. */
export const PUSHED_EVIDENCE = 'evidence'

/** Reason code of what the configuration leaves out on purpose: not looked at, and nothing is hidden by that. */
export const LEFT_OUT = 'helm_secrets_off'
