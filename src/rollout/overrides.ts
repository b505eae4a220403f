import { momentAt, type Moment } from '../core/moment.ts'
import { isActive, type Rollout } from '../core/rollout.ts'
import type { RefusalCode } from '../core/refusal.ts'
import type { Rules, Snapshot } from '../core/snapshot.ts'
import { inWords, MINUTE, SKEW, timeOfDay, type Instant, type Millis } from '../core/time.ts'
import { covers, holds, LONGEST_OVERRIDE, type Override, type Overrides } from '../core/waiver.ts'
import type { Author, Result } from './commands.ts'
import type { Event } from './ledger.ts'

/** What a person wants to be without for a while. */
export interface Wish {
  /** Id of a gate, a check or a stop condition. */
  readonly item: string
  readonly until: Instant
  /** Also for a breach that is latched already. */
  readonly latched: boolean
  /** In place of an override of the same item that holds. */
  readonly replace: boolean
}

/** How much later a request for a span of time may be sent again for want of an answer; it would end as much later. */
const REPEATED: Millis = MINUTE

/**
 * Takes a gate, check or stop condition out of the verdict until an instant, for the rollout under way or else the next one. It
 * is refused for what was latched before, unless it says so, and where another override holds, unless it replaces that.
 */
export function override(snapshot: Snapshot, rules: Rules, wish: Wish, author: Author, now: Instant): Result {
  const { item, until, latched } = wish
  const refusal = whyNot(snapshot, rules, wish, now)
  if (refusal !== undefined) return refusal
  const held = snapshot.overrides?.get(item)
  const current = held !== undefined && holds(held, snapshot.rollout, momentAt(now)) ? held : undefined
  if (current !== undefined && isSame(current, wish, author, now)) return { ok: true, snapshot, events: [] }
  if (current !== undefined && !wish.replace) {
    const detail = `${inShort(item, current)}; end it, or say that this one replaces it`
    return refuse('override-in-force', detail)
  }
  const { rollout } = snapshot
  const about = isActive(rollout) ? { rollout: rollout.id } : {}
  const { actor, reason } = author
  const next: Override = { at: now, until, actor, reason, latched, ...about }
  const what = `for ${inWords(until - now)}, until ${timeOfDay(until)}${latched ? ', also for what was latched before' : ''}`
  return {
    ok: true,
    snapshot: changed(snapshot, new Map(snapshot.overrides).set(item, next)),
    events: [
      {
        ...event(itemIn(snapshot, item), now, `${reason} (${what})`, next),
        from: current === undefined ? 'enforce' : 'overridden',
        to: 'overridden',
        actor,
      },
    ],
  }
}

/** Ends an override before its time. */
export function endOverride(snapshot: Snapshot, item: string, author: Author, now: Instant): Result {
  const held = snapshot.overrides?.get(item)
  if (held === undefined || !holds(held, snapshot.rollout, momentAt(now))) {
    const known = inForce(snapshot, momentAt(now)).map(([id]) => id)
    return refuse(
      'no-such-override',
      known.length === 0 ? 'none is in force' : `in force: ${known.join(', ')}`,
    )
  }
  return {
    ok: true,
    snapshot: changed(snapshot, new Map(snapshot.overrides).set(item, { ...held, ended: now })),
    events: [{ ...endOf(snapshot, item, author.reason, now, held), actor: author.actor }],
  }
}

/** The overrides that hold at this instant. */
function inForce({ overrides, rollout }: Snapshot, moment: Moment): readonly (readonly [string, Override])[] {
  return [...(overrides ?? [])].filter(([, one]) => holds(one, rollout, moment))
}

/**
 * The overrides as they are at this instant: what waited for a rollout is about the one that has begun, what was about one
 * that is over has ended, and what has had its time is gone. Undefined where all are as they were.
 */
