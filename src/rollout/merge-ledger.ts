import { append, type Event, type Ledger, type LedgerEntry } from './ledger.ts'
import { SECOND, type Millis } from '../core/time.ts'

/** Two replicas of the daemon see one change within this time: an interval of the rarer looks while anything is wrong. */
const SAME_SIGHT: Millis = 5 * SECOND

/** One ledger for both, and what became of the lines that had to be chained anew, by their old hash. */
export interface MergedLedger {
  readonly ledger: Ledger
  readonly moved: ReadonlyMap<string, LedgerEntry>
}

/**
 * Their ledger goes on with what is new in ours. A change that both have seen is written once; what a person did, and that
 * a daemon began, is never left out.
 */
export function mergeLedgers(base: Ledger, ours: Ledger, theirs: Ledger): MergedLedger {
  const follows = isContinued(base, theirs)
  // When theirs began anew, ours is what is known of the time before, and theirs is what came after.
  const keepsOurs = !follows && lastOf(ours) > lastOf(theirs)
  const [chain, other] = keepsOurs ? [ours, theirs] : [theirs, ours]
  const known = new Set(chain.map(identity))
  const before = new Set(follows ? base.map(identity) : [])
  const added = other.filter((entry) => !known.has(identity(entry)) && !before.has(identity(entry)))
  const common = new Set(other.map(identity))
  const told = chain.filter((entry) => !common.has(identity(entry)))
  const moved = new Map<string, LedgerEntry>()
  const untold: LedgerEntry[] = []
  for (const entry of added) {
    const index = told.findIndex((candidate) => isSameSight(candidate, entry))
    const [same] = index < 0 ? [] : told.splice(index, 1)
    if (same === undefined) untold.push(entry)
    else moved.set(entry.hash, same)
  }
  const ledger = append(chain, untold.map(eventOf))
  // A tail that is longer than what is kept may have lost its first lines.
  for (const [n, entry] of untold.toReversed().entries()) {
    const chained = ledger[ledger.length - 1 - n]
    if (chained !== undefined) moved.set(entry.hash, chained)
  }
  return { ledger, moved }
}

/** Whether a change was written down a moment ago by another replica that saw it first. */
export function isTold(ledger: Ledger, event: Event): boolean {
  for (const entry of ledger.toReversed()) {
    if (entry.kind === 'started' || Math.abs(event.at - entry.at) > SAME_SIGHT) return false
    if (entry.kind === event.kind && entry.subject === event.subject)
      return entry.to === event.to && entry.rollout === event.rollout
  }
  return false
}

/** Whether their ledger goes on from the one that both knew. */
export function isContinued(base: Ledger, theirs: Ledger): boolean {
  const last = base.at(-1)
  const first = theirs[0]
  if (last === undefined || first === undefined) return last === undefined
  return first.sequence > last.sequence || theirs.some(({ hash }) => hash === last.hash)
}

function isSameSight(a: Event, b: Event): boolean {
  switch (a.kind) {
    case 'started':
    case 'acknowledged':
    case 'evidence':
    case 'configuration':
    case 'clock':
    case 'state':
      return false
    case 'override':
    case 'shadow':
      // What ends by itself is seen to end by each.
      return a.actor === undefined && isSameChange(a, b)
    case 'rollout-begun':
      // The one that hears of it later may see it begin in a later phase.
      return isSameSubject(a, b)
    case 'transition':
    case 'rollout-phase':
    case 'rollout-revision':
    case 'rollout-finished':
      return isSameChange(a, b)
  }
}

function isSameChange(a: Event, b: Event): boolean {
  return isSameSubject(a, b) && a.to === b.to
}

function isSameSubject(a: Event, b: Event): boolean {
  return (
    a.kind === b.kind &&
    a.subject === b.subject &&
    a.rollout === b.rollout &&
    a.actor === b.actor &&
    Math.abs(a.at - b.at) <= SAME_SIGHT
  )
}

/** What a line says, wherever it is chained. */
export function identity({ at, kind, subject, message, from, to, rollout, actor }: Event): string {
  return JSON.stringify([at, kind, subject, message, from, to, rollout, actor])
}

function eventOf({ sequence: _sequence, previous: _previous, hash: _hash, ...event }: LedgerEntry): Event {
  return event
}

function lastOf(ledger: Ledger): number {
  return ledger.at(-1)?.sequence ?? 0
}
