import { transitions, type Transition } from '../core/change.ts'
import { awaitsFirstLook } from '../core/finding.ts'
import { isActive } from '../core/rollout.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { momentAt, type Moment } from '../core/moment.ts'
import { inWords, SECOND, type Millis } from '../core/time.ts'
import { waivedItems, wordsOf, wouldMake } from '../core/would.ts'
import { flapping, mayFlap } from './flapping.ts'
import type { Event, Ledger } from './ledger.ts'
import { isTold } from './merge-ledger.ts'

/**
 * A subject that is new is unknown until it was looked at, as each pod is that a rollout brings. That is written down when it
 * lasts for longer than a look may take, and not when it is over before.
 */
const FIRST_LOOK: Millis = 5 * SECOND

/** The changes of state that are worth a line, in the order of the tables. */
export function changesToTell(ledger: Ledger, before: Snapshot, after: Snapshot): readonly Event[] {
  const rollout = isActive(after.rollout) ? after.rollout.id : undefined
  const changes = transitions(before, after).filter(
    // Checks flicker with every look; what they add up to is what is worth keeping.
    ({ subject }) => subject !== 'check',
  )
  const moment = momentAt(after.at)
  return [...changes, ...overdue(before, after, moment), ...heldBack(ledger, before, after, moment)].flatMap(
    (change): Event[] => {
      const { at, to, message } = change
      const name = nameOf(change)
      if (awaits(after, change, moment)) return []
      const flaps = flapping(ledger, name, rollout, moment)
      if (flaps !== undefined && !flaps.isDue && !isNewLatch(after, change)) return []
      const from =
        flaps?.to ?? (awaits(before, change, momentAt(before.at)) ? lastTold(ledger, name) : change.from)
      const often = flaps && `changes so often that it is reported every ${inWords(flaps.every)} at most: `
      const line: Event = {
        at,
        kind: 'transition',
        subject: name,
        message: `${often ?? ''}${message}`,
        from,
        to,
        ...(rollout !== undefined && { rollout }),
      }
      return from === to || isTold(ledger, line) ? [] : [line]
    },
  )
}

/** Whether there is a change of state to tell although nothing has changed with this step. */
export function isOverdue(ledger: Ledger, before: Snapshot, after: Snapshot, moment: Moment): boolean {
  return overdue(before, after, moment).length > 0 || heldBack(ledger, before, after, moment).length > 0
}

function nameOf({ subject, id }: Pick<Transition, 'subject' | 'id'>): string {
  return subject === 'verdict' ? subject : `${subject}/${id}`
}

/** That a rollout is stopped is never held back. */
function isNewLatch({ stops, at }: Snapshot, { subject, id }: Transition): boolean {
  return subject === 'stop-condition' && stops.get(id)?.latch?.at === at
}

/** What flaps, and is by now due to be told to be other than it was told last. */
function heldBack(ledger: Ledger, before: Snapshot, after: Snapshot, moment: Moment): readonly Transition[] {
  if (!mayFlap(ledger)) return []
  const rollout = isActive(after.rollout) ? after.rollout.id : undefined
  return statesOf(after).flatMap((change): Transition[] => {
    const flaps = flapping(ledger, nameOf(change), rollout, moment)
    if (flaps?.isDue !== true || flaps.to === change.to || hasChanged(before, change)) return []
    return [{ ...change, from: flaps.to }]
  })
}

/** What changes with this step is reported as a change. */
function hasChanged(before: Snapshot, { subject, id, to }: Transition): boolean {
  const { stops, gates, verdict } = before
  if (subject === 'verdict') return verdict.verdict !== to
  if (subject === 'not-enforced') {
    const item = waivedItems(before).find((one) => one.id === id)
    return item === undefined || wouldMake(item) !== to
  }
  return (subject === 'gate' ? gates : stops).get(id)?.state !== to
}

/** Where each subject is, as a change to that. */
function statesOf(snapshot: Snapshot): readonly Transition[] {
  const { at, stops, gates, verdict } = snapshot
  return [
    ...[...gates.values()].map(({ id, state }) => ({
      subject: 'gate' as const,
      id,
      to: state,
      message: '',
    })),
    ...[...stops.values()].map(({ id, state, findings, cause }) => ({
      subject: 'stop-condition' as const,
      id,
      to: state,
      message: (cause ?? findings[0])?.message ?? '',
    })),
    ...waivedItems(snapshot).map((item) => ({
      subject: 'not-enforced' as const,
      id: item.id,
      to: wouldMake(item),
      message: wordsOf(item),
    })),
    { subject: 'verdict' as const, id: 'verdict', to: verdict.verdict, message: verdict.summary },
  ].map((change) => ({ ...change, at, from: change.to }))
}

/** What was unknown before and still is, and was not told for as long as that might have been over at once. */
function overdue(before: Snapshot, after: Snapshot, moment: Moment): readonly Transition[] {
  return statesOf(after).flatMap((change): Transition[] => {
    const { subject, to } = change
    if (subject === 'verdict') return []
    if (to !== 'unknown') return []
    const waits = awaits(after, change, moment)
    return awaits(before, change, momentAt(before.at)) && !waits ? [change] : []
  })
}

/** Whether what this is about was unknown at that instant, and for no longer than the first look may take. */
function awaits(
  { stops, gates }: Snapshot,
  { subject, id }: Pick<Transition, 'subject' | 'id'>,
  moment: Moment,
): boolean {
  const status = subject === 'stop-condition' ? stops.get(id) : subject === 'gate' ? gates.get(id) : undefined
  if (status?.state !== 'unknown' || moment.reached(status.since + FIRST_LOOK)) return false
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