export function settledOverrides(
  snapshot: Snapshot,
  moment: Moment,
): { readonly snapshot: Snapshot; readonly events: readonly Event[] } | undefined {
  const { overrides, rollout } = snapshot
  if (overrides === undefined || overrides.size === 0) return undefined
  const next = new Map<string, Override>()
  const events: Event[] = []
  for (const [item, one] of overrides) {
    const isOver = moment.reached(one.until)
    const bound = one.rollout === undefined && isActive(rollout) ? { ...one, rollout: rollout.id } : one
    const why = one.ended === undefined ? whyOver(bound, rollout, isOver, moment) : undefined
    if (why !== undefined) events.push(endOf(snapshot, item, why, moment.now, bound))
    if (!isOver) next.set(item, why === undefined ? bound : { ...bound, ended: moment.now })
  }
  const isAsBefore =
    next.size === overrides.size && [...next].every(([item, one]) => overrides.get(item) === one)
  return isAsBefore ? undefined : { snapshot: changed(snapshot, next), events }
}

function whyOver(
  { until, at, rollout: about }: Override,
  rollout: Rollout | undefined,
  isOver: boolean,
  moment: Moment,
): string | undefined {
  if (isOver) return `the override ended at ${timeOfDay(until)}`
  if (about !== undefined && !(isActive(rollout) && rollout.id === about))
    return `the override ended with the rollout ${about}`
  // A clock that was ahead was set right; how long it was meant to last is not known any more.
  return moment.reached(at - SKEW) ? undefined : 'the override comes from the future: the clock was set back'
}

function whyNot(
  { checks, gates, stops }: Snapshot,
  rules: Rules,
  { item, until, latched }: Wish,
  now: Instant,
): Result | undefined {
  const stop = stops.get(item)
  const status = stop ?? checks.get(item) ?? gates.get(item)
  if (status === undefined)
    return refuse('no-such-item', 'name a gate, a check or a stop condition by its id')
  const check = rules.gates.flatMap((gate) => gate.checks).find(({ id }) => id === item)
  if (check?.notAsked !== undefined) {
    const detail = `${item} is what the rollout itself declares: supersede or finish the rollout`
    return refuse('not-overridable', detail)
  }
  if (status.state === 'skipped') return refuse('not-overridable', `${item} is switched off already`)
  if (until <= now)
    return refuse(
      'override-span',
      `it would have ended ${inWords(now - until)} ago: give an instant that is still to come`,
    )
  if (until > now + LONGEST_OVERRIDE) {
    const detail = `it would last ${inWords(until - now)}; at most ${inWords(LONGEST_OVERRIDE)} is allowed`
    return refuse('override-span', detail)
  }
  if (stop === undefined && latched)
    return refuse('not-overridable', `${item} is no stop condition, and only those are latched`)
  if (stop === undefined || covers({ at: now, latched }, stop.latch)) return undefined
  const { at, message } = stop.latch ?? { at: now, message: '' }
  const detail = `${item} has been latched since ${timeOfDay(at)} (${message}): fix and acknowledge it, or say that the override is for what is latched too`
  return refuse('latched-before', detail)
}

function isSame(held: Override, { until, latched }: Wish, { actor, reason }: Author, now: Instant): boolean {
  const isSaid = held.actor === actor && held.reason === reason && held.latched === latched
  return isSaid && (until === held.until || isRepeated(held, until - now, now))
}

/** For as long as before, and not long after it. */
function isRepeated({ at, until }: Override, span: Millis, now: Instant): boolean {
  return now - at <= REPEATED && Math.abs(until - at - span) < 1
}

function inShort(item: string, { actor, at, until, reason }: Override): string {
  return `${item} is overridden by ${actor} since ${timeOfDay(at)} until ${timeOfDay(until)} (${reason})`
}

function endOf(snapshot: Snapshot, item: string, message: string, at: Instant, one: Override): Event {
  return { ...event(itemIn(snapshot, item), at, message, one), from: 'overridden', to: 'enforce' }
}

function event(subject: string, at: Instant, message: string, { rollout }: Override): Event {
  return { at, kind: 'override', subject, message, ...(rollout !== undefined && { rollout }) }
}

/** As the ledger names what happens to an item. */
export function itemIn({ stops, checks }: Snapshot, item: string): string {
  return stops.has(item) ? `stop-condition/${item}` : checks.has(item) ? `check/${item}` : `gate/${item}`
}

function changed(snapshot: Snapshot, overrides: Overrides): Snapshot {
  return { ...snapshot, overrides, revision: snapshot.revision + 1 }
}

function refuse(code: RefusalCode, detail: string): Result {
  return { ok: false, code, detail }
}
