import { transitions, type Transition } from '../core/change.ts'
import { awaitsFirstLook } from '../core/finding.ts'
import { isActive } from '../core/rollout.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { SECOND, type Instant, type Millis } from '../core/time.ts'
import type { Event, Ledger } from './ledger.ts'
import { isTold } from './merge-ledger.ts'

/**
 * A subject that is new is unknown until it was looked at, as each pod is that a rollout brings. That is told when it
 * lasts for longer than a look may take, and not when it is over before.
 */
const FIRST_LOOK: Millis = 5 * SECOND

/** The changes of state that are worth a line, in the order of the tables. */
export function changesToTell(ledger: Ledger, before: Snapshot, after: Snapshot): readonly Event[] {
  const active = isActive(after.rollout) ? { rollout: after.rollout.id } : {}
  const changes = transitions(before, after).filter(
    // Checks flicker with every look; what they add up to is what is worth keeping.
    ({ subject }) => subject !== 'check',
  )
  return [...changes, ...overdue(before, after)].flatMap((change): Event[] => {
    const { at, subject, id, to, message } = change
    const name = subject === 'verdict' ? subject : `${subject}/${id}`
    if (awaits(after, change, at)) return []
    const from = awaits(before, change, before.at) ? lastTold(ledger, name) : change.from
    const line: Event = { at, kind: 'transition', subject: name, message, from, to, ...active }
    return from === to || isTold(ledger, line) ? [] : [line]
  })
}

/** Whether there is a change of state to tell although nothing has changed with this step. */
export function isOverdue(before: Snapshot, after: Snapshot): boolean {
  return overdue(before, after).length > 0
}

/** What was unknown before and still is, and was not told for as long as that might have been over at once. */
function overdue(before: Snapshot, after: Snapshot): readonly Transition[] {
  const { at } = after
  const stops = [...after.stops.values()].map(({ id, state, findings }) => ({
    subject: 'stop-condition' as const,
    id,
    state,
    message: findings[0]?.message ?? '',
  }))
  const gates = [...after.gates.values()].map(({ id, state }) => ({
    subject: 'gate' as const,
    id,
    state,
    message: '',
  }))
  return [...gates, ...stops].flatMap(({ state: to, ...of }): Transition[] => {
    if (to !== 'unknown') return []
    const change = { ...of, at, from: to, to }
    return awaits(before, change, before.at) && !awaits(after, change, at) ? [change] : []
  })
}

/** Whether what this is about was unknown at that instant, and for no longer than the first look may take. */
function awaits(
  { stops, gates }: Snapshot,
  { subject, id }: Pick<Transition, 'subject' | 'id'>,
  at: Instant,
): boolean {
  const status = subject === 'stop-condition' ? stops.get(id) : subject === 'gate' ? gates.get(id) : undefined
  if (status?.state !== 'unknown' || at - status.since >= FIRST_LOOK) return false
  return 'findings' in status ? awaitsFirstLook(status.findings) : status.awaitsFirstLook === true
}

/** The state that was last told of; nothing is known before the daemon started. */
function lastTold(ledger: Ledger, subject: string): string {
  for (const entry of ledger.toReversed()) {
    if (entry.kind === 'started') break
    if (entry.kind === 'transition' && entry.subject === subject && entry.from !== 'latched')
      return entry.to ?? 'unknown'
  }
  return 'unknown'
}
