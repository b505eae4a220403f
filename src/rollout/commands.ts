import type { Event } from './ledger.ts'
import { allExpected, contradictionsIn, saysMore, type Expected } from '../core/expected.ts'
import type { RefusalCode, Refused } from '../core/refusal.ts'
import { isActive, type Phase, type Rollout } from '../core/rollout.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { settleable } from '../core/baselines.ts'
import { forbids, standsNoMore, type StopStatus } from '../core/stop.ts'
import type { Instant } from '../core/time.ts'
import { waivedItems } from '../core/would.ts'
import { claimed } from './evidence.ts'
import { relatched, unlatched } from './latches.ts'
import { withLife } from './lives.ts'
import { settledOf, withoutBegin } from './baselines.ts'

/** What a command changed, or why it was refused. */
export type Result =
  { readonly ok: true; readonly snapshot: Snapshot; readonly events: readonly Event[] } | Refused

/** Who gives a command, and why; both go into the ledger. */
export interface Author {
  readonly actor: string
  readonly reason: string
}

export interface Declaration extends Author {
  readonly id: string
  /** What must arrive. */
  readonly expected?: Expected
  readonly phase?: Exclude<Phase, 'idle' | 'done' | 'failed'>
  /** Ends a rollout that is under way in favour of this one. */
  readonly supersede?: boolean
}

/** An end that is declared. */
export interface Ending {
  readonly outcome: 'done' | 'failed'
  /** Ends it as done although not all is proven. It never proceeds by that. */
  readonly force?: boolean
}

/**
 * Begins a rollout, or changes the phase of the one under way when it has this id: baselines are taken anew, what
 * is firing already is latched as preexisting, and memory that was lost no longer matters.
 */
export function begin(snapshot: Snapshot, declaration: Declaration, now: Instant): Result {
  const last: Rollout | undefined = snapshot.rollout
  const current = isActive(last) ? last : undefined
  if (current?.id === declaration.id) return changePhase(snapshot, current, declaration, now)
  const known = snapshot.begun.find((life) => life.id === declaration.id)
  if (known !== undefined || last?.id === declaration.id) {
    const how = last?.id === declaration.id ? `ended as ${last.phase}` : 'was the id of an earlier one'
    return refuse('rollout-ended', `${declaration.id} ${how}; choose another id`)
  }
  if (current !== undefined && declaration.supersede !== true)
    return refuse('rollout-under-way', `${current.id} must be finished or superseded first`)
  const { actor, reason, id, phase = 'preflight', expected } = declaration
  const begun: Rollout = { id, phase, startedAt: now, detectedBy: 'declared', actor, reason }
  const rollout = expected === undefined ? begun : expecting(begun, expected)
  const forgetful = { ...snapshot, baselines: withoutBegin(snapshot.baselines), impediments: new Map() }
  return { ok: true, ...start(forgetful, rollout, { actor, reason }, () => true) }
}

/**
 * Begins a rollout in place of one that is under way; the snapshot has its baselines already.
 * @param wasFiring whether a stop condition that fires did so before the rollout, so that this is not to blame
 */
export function start(
  snapshot: Snapshot,
  rollout: Rollout,
  author: Author,
  wasFiring: (status: StopStatus) => boolean,
): { readonly snapshot: Snapshot; readonly events: readonly Event[] } {
  const { id, phase: to, startedAt: now } = rollout
  const current: Rollout | undefined = snapshot.rollout
  const stops = relatched(snapshot.stops, now, wasFiring)
  const superseded = isActive(current)
    ? [ended(current, `superseded by ${id}`, 'superseded', author, now)]
    : []
  const begun = event('rollout-begun', id, author.reason, now, { rollout: id, actor: author.actor, to })
  const lives = withLife(snapshot.begun, rollout)
  return {
    snapshot: claimed({ ...snapshot, rollout, stops, begun: lives, revision: snapshot.revision + 1 }),
    events: [...superseded, begun],
  }
}

/** Declarations of one rollout that each say something new. */
const mostDeclarations = 20

/** The rollout with what must arrive in it. Until something is seen to be rolled out, it is shown as that. */
function expecting(rollout: Rollout, expected: Expected): Rollout {
  const { revision = expected.revision, chart = expected.chart, images = expected.images } = rollout
  const known = rollout.expected ?? []
  return {
    ...rollout,
    expected: saysMore(known, expected) ? allExpected(known, [expected]) : known,
    ...(revision !== undefined && { revision }),
    ...(chart !== undefined && { chart }),
    ...(images !== undefined && { images }),
  }
}

function changePhase(snapshot: Snapshot, current: Rollout, declaration: Declaration, now: Instant): Result {
  const { phase = current.phase, actor, reason, expected } = declaration
  const against = expected === undefined ? [] : contradictionsIn(current.expected ?? [], expected)
  if (against.length > 0) {
    const detail = `${against.join('; ')}. What was declared can be added to, not changed: supersede ${current.id}, or finish it.`
    return refuse('declared-otherwise', detail)
  }
  if (expected !== undefined && (current.expected ?? []).length >= mostDeclarations)
    return refuse('too-many-declarations', `${mostDeclarations} declarations of one rollout are taken`)
  const known = { ...current, phase }
  const rollout = expected === undefined ? known : expecting(known, expected)
  const from = current.phase
  const changed =
    from === phase
      ? []
      : [event('rollout-phase', current.id, reason, now, { actor, from, to: phase, rollout: current.id })]
  return accept({ ...snapshot, rollout }, changed)
}

