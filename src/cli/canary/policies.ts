import { objectIn } from '../origin.ts'
import { isSaid, type Said } from './asking.ts'
import type { AuditEvent } from './judging.ts'
import { found, type Finding } from './reasons.ts'

/** The policy set version that should decide in the zone. */
export interface ActivePolicy {
  readonly version: string
  /** Milliseconds since its set was last changed, by the clock of the API. */
  readonly age: number
}

/** A replica of STS that missed the message of an activation reads the database each minute. */
const settled = 90_000

/** Undefined where the API does not show one: then nothing is said of it. */
export function activePolicyIn(answer: Said | Finding, now: number): ActivePolicy | undefined {
  if (!isSaid(answer) || answer.status !== 200) return undefined
  const { items } = objectIn(answer.body)
  if (!Array.isArray(items)) return undefined
  for (const item of items as readonly unknown[]) {
    if (typeof item !== 'object' || item === null) continue
    const { active_version_id: version, updated_at } = item as Readonly<Record<string, unknown>>
    if (typeof version !== 'string' || typeof updated_at !== 'string') continue
    const since = Date.parse(updated_at)
    return Number.isNaN(since) ? undefined : { version, age: now + answer.ahead - since }
  }
  return undefined
}

/** What the events of one STS replica say of the policy that it decides by. */
export function judgePolicy(
  events: readonly AuditEvent[],
  active: ActivePolicy | undefined,
): Finding | undefined {
  const other = events.find(({ policy }) => policy !== undefined && policy !== active?.version)
  if (active === undefined || other?.policy === undefined) return undefined
  const words = `it decided by the policy set version ${other.policy}, and ${active.version} is active`
  return active.age < settled ? found('policy_loading', words) : found('policy_outdated', words)
}
