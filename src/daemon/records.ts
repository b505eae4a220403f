import type { Observation } from '../core/observation.ts'
import type { Millis } from '../core/time.ts'
import type { Cost, LookRecord, ProbeRecord } from '../http/context.ts'

/** Attempts of either kind that are kept for each probe: enough to see a pattern over a few replicas. */
const KEPT = 20

/** What the attempts of one daemon have come to, by probe. */
export interface Records {
  add(probe: string, observation: Observation): void
  looks(): ReadonlyMap<string, ProbeRecord>
  /** What the attempts of these probes cost together. */
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

/** What each dependency cost since the daemon began. A reload makes connections anew; these counters continue. */
export interface Costs {
  /**
   * Adds what a connection counts up from 0.
   * @returns ends that; what was counted until then stays
   */
  follow(dependency: string, cost: () => Cost): () => void
  /** By dependency; none ever falls. */
  totals(): ReadonlyMap<string, Cost>
}

export function keepCosts(): Costs {
  const past = new Map<string, Cost>()
  const followed = new Set<readonly [dependency: string, cost: () => Cost]>()
  return {
    follow(dependency, cost) {
      const entry = [dependency, cost] as const
      followed.add(entry)
      return () => {
        if (followed.delete(entry)) past.set(dependency, sum(past.get(dependency), cost()))
      }
    },
    totals() {
      const totals = new Map(past)
      for (const [dependency, cost] of followed) totals.set(dependency, sum(totals.get(dependency), cost()))
      return totals
    },
  }
}

function sum(one: Cost | undefined, other: Cost): Cost {
  return {
    requests: (one?.requests ?? 0) + other.requests,
    took: (one?.took ?? 0) + other.took,
  }
}
