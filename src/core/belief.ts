import type { Observation, Batch, Target } from './observation.ts'
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

export type Beliefs = ReadonlyMap<string, ProbeBelief>

/** Takes in news. The result does not depend on the order of batches, nor on that of observations in them. */
export function fold(beliefs: Beliefs, batches: readonly Batch[]): Beliefs {
  if (batches.length === 0) return beliefs
  const next = new Map(beliefs)
  const byProbe = Map.groupBy(batches, (batch) => batch.probe)
  for (const [probe, news] of byProbe) next.set(probe, foldProbe(beliefs.get(probe), news))
  return next
}

function foldProbe(previous: ProbeBelief | undefined, batches: readonly Batch[]): ProbeBelief {
  const newest = batches.reduce((a, b) => (b.at > a.at || (b.at === a.at && listed(b) > listed(a)) ? b : a))
  // A listing that is older than the one we hold says nothing about which targets exist now.
  const listing =
    previous !== undefined && previous.at > newest.at
      ? [...previous.targets.values()].map((belief) => belief.target)
      : newest.targets
  const targets = new Map<string, Belief>()
  for (const target of listing) targets.set(target.id, { ...previous?.targets.get(target.id), target })
  for (const batch of batches) {
    for (const observation of batch.observations) {
      const known = targets.get(observation.target.id)
      if (known !== undefined) targets.set(observation.target.id, believe(known, observation))
    }
  }
  return { at: Math.max(newest.at, previous?.at ?? newest.at), targets }
}

function believe(known: Belief, observation: Observation): Belief {
  const lastSuccessAt = observation.outcome.ok
    ? Math.max(observation.at, known.lastSuccessAt ?? observation.at)
    : known.lastSuccessAt
  const last = known.last === undefined || supersedes(observation, known.last) ? observation : known.last
  return lastSuccessAt === undefined
    ? { target: known.target, last }
    : { target: known.target, last, lastSuccessAt }
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

function listed(batch: Batch): string {
  return batch.targets
    .map((target) => target.id)
    .toSorted()
    .join('\n')
}
