import type { Gate } from '../core/gate.ts'
import type { StopCondition } from '../core/stop.ts'

/** The ids that a configuration may speak of. */
export interface Known {
  readonly gates: readonly string[]
  readonly checks: readonly string[]
  readonly stopConditions: readonly string[]
  readonly probes: readonly string[]
  /** Checks that have no switch, because the rollout alone decides whether they are asked. */
  readonly unswitched: readonly string[]
}

/** The ids of these tables. */
export function knownIds(
  gates: readonly Gate[],
  stops: readonly StopCondition[],
  probes: readonly string[],
): Known {
  const checks = gates.flatMap((gate) => gate.checks)
  const idsOf = (some: typeof checks) => [...new Set(some.map((check) => check.id))]
  return {
    gates: gates.map((gate) => gate.id),
    checks: idsOf(checks.filter((check) => check.notAsked === undefined)),
    unswitched: idsOf(checks.filter((check) => check.notAsked !== undefined)),
    stopConditions: stops.map((stop) => stop.id),
    probes,
  }
}

/** Why the checks without a switch can't be switched, by the key that would. */
export function refusedKeys({ unswitched }: Known): ReadonlyMap<string, string> {
  const why = 'can not be switched: a rollout that declares what must arrive asks for it, and no other does'
  return new Map(unswitched.map((id) => [`checks.${id}`, why]))
}
