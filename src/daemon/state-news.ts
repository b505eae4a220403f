import { inKeyOrder } from '../core/lists.ts'
import { isActive, type Rollout } from '../core/rollout.ts'
import { plain } from '../core/text.ts'
import type { Instant } from '../core/time.ts'
import type { LedgerKind } from '../rollout/ledger.ts'
import type { Memory } from '../rollout/memory.ts'

/** Lines of the ledger that may be lost with the daemon: what they say is seen again, or is of no consequence. */
const mayWait: ReadonlySet<LedgerKind> = new Set(['transition', 'started', 'configuration', 'clock', 'state'])

/**
 * Whether what is new must be kept at once: what a person or pipeline did, and that a stop condition fired in a
 * rollout. What is seen anyway by the next look can wait.
 */
export function isUrgent(kept: Memory, next: Memory): boolean {
  if (kept === next) return false
  const last = kept.ledger.at(-1)?.sequence ?? 0
  return (
    text(partsThatCount(kept)) !== text(partsThatCount(next)) ||
    next.ledger.some(({ sequence, kind }) => sequence > last && !mayWait.has(kind))
  )
}

/** Whether a memory holds something that is not kept yet. What was cut for lack of room does not count. */
export function isNews(kept: Memory | undefined, next: Memory): boolean {
  if (kept === undefined) return true
  return kept !== next && text(essence(kept)) !== text(essence(next))
}

function partsThatCount({ rollout, latches, evidence, impediments = {} }: Memory): object {
  return { rollout, latches, evidence, impediments }
}

function essence(memory: Memory): object {
  const { baselines, firings, ledger } = memory
  return { ...partsThatCount(memory), baselines, firings, last: ledger.at(-1)?.hash }
}

/** A value as text, whatever the order of its keys. */
function text(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? inKeyOrder(Object.entries(part))
      : part,
  )
}

/** Tells one rollout from another, also of the same id. */
export function runOf(rollout: Rollout | undefined): string {
  return isActive(rollout) ? `${rollout.id}@${rollout.startedAt}` : ''
}

/** One line for a reader of the ConfigMap: what it is about, and no verdict, which would be old. */
export function summaryOf({ rollout }: Memory, instance: string, now: Instant): string {
  return plain(`${aboutRollout(rollout)}, written by ${instance} at ${dateOf(now)}`)
}

function aboutRollout(rollout: Rollout | undefined): string {
  if (rollout === undefined) return 'no rollout yet'
  const { id, phase, startedAt, finishedAt } = rollout
  if (isActive(rollout)) return `rollout ${id} ${phase} since ${dateOf(startedAt)}`
  return `rollout ${id} ended as ${phase}${finishedAt === undefined ? '' : ` at ${dateOf(finishedAt)}`}`
}

function dateOf(instant: Instant): string {
  return new Date(instant).toISOString()
}