/**
 * Ends the rollout under way. `done` is refused while a stop stands or is not acknowledged, and while not everything is
 * proven, unless it is forced. It need not have stood for the steady time: that is asked before something goes on.
 */
export function finish(
  snapshot: Snapshot,
  id: string,
  { outcome, force = false }: Ending,
  author: Author,
  now: Instant,
): Result {
  const { rollout } = snapshot
  if (!isActive(rollout) || rollout.id !== id)
    return refuse('no-such-rollout-under-way', isActive(rollout) ? `${rollout.id} is` : 'none is')
  const refusal = outcome === 'done' ? whyNotDone(snapshot, force) : undefined
  if (refusal !== undefined) return refusal
  const isForced = outcome === 'done' && !isProven(snapshot)
  const { actor, reason } = author
  const stops = unlatched(snapshot.stops)
  const finished: Rollout = {
    ...rollout,
    phase: outcome,
    finishedAt: now,
    ...(isForced && { forced: { actor, reason } }),
  }
  const unproven = isForced ? `${reason} (not proven: ${unprovenIn(snapshot).join(', ')})` : reason
  const waived = waivedItems(snapshot).map(({ id, waived: { mode } }) => `${id} (${mode})`)
  const told = waived.length === 0 ? unproven : `${unproven} (not enforced: ${waived.join(', ')})`
  return accept({ ...snapshot, rollout: finished, stops }, [
    ended(rollout, told, isForced ? 'forced' : outcome, author, now),
  ])
}

function whyNotDone(snapshot: Snapshot, force: boolean): Result | undefined {
  const standing = [...snapshot.stops.values()]
    .filter((status) => forbids(status) && status.waived === undefined)
    .map((status) => status.id)
  if (standing.length > 0)
    return refuse('stop-forbids', `${standing.join(', ')}: fix and acknowledge, or finish as failed`)
  if (force || isProven(snapshot)) return undefined
  const detail = `not proven: ${unprovenIn(snapshot).join(', ')}; wait for proceed, force it with a reason, or finish as failed`
  return refuse('not-proven', detail)
}

function isProven({ verdict }: Snapshot): boolean {
  return verdict.provenSince !== undefined
}

/** What keeps the verdict from being proven, by its id. */
function unprovenIn({ gates, stops, impediments }: Snapshot): readonly string[] {
  const open = [...gates.values()].filter(({ state }) => state !== 'pass' && state !== 'skipped')
  const doubtful = [...stops.values()].filter(({ state }) => state !== 'clear' && state !== 'skipped')
  const counted = [...open, ...doubtful].filter(({ waived }) => waived === undefined)
  const found = [...impediments.keys(), ...counted.map(({ id }) => id)]
  return found.length > 0 ? found : ['any gate']
}

/**
 * Takes note of a stop whose cause is gone, or of events that were counted. A breach that still stands can't be
 * acknowledged away.
 */
export function acknowledge(snapshot: Snapshot, id: string, author: Author, now: Instant): Result {
  const status = snapshot.stops.get(id)
  if (status === undefined)
    return refuse('no-such-stop-condition', `known: ${[...snapshot.stops.keys()].join(', ')}`)
  const standing = status.state === 'firing' && !standsNoMore(status)
  if (standing) {
    const detail = `${id} is still firing: ${status.cause?.message ?? 'its cause stands'}. Fix it, then acknowledge.`
    return refuse('still-firing', detail)
  }
  if (!forbids(status)) return refuse('nothing-to-acknowledge', `${id} is ${status.state} and not latched`)
  const { lastEventAt: _, latch, ...rest } = status
  const { actor, reason } = author
  const acknowledged =
    latch === undefined ? {} : { latch: { ...latch, acknowledged: { actor, reason, at: now } } }
  const stops = new Map(snapshot.stops).set(id, { ...rest, ...acknowledged })
  const baselines = new Map(snapshot.baselines)
  for (const tally of settleable(status)) baselines.set(tally.key, tally.value)
  // Other replicas of the daemon have a window of their own for it.
  if (latch === undefined) baselines.set(settledOf(id), now)
  const rollout = isActive(snapshot.rollout) ? { rollout: snapshot.rollout.id } : {}
  return accept({ ...snapshot, stops, baselines }, [
    event('acknowledged', `stop-condition/${id}`, reason, now, { actor, ...rollout }),
  ])
}

function ended(rollout: Rollout, message: string, to: string, { actor }: Author, now: Instant): Event {
  return event('rollout-finished', rollout.id, message, now, {
    actor,
    from: rollout.phase,
    to,
    rollout: rollout.id,
  })
}

function event(
  kind: Event['kind'],
  subject: string,
  message: string,
  at: Instant,
  rest: Pick<Event, 'from' | 'to' | 'rollout' | 'actor'>,
): Event {
  return { at, kind, subject, message, ...rest }
}

function accept(snapshot: Snapshot, events: readonly Event[]): Result {
  return { ok: true, snapshot: { ...snapshot, revision: snapshot.revision + 1 }, events }
}

function refuse(code: RefusalCode, detail: string): Result {
  return { ok: false, code, detail }
}
