import { gateStatus, skippedCheck, type CheckStatus, type GateStatus } from './gate.ts'
import { askedPhases, type AskedPhase } from './rollout.ts'
import type { Rules, Snapshot } from './snapshot.ts'
import { withWaiver } from './waiver.ts'

/** Phases whose question differs from the whole one. */
export function ownQuestions({ notAsked }: Rules): readonly AskedPhase[] {
  return askedPhases.filter((phase) => (notAsked?.[phase] ?? []).length > 0)
}

type Statuses = Pick<Snapshot, 'checks' | 'gates'>

/** Checks and gates as they stand for the question of a phase: what is not asked then is skipped. */
export function statusesIn(phase: AskedPhase, { checks, gates }: Statuses, rules: Rules): Statuses {
  const without = new Set(rules.notAsked?.[phase])
  const asked = new Map<string, CheckStatus>()
  for (const [id, status] of checks) {
    const isLeftOut = without.has(id) && status.state !== 'skipped'
    const why = `it is not asked in ${phase}`
    asked.set(id, isLeftOut ? skippedCheck(id, undefined, why, status.since, 'not_asked') : status)
  }
  const judged = new Map<string, GateStatus>()
  for (const gate of rules.gates) {
    const known = gates.get(gate.id)
    const own = gate.checks.flatMap(({ id }) => asked.get(id) ?? [])
    if (known === undefined) continue
    const latest = Math.max(...own.filter(({ state }) => state !== 'skipped').map(({ since }) => since))
    const now = Number.isFinite(latest) ? latest : known.since
    const status = gateStatus(gate, own, rules.skipped.has(gate.id), known, now)
    judged.set(gate.id, withWaiver(status, known, known.waived, now))
  }
  return { checks: asked, gates: judged }
}

/** The snapshot as the answer to the question of a phase. Looks, stop conditions and memory are the same. */
export function askedIn(phase: AskedPhase, snapshot: Snapshot, rules: Rules): Snapshot {
  const verdict = snapshot.questions?.get(phase)
  return verdict === undefined ? snapshot : { ...snapshot, ...statusesIn(phase, snapshot, rules), verdict }
}
