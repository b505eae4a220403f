import { gateStatus, type CheckStatus, type GateStatus } from './gate.ts'
import type { Rules, Snapshot } from './snapshot.ts'
import { counting } from './waiver.ts'

type Statuses = Pick<Snapshot, 'checks' | 'gates'>

/** Checks and gates as the verdict takes them: what is waived is left out as if it were switched off. */
export function enforcedIn({ checks, gates }: Statuses, rules: Rules): Statuses {
  const statuses = [...checks.values(), ...gates.values()]
  if (statuses.every(({ waived }) => waived === undefined)) return { checks, gates }
  const counted = new Map<string, CheckStatus>()
  for (const [id, status] of checks) counted.set(id, counting(status))
  const judged = new Map<string, GateStatus>()
  for (const gate of rules.gates) {
    const known = gates.get(gate.id)
    if (known === undefined) continue
    const own = gate.checks.flatMap(({ id }) => counted.get(id) ?? [])
    // What the rollout itself asks for is left out by no waiver, and makes its gate count.
    const isOff = rules.skipped.has(gate.id) || known.waived !== undefined
    judged.set(gate.id, gateStatus(gate, own, isOff, known, known.since))
  }
  return { checks: counted, gates: judged }
}
