import { freshUntil, type Belief, type Beliefs } from './belief.ts'
import type { Outcome, Target, Unavailable } from './observation.ts'
import type { Labels, Reading, Signal } from './signal.ts'
import { timeOfDay, type Instant } from './time.ts'

/** A reading with the target that it was taken from. */
export interface Sighting {
  readonly reading: Reading
  readonly target: Target
}

/** A place where a signal should have been seen and was not. */
export interface LocatedBlindSpot extends Unavailable {
  readonly target: Target
  readonly labels: Labels
}

/** Everything that can be said of one signal now. Blind spots come with the readings, so no condition can forget them. */
export interface Account {
  readonly readings: readonly Sighting[]
  readonly unseen: readonly LocatedBlindSpot[]
}

/** Fresh knowledge at one instant; what conditions judge by. */
export interface Evidence {
  readonly now: Instant
  /** Readings and blind spots of a signal, narrowed to those whose labels agree with `where`. */
  of(signal: Signal, where?: Labels): Account
  /** Everything that the provider of `signal` watches, seen or not. */
  targets(signal: Signal, where?: Labels): readonly Target[]
}

/** Which probe gives which signal: signal name to probe name. */
export type Providers = ReadonlyMap<string, string>

/** Looks at beliefs as of `now`: a look that is too old, failed or never happened is a blind spot. */
export function evidenceOf(beliefs: Beliefs, providers: Providers, now: Instant): Evidence {
  function believed(signal: Signal, where: Labels): Belief[] {
    const targets = beliefs.get(providers.get(signal.name) ?? '')?.targets.values() ?? []
    return [...targets].filter(({ target }) => gives(target, signal) && agrees(target.labels, where))
  }
  return {
    now,
    of(signal, where = {}) {
      const accounts = believed(signal, where).map((belief) => accountOf(belief, signal, where, now))
      return {
        readings: accounts.flatMap((account) => account.readings),
        unseen: accounts.flatMap((account) => account.unseen),
      }
    },
    targets: (signal, where = {}) => believed(signal, where).map((belief) => belief.target),
  }
}

function accountOf(belief: Belief, signal: Signal, where: Labels, now: Instant): Account {
  const { target, last } = belief
  const unavailable = whyUnavailable(belief, now)
  if (unavailable !== undefined || last?.outcome.ok !== true)
    return {
      readings: [],
      unseen: unavailable === undefined ? [] : [{ target, labels: target.labels, ...unavailable }],
    }
  const readings = (indexOf(last.outcome).get(signal.name) ?? [])
    .filter((reading) => agrees(reading.labels, where))
    .map((reading) => ({ reading, target }))
  const unseen = last.outcome.blindSpots
    .filter((spot) => spot.signal === signal.name && agrees(spot.labels, where))
    .map(({ signal: _, ...spot }) => ({ target, ...spot, labels: { ...target.labels, ...spot.labels } }))
  return { readings, unseen }
}

/** Why nothing of this target can be believed now, or undefined when its latest look stands. */
export function whyUnavailable(belief: Belief, now: Instant): Unavailable | undefined {
  const { target, last } = belief
  if (last === undefined)
    return {
      unknownReason: 'never_measured',
      reason: 'never_measured',
      message: `${target.id} was never seen`,
    }
  if (now > freshUntil(belief)) {
    const message = `${target.id} was last looked at at ${timeOfDay(last.at)}`
    return { unknownReason: 'stale', reason: 'stale', message }
  }
  if (last.outcome.ok) return undefined
  const { unknownReason, reason, message } = last.outcome
  return { unknownReason, reason, message }
}

/** A replica of another component is no blind spot for a signal that it never gives. */
function gives({ labels }: Target, { components }: Signal): boolean {
  const component = labels['component']
  return components === undefined || component === undefined || components.includes(component)
}

/** A label that only one side has does not disagree: the Redis server stands for all of its streams. */
function agrees(labels: Labels, where: Labels): boolean {
  for (const name in where) if (labels[name] !== undefined && labels[name] !== where[name]) return false
  return true
}

// An outcome never changes, outlasts its look, and is asked for many signals by many steps.
const indexes = new WeakMap<Outcome, Map<string, Reading[]>>()

function indexOf(outcome: Outcome): Map<string, Reading[]> {
  const known = indexes.get(outcome)
  if (known !== undefined) return known
  const index = Map.groupBy(outcome.ok ? outcome.readings : [], (reading) => reading.signal)
  indexes.set(outcome, index)
  return index
}
