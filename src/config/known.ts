import type { Gate } from '../core/gate.ts'
import type { StopCondition } from '../core/stop.ts'

/** The ids that a configuration may speak of. */
export interface Known {
  readonly gates: readonly string[]
  readonly checks: readonly string[]
  readonly stopConditions: readonly string[]
  readonly probes: readonly string[]
}

/** The ids of these tables. */
export function knownIds(
  gates: readonly Gate[],
  stops: readonly StopCondition[],
  probes: readonly string[],
): Known {
  return {
    gates: gates.map((gate) => gate.id),
    checks: [...new Set(gates.flatMap((gate) => gate.checks.map((check) => check.id)))],
    stopConditions: stops.map((stop) => stop.id),
    probes,
  }
}
