import { beside } from './beside.ts'
import { freshUntil, type Belief, type Beliefs, type ProbeBelief } from './belief.ts'
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
  function believed(signal: Signal, where: Labels): readonly Belief[] {
    const belief = beliefs.get(providers.get(signal.name) ?? '')
    if (belief === undefined) return []
    const { component = signal.components?.length === 1 ? signal.components[0] : undefined } = where
    const candidates = component === undefined ? [...belief.targets.values()] : partOf(belief, component)
    return candidates.filter(({ target }) => gives(target, signal) && agrees(target.labels, where))
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

const parts = beside<ProbeBelief, ReadonlyMap<string, readonly Belief[]>>()

/** What is believed of the targets of one component, and of those that have none. */
function partOf(belief: ProbeBelief, component: string): readonly Belief[] {
  const known = parts.get(belief)
  const index =
    known ?? Map.groupBy(belief.targets.values(), ({ target }) => target.labels['component'] ?? '')
  if (known === undefined) parts.set(belief, index)
  const [own = [], others = []] = [index.get(component), index.get('')]
  return others.length === 0 ? own : [...own, ...others]
}

function accountOf(belief: Belief, signal: Signal, where: Labels, now: Instant): Account {
  const { target, last } = belief
  const unavailable = whyUnavailable(belief, now)
  if (unavailable !== undefined || last?.outcome.ok !== true)
    return {
      readings: [],
      unseen: unavailable === undefined ? [] : [{ target, labels: target.labels, ...unavailable }],
    }
  const readings = (sightingsOf(last.outcome, target).get(signal.name) ?? none).filter(({ reading }) =>
    agrees(reading.labels, where),
  )
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

/** What a target gave, by signal. */
interface Given {
  readonly target: Target
  readonly sightings: ReadonlyMap<string, readonly Sighting[]>
}

const none: readonly Sighting[] = []

// An outcome never changes, outlasts its look, and is asked for many signals by many steps.
const indexes = beside<Outcome, Given>()

function sightingsOf(outcome: Outcome, target: Target): Given['sightings'] {
  const known = indexes.get(outcome)
  if (known?.target === target) return known.sightings
  const seen = (outcome.ok ? outcome.readings : []).map((reading) => sightingOf(reading, target))
  const bySignal = Map.groupBy(seen, ({ reading }) => reading.signal)
  indexes.set(outcome, { target, sightings: bySignal })
  return bySignal
}

const sightings = beside<Reading, Sighting>()

/** The same for as long as the reading is: what was made of it need not be made again when another one of its outcome changes. */
function sightingOf(reading: Reading, target: Target): Sighting {
  const known = sightings.get(reading)
  if (known?.target === target) return known
  const made = { reading, target }
  sightings.set(reading, made)
  return made
}
