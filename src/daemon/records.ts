import type { Observation } from '../core/observation.ts'
import type { Millis } from '../core/time.ts'
import type { Cost, LookRecord, ProbeRecord } from '../http/context.ts'

/** Looks of either kind that are kept for each probe: enough to see a pattern over a few replicas. */
const KEPT = 20

/** What the looks of one daemon have come to, by probe. */
export interface Records {
  add(probe: string, observation: Observation): void
  looks(): ReadonlyMap<string, ProbeRecord>
  /** What the looks of these probes cost together. */
  cost(probes: readonly string[]): Cost
}

interface Tally {
  attempts: number
  took: Millis
  readonly succeeded: Observation[]
  readonly failed: Observation[]
}

export function keepRecords(): Records {
  const tallies = new Map<string, Tally>()
  return {
    add(probe, observation) {
      const tally = tallies.get(probe) ?? { attempts: 0, took: 0, succeeded: [], failed: [] }
      tallies.set(probe, tally)
      tally.attempts++
      tally.took += observation.took
      const { outcome } = observation
      const kept = outcome.ok ? tally.succeeded : tally.failed
      kept.push(observation)
      if (kept.length > KEPT) kept.shift()
    },
    looks: () =>
      new Map(
        [...tallies].map(([probe, { succeeded, failed }]) => [
          probe,
          { successes: succeeded.map(recordOf), failures: failed.map(recordOf) },
        ]),
      ),
    cost(probes) {
      const asked = probes.flatMap((probe) => tallies.get(probe) ?? [])
      return {
        requests: asked.reduce((sum, tally) => sum + tally.attempts, 0),
        took: asked.reduce((sum, tally) => sum + tally.took, 0),
      }
    },
  }
}

function recordOf({ target, at, took, outcome }: Observation): LookRecord {
  if (outcome.ok) return { target: target.id, at, took, readings: outcome.readings.length }
  const { unknownReason, reason, message } = outcome
  return { target: target.id, at, took, unknownReason, reason, message }
}
