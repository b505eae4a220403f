import type { Cost } from '../http/context.ts'

/** What each dependency cost since the daemon began. A reload makes connections anew, these counters go on. */
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
