import type { Ending } from '../connections/deadline.ts'
import { UnavailableError } from '../core/network-failure.ts'
import { blindSpot, type BlindSpot, type Target, type Unavailable } from '../core/observation.ts'
import { read, type Reading, type Signal } from '../core/signal.ts'
import type { Millis } from '../core/time.ts'

/** What a look saw. */
export interface Look {
  readonly readings: readonly Reading[]
  readonly blindSpots?: readonly BlindSpot[]
}

/** Several looks as one. */
export function joined(looks: readonly Look[]): Look {
  return {
    readings: looks.flatMap(({ readings }) => readings),
    blindSpots: looks.flatMap(({ blindSpots = [] }) => blindSpots),
  }
}

/** The look that gave none of these signals. */
export function blindLook<Label extends string>(
  signals: readonly Signal<Label>[],
  labels: Readonly<Partial<Record<Label, string>>>,
  { unknownReason, reason, message }: Unavailable,
): Look {
  const why = { unknownReason, reason, message }
  return { readings: [], blindSpots: signals.map((signal) => blindSpot(signal, labels, why)) }
}

/** The look at one signal: its value, or why there is none. */
export function oneLook<Label extends string>(
  signal: Signal<Label>,
  labels: Readonly<Record<Label, string>>,
  value: number | Unavailable,
  detail?: string,
): Look {
  return typeof value === 'number'
    ? { readings: [read(signal, labels, value, detail)] }
    : blindLook([signal], labels, value)
}

/** How often a target is asked in either cadence, and how long an attempt may take. */
export interface Pace {
  readonly quiet: Millis
  readonly brisk: Millis
  readonly timeout: Millis
}

/** One way of looking, asked again and again. Reads and says what it saw; never judges, never writes. */
export interface Probe {
  readonly name: string
  readonly provides: readonly Signal[]
  /** Everything that should be seen now. */
  targets(): readonly Target[]
  pace(target: Target): Pace
  /** Set where the target grants only so many looks: its pace may be made slower, never faster. */
  readonly rationed?: true
  /**
   * @param deadline aborted when the look's time is over; a look that goes on is abandoned
   * @throws ProbeError for what it knows; anything else it throws is a fault of ours and reported as such
   */
  look(target: Target, deadline: Ending): Promise<Look>
}

/** A probe that receives changes as they happen. */
export interface Watch {
  readonly name: string
  readonly provides: readonly Signal[]
  targets(): readonly Target[]
  /** For how long a look may be believed when no further one arrives. */
  readonly validFor: Millis
  /** Delivers looks, and reasons why it can't look, until `stop` is aborted; then resolves. Never rejects. */
  follow(target: Target, deliver: (look: Look | ProbeError) => void, stop: AbortSignal): Promise<void>
}

/** A target can't be seen, and the probe knows why. */
export class ProbeError extends UnavailableError {
  override readonly name = 'ProbeError'
}
