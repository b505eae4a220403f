import type { Rollout } from '../core/rollout.ts'
import { isSame } from '../core/same.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { Instant } from '../core/time.ts'
import type { Waiver } from '../core/waiver.ts'
import { canonical } from '../proof/digest.ts'
import { itemIn } from './overrides.ts'

/** That something did not count in a rollout, from when until when, and who said so. */
export interface NotEnforced {
  /** As the ledger names it. */
  readonly subject: string
  readonly mode: Waiver['mode']
  readonly at: Instant
  readonly until: Instant
  /** When it counted again before that. */
  readonly ended?: Instant
  readonly actor?: string
  readonly reason?: string
  readonly latched: boolean
}

/** With more, what did not count is not known of a rollout. */
const MOST = 30

/**
 * What did not count in the rollout, after one more step; undefined where that is not known from its beginning on. The same
 * list where nothing has changed.
 */
export function notEnforcedAfter(
  held: readonly NotEnforced[] | undefined,
  after: Snapshot,
  rollout: Rollout,
): readonly NotEnforced[] | undefined {
  if (held === undefined) return undefined
  const next = overriddenAfter(shadowedAfter(held, after), after, rollout)
  if (next.length > MOST) return undefined
  return isSame(next, held) ? held : next
}

function overriddenAfter(held: readonly NotEnforced[], after: Snapshot, rollout: Rollout) {
  let next = held
  for (const [item, { rollout: about, ended, ...one }] of after.overrides ?? []) {
    if (about !== rollout.id || (ended !== undefined && ended < rollout.startedAt)) continue
    const subject = itemIn(after, item)
    const current: NotEnforced = {
      subject,
      mode: 'overridden',
      ...one,
      ...(ended !== undefined && { ended }),
    }
    const others = next.filter((other) => !isOne(other, current))
    next = [...others.map((other) => replacedBy(other, current)), current].toSorted((a, b) => a.at - b.at)
  }
  return next
}

/** What another override of the same item has taken the place of ends with that. */
function replacedBy(one: NotEnforced, { subject, at }: NotEnforced): NotEnforced {
  const isOver = one.ended !== undefined || one.until <= at
  if (one.subject !== subject || one.mode !== 'overridden' || isOver) return one
  // Of two that were given to two replicas at once, the later one may be the one that never held.
  return { ...one, ended: Math.max(one.at, at) }
}

function shadowedAfter(held: readonly NotEnforced[], after: Snapshot): readonly NotEnforced[] {
  const { checks, gates, stops, at } = after
  const next = [...held]
  for (const { id, waived } of [...gates.values(), ...checks.values(), ...stops.values()]) {
    // An override hides a shadow that goes on behind it.
    if (waived?.mode === 'overridden' || (waived === undefined && held.length === 0)) continue
    const subject = itemIn(after, id)
    const index = next.findLastIndex(
      (one) => one.subject === subject && one.mode === 'shadow' && one.ended === undefined,
    )
    const known = next[index]
    if (waived?.of === id) {
      const { until } = waived
      if (known === undefined) next.push({ subject, mode: 'shadow', at, until, latched: false })
      else if (known.until !== until) next[index] = { ...known, until }
    } else if (known !== undefined && known.until > at) next[index] = { ...known, ended: at }
  }
  return next
}

function isOne(a: NotEnforced, b: NotEnforced): boolean {
  return a.subject === b.subject && a.mode === b.mode && a.at === b.at && a.actor === b.actor
}

/** What two replicas of the daemon know: a shadow is seen a little later by one of them, and what has ended at either has ended. */
export function unitedNotEnforced(
  ours: readonly NotEnforced[] | undefined,
  theirs: readonly NotEnforced[] | undefined,
): readonly NotEnforced[] | undefined {
  if (ours === undefined || theirs === undefined) return ours ?? theirs
  const united: NotEnforced[] = []
  const all = [...ours, ...theirs].toSorted((a, b) => a.at - b.at || (canonical(a) < canonical(b) ? -1 : 1))
  for (const one of all) {
    const index = united.findIndex((other) => isOne(other, one) || isSameShadow(other, one))
    const known = united[index]
    if (known === undefined) united.push(one)
    else if (one.ended !== undefined)
      united[index] = { ...known, ended: Math.min(one.ended, known.ended ?? Infinity) }
  }
  return united.length > MOST ? undefined : united
}

function isSameShadow(a: NotEnforced, b: NotEnforced): boolean {
  return a.mode === 'shadow' && a.mode === b.mode && a.subject === b.subject && a.until === b.until
}
