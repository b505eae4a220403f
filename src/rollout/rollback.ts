import type { CheckStatus } from '../core/gate.ts'
import { FIRST_INSTALLATION } from '../core/rollout.ts'
import type { Snapshot } from '../core/snapshot.ts'

/** Whether the release could go back to its previous version, and what to do where something must be done. */
export interface Rollback {
  readonly viable: 'yes' | 'no' | 'unknown'
  /** Short stable code. */
  readonly reason: string
  readonly message: string
  /** The same without the answer that `viable` gives, for a reader who has that before it. */
  readonly because: string
  readonly advice: 'rollback' | 'roll_forward' | 'none'
}

/** What there is to go back to, and whether it runs on the schema as it is now. */
const asked = ['previous-revision', 'schema-compatibility'] as const

/**
 * Whether a rollback is viable, after the operator's runbook: only when the previous version is known to run on the
 * current schema. When that is uncertain, roll forward.
 */
export function rollbackOf({ checks }: Snapshot): Rollback {
  const statuses = asked.map((id) => checks.get(id))
  const known = statuses.filter((status) => status !== undefined)
  const refuted = known.find(isRefuted)
  if (refuted !== undefined) return notBack('no', refuted)
  const open = known.find((status) => status.state !== 'pass')
  if (open !== undefined) return notBack('unknown', open)
  if (known.length < asked.length)
    return {
      viable: 'unknown',
      reason: 'never_measured',
      ...alike('this was not judged yet'),
      advice: 'none',
    }
  const nothing = known.find(({ findings }) => findings.some(({ reason }) => reason === FIRST_INSTALLATION))
  if (nothing !== undefined) return notBack('no', nothing)
  const message = known.map((status) => status.findings[0]?.message ?? '').join('; ')
  return { viable: 'yes', reason: 'ok', ...alike(message), advice: 'rollback' }
}

/** A breach that was seen counts from its first look; a rollback is no bet that it passes. */
function isRefuted({ state, findings }: CheckStatus): boolean {
  return state !== 'skipped' && findings.some(({ answer }) => answer === 'unmet')
}

function notBack(viable: 'no' | 'unknown', { id, findings }: CheckStatus): Rollback {
  const [worst] = findings
  const message = worst?.message ?? 'nothing is known'
  const reason = worst?.reason ?? 'unknown'
  const word = viable === 'no' ? 'not possible' : 'uncertain'
  return {
    viable,
    reason,
    message: `${word} (${id}): ${message}`,
    because: `${id}: ${message}`,
    advice: 'roll_forward',
  }
}

function alike(message: string): Pick<Rollback, 'message' | 'because'> {
  return { message, because: message }
}
