import type { Observation, Batch, Target } from './observation.ts'
import { isSame } from './same.ts'
import type { Instant } from './time.ts'

/** What is believed of one target: its latest look, and when a look last succeeded. */
export interface Belief {
  readonly target: Target
  readonly last?: Observation
  readonly lastSuccessAt?: Instant
}

/** What is believed of all targets of one probe, as of its newest batch. */
export interface ProbeBelief {
  readonly at: Instant
  readonly targets: ReadonlyMap<string, Belief>
}

/** The last instant at which the latest look counts; Infinity where there was none. */
export function freshUntil({ last }: Belief): Instant {
  return last === undefined ? Infinity : last.at + last.validFor
}

export type Beliefs = ReadonlyMap<string, ProbeBelief>

/**
 * Whether a batch may say anything that is not believed: all but an attempt that gave the very outcome that is held. Told by
 * identity, which costs nothing and errs on the side of news.
 */
export function bringsNews(beliefs: Beliefs, { probe, targets, observations }: Batch): boolean {
  const known = beliefs.get(probe)?.targets
  if (known === undefined || known.size !== targets.length || observations.length === 0) return true
  return observations.some(({ target, outcome }) => known.get(target.id)?.last?.outcome !== outcome)
}

/**
 * Takes in news. The result does not depend on the order of batches, nor on that of observations in them. What is as it was
 * stays the same object: a target that is listed again, and an outcome that says what the last one said.
 */
export function fold(beliefs: Beliefs, batches: readonly Batch[]): Beliefs {
  if (batches.length === 0) return beliefs
  const next = new Map(beliefs)
  const byProbe = Map.groupBy(batches, (batch) => batch.probe)
  for (const [probe, news] of byProbe) next.set(probe, foldProbe(beliefs.get(probe), news))
  return next
}

function foldProbe(previous: ProbeBelief | undefined, batches: readonly Batch[]): ProbeBelief {
  const newest = batches.reduce((a, b) => (b.at > a.at || (b.at === a.at && idsOf(b) > idsOf(a)) ? b : a))
  // A listing that is older than the one we hold says nothing about which targets exist now.
  const listing =
    previous !== undefined && previous.at > newest.at
      ? [...previous.targets.values()].map((belief) => belief.target)
      : newest.targets
  const targets = new Map<string, Belief>()
  for (const target of listing) targets.set(target.id, listed(previous?.targets.get(target.id), target))
  for (const batch of batches) {
    for (const observation of batch.observations) {
      const known = targets.get(observation.target.id)
      if (known !== undefined) targets.set(observation.target.id, believe(known, observation))
    }
  }
  return { at: Math.max(newest.at, previous?.at ?? newest.at), targets }
}

function listed(known: Belief | undefined, target: Target): Belief {
  if (known !== undefined && (known.target === target || isSame(known.target, target))) return known
  return { ...known, target }
}

function believe(known: Belief, observation: Observation): Belief {
  const lastSuccessAt = observation.outcome.ok
    ? Math.max(observation.at, known.lastSuccessAt ?? observation.at)
    : known.lastSuccessAt
  const last = later(known.last, observation)
  return lastSuccessAt === undefined
    ? { target: known.target, last }
    : { target: known.target, last, lastSuccessAt }
}

function later(held: Observation | undefined, candidate: Observation): Observation {
  if (held === undefined) return candidate
  if (!supersedes(candidate, held)) return held
  const { outcome } = held
  return outcome !== candidate.outcome && isSame(outcome, candidate.outcome)
    ? { ...candidate, outcome }
    : candidate
}

/**
 * The later look counts; of two at the same instant the failed one, so that order cannot hide a failure, else the one
 * that may be believed for a shorter time.
 */
function supersedes(candidate: Observation, held: Observation): boolean {
  if (candidate.at !== held.at) return candidate.at > held.at
  if (candidate.outcome.ok !== held.outcome.ok) return !candidate.outcome.ok
  if (candidate.validFor !== held.validFor) return candidate.validFor < held.validFor
  return JSON.stringify(candidate) > JSON.stringify(held)
}

function idsOf(batch: Batch): string {
  return batch.targets
    .map((target) => target.id)
    .toSorted()
    .join('\n')
}
