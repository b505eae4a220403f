import { Deadline } from '../connections/deadline.ts'
import { afterOwnTime, lostSince } from '../connections/own-time.ts'
import { waitedSince } from '../connections/processor-time.ts'
import type { Observation, Outcome, Target, Unavailable, UnknownReason } from '../core/observation.ts'
import { isOurs } from '../core/punctuality.ts'
import { isSame } from '../core/same.ts'
import type { Facts, Labels } from '../core/signal.ts'
import { plain } from '../core/text.ts'
import { SECOND, inWords, type Clock, type Millis } from '../core/time.ts'
import { reasonsOf } from './declaration.ts'
import { ProbeError, type Look, type Probe } from './probe.ts'
import { anyReasons } from './reasons.ts'

const why = reasonsOf(anyReasons)

/** Called with what a probe threw besides ProbeError: a fault of ours that belongs into the log. */
export type OnFault = (probe: string, target: string, fault: unknown) => void

/**
 * Looks once. Never rejects and never takes longer than the pace's timeout in own time, at most twice of it: the look is
 * raced against that, since no client can be trusted to end by itself.
 *
 * @param last what is kept from one look at a target to the next: a look that says the same has the same outcome
 */
export function observe(
  probe: Probe,
  target: Target,
  clock: Clock,
  validFor: Millis,
  onFault: OnFault,
  last: LastSeen = {},
): Promise<Observation> {
  return new Promise((resolve) => {
    const { timeout } = probe.pace(target)
    const startedAt = performance.now()
    const deadline = new Deadline()
    const cancel = afterOwnTime(timeout, () => {
      // Made only now: an error takes down where it was made, which is dear for what hardly ever happens.
      const late = new ProbeError({
        unknownReason: 'timeout',
        reason: 'timeout',
        message: `${target.id} did not answer within ${timeout} ms`,
      })
      end(late)
      deadline.pass(late)
    })
    let isOver = false
    function end(seen: Look | ProbeError): void {
      if (isOver) return
      isOver = true
      cancel()
      const took = performance.now() - startedAt
      resolve({
        target,
        at: clock.now(),
        took,
        validFor,
        outcome: outcomeSince(startedAt, target, seen, last),
      })
    }
    probe
      .look(target, deadline)
      .then(end, (fault: unknown) => end(unavailableFrom(probe.name, target, fault, onFault)))
  })
}

/** The last look at a target, with the outcome that it was. */
export interface LastSeen {
  seen?: Look | ProbeError
  outcome?: Outcome
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
export function outcomeSince(
  startedAt: Millis,
  target: Target,
  seen: Look | ProbeError,
  last: LastSeen = {},
): Outcome {
  const outcome = outcomeAfter(last, seen)
  const spots = outcome.ok ? outcome.blindSpots : [outcome]
  if (spots.length === 0 || !spots.some(({ unknownReason }) => mayBeOurs.has(unknownReason))) return outcome
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

/** The outcome of a look; the last one, where it says what the last one said. */
function outcomeAfter(last: LastSeen, seen: Look | ProbeError): Outcome {
  if (last.outcome === undefined || last.seen === undefined || !saysTheSame(last.seen, seen))
    last.outcome = outcomeOf(seen)
  last.seen = seen
  return last.outcome
}

function saysTheSame(a: Look | ProbeError, b: Look | ProbeError): boolean {
  if (a === b) return true
  if (!(a instanceof ProbeError)) return !(b instanceof ProbeError) && isSame(a, b)
  if (!(b instanceof ProbeError)) return false
  return a.unknownReason === b.unknownReason && a.reason === b.reason && a.message === b.message
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
