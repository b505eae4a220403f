import { afterOwnTime, lostSince, waitedSince } from '../connections/own-time.ts'
import { UnavailableError } from '../core/network-failure.ts'
import {
  blindSpot,
  type BlindSpot,
  type Observation,
  type Outcome,
  type Target,
  type Unavailable,
  type UnknownReason,
} from '../core/observation.ts'
import { isOurs } from '../core/punctuality.ts'
import { read, type Facts, type Labels, type Reading, type Signal } from '../core/signal.ts'
import { plain } from '../core/text.ts'
import { SECOND, inWords, type Clock, type Millis } from '../core/time.ts'
import { reasonsOf } from './declaration.ts'
import { anyReasons } from './reasons.ts'

const why = reasonsOf(anyReasons)

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
  look(target: Target, deadline: AbortSignal): Promise<Look>
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

/** Called with what a probe threw besides ProbeError: a fault of ours that belongs into the log. */
export type OnFault = (probe: string, target: string, fault: unknown) => void

/**
 * Looks once. Never rejects and never takes longer than the pace's timeout in own time, at most twice of it: the look is
 * raced against that, since no client can be trusted to end by itself.
 */
export async function observe(
  probe: Probe,
  target: Target,
  clock: Clock,
  validFor: Millis,
  onFault: OnFault,
): Promise<Observation> {
  const { timeout } = probe.pace(target)
  const startedAt = performance.now()
  const abort = new AbortController()
  const deadline = Promise.withResolvers<ProbeError>()
  const cancel = afterOwnTime(timeout, () => {
    // Made only now: an error takes down where it was made, which is dear for what hardly ever happens.
    const late = new ProbeError({
      unknownReason: 'timeout',
      reason: 'timeout',
      message: `${target.id} did not answer within ${timeout} ms`,
    })
    deadline.resolve(late)
    abort.abort(late)
  })
  const looking = probe
    .look(target, abort.signal)
    .catch((fault: unknown) => unavailableFrom(probe.name, target, fault, onFault))
  const seen = await Promise.race([looking, deadline.promise])
  cancel()
  const took = performance.now() - startedAt
  return { target, at: clock.now(), took, validFor, outcome: outcomeSince(startedAt, target, seen) }
}

/**
 * Connections tell again for up to a second why they were lost before, and one that a server gave up while we stood still
 * is found broken by the next look.
 */
const ECHO: Millis = SECOND

/**
 * A look that was under way since `startedAt`, as the core takes it. The one place where it is decided whose a failure
 * is: what did not come while we stood still for a good part of the time says nothing of the target.
 */
export function outcomeSince(startedAt: Millis, target: Target, seen: Look | ProbeError): Outcome {
  const outcome = outcomeOf(seen)
  const spots = outcome.ok ? outcome.blindSpots : [outcome]
  if (!spots.some(({ unknownReason }) => mayBeOurs.has(unknownReason))) return outcome
  const took = performance.now() - startedAt
  const before = startedAt - ECHO
  const span = took + ECHO
  const [lost, waited] = [lostSince(before), waitedSince(before)]
  if (!isOurs(took, lostSince(startedAt)) && !isOurs(span, lost, waited)) return outcome
  const message = `the exporter was late itself: it stood still for ${inWords(lost)} and waited for a CPU for ${inWords(waited)} around its look at ${target.id}`
  const ours = <T extends Unavailable>(spot: T): T =>
    mayBeOurs.has(spot.unknownReason) ? { ...spot, unknownReason: 'late', reason: 'late', message } : spot
  return outcome.ok ? { ...outcome, blindSpots: outcome.blindSpots.map(ours) } : ours(outcome)
}

/** What can come of time that passed; a refusal or a wrong answer can't. */
const mayBeOurs: ReadonlySet<UnknownReason> = new Set(['timeout', 'unreachable'])

/** What was thrown as a reason why nothing was seen. */
function unavailableFrom(probe: string, target: Target, fault: unknown, onFault: OnFault): ProbeError {
  if (fault instanceof ProbeError) return fault
  onFault(probe, target.id, fault)
  const text = fault instanceof Error ? fault.message : String(fault)
  return new ProbeError(
    why('malformed', 'unexpected_answer', `${target.id} gave an answer that was not understood: ${text}`),
  )
}

/** A look as the core takes it, with every text from the target made harmless. */
function outcomeOf(seen: Look | ProbeError): Outcome {
  if (seen instanceof ProbeError) {
    const { unknownReason, reason, message } = seen
    return { ok: false, unknownReason, reason, message: plain(message) }
  }
  return {
    ok: true,
    readings: seen.readings.map((reading) => ({
      ...reading,
      labels: plainLabels(reading.labels),
      ...(reading.detail !== undefined && { detail: plain(reading.detail) }),
      ...(reading.facts !== undefined && { facts: plainFacts(reading.facts) }),
    })),
    blindSpots: (seen.blindSpots ?? []).map((spot) => ({
      ...spot,
      labels: plainLabels(spot.labels),
      message: plain(spot.message),
    })),
  }
}

// The longest tag of an image; a name longer than this is no name of the platform's.
const LABEL_LIMIT = 128

/** More containers than a pod of the platform has. */
const IMAGES_LIMIT = 50

function plainFacts({ images, ...texts }: Facts): Facts {
  return {
    ...Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, plain(text)])),
    ...(images !== undefined && { images: images.slice(0, IMAGES_LIMIT).map((image) => plain(image)) }),
  }
}

function plainLabels(labels: Labels): Labels {
  const result: Record<string, string> = {}
  for (const name in labels) result[name] = plain(labels[name] ?? '', LABEL_LIMIT)
  return result
}
