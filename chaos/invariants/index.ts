import type { Recording } from '../recording.ts'
import { rememberingCommands, rememberingLatches } from './memory.ts'
import { neverOutliving, neverReachingBack, neverUncovered } from './overrides.ts'
import { pastOf, type Facts, type Violation } from './past.ts'
import { bounded, healthy } from './process.ts'
import { consistent, current, neverBlaming, neverFooled, recovering } from './verdict.ts'

const invariants = [
  neverFooled,
  neverBlaming,
  rememberingCommands,
  rememberingLatches,
  recovering,
  bounded,
  consistent,
  current,
  healthy,
  neverUncovered,
  neverOutliving,
  neverReachingBack,
] as const

/** All that must never be and was, in the order of time; of the same subject once for each act. */
export function violationsOf(recording: Recording, facts: Facts): readonly Violation[] {
  const past = pastOf(recording, facts)
  const seen = new Set<string>()
  return invariants
    .flatMap((invariant) => invariant(past))
    .toSorted((one, other) => one.at - other.at)
    .filter(({ invariant, subject, at }) => {
      const act = recording.standings.findLast(({ from }) => from <= at)?.act ?? 0
      const key = `${invariant} ${subject} ${act}`
      return !seen.has(key) && seen.add(key)
    })
}
