import type { Moment } from '../core/moment.ts'
import { MINUTE, type Instant, type Millis } from '../core/time.ts'
import type { Ledger } from './ledger.ts'

/** Changes of one subject that are told one by one: four times there and back. */
const IN_FULL = 8
/** In this time; a subject that changes now and then is always told in full. */
const WINDOW: Millis = 6 * 60 * MINUTE
const LONGEST: Millis = 60 * MINUTE

/** What the ledger has of the changes of one subject in one rollout. */
interface Telling {
  /** Where the last line led to. */
  readonly to: string
  readonly ats: readonly Instant[]
}

/** By rollout (empty for none) and subject. A ledger never changes, and is asked at every step. */
const known = new WeakMap<Ledger, ReadonlyMap<string, Telling>>()

function tellings(ledger: Ledger): ReadonlyMap<string, Telling> {
  const found = known.get(ledger)
  if (found !== undefined) return found
  const told = new Map<string, Telling>()
  for (const { at, kind, subject, to, rollout } of ledger) {
    // An acknowledgement is no change of state.
    if (kind !== 'transition' || to === undefined || to === 'acknowledged') continue
    const key = keyOf(subject, rollout)
    told.set(key, { to, ats: [...(told.get(key)?.ats ?? []), at] })
  }
  known.set(ledger, told)
  return told
}

function keyOf(subject: string, rollout: string | undefined): string {
  return `${rollout ?? ''}\n${subject}`
}

/** That a subject changes so often that its changes are not told one by one. */
export interface Flapping {
  readonly subject: string
  /** Where its last line led to: the next one goes on from there. */
  readonly to: string
  /** Least time between two lines now: a minute, and twice as long after each, up to an hour. */
  readonly every: Millis
  readonly isDue: boolean
}

/** Whether the subject flaps at this instant of the rollout. */
export function flapping(
  ledger: Ledger,
  subject: string,
  rollout: string | undefined,
  moment: Moment,
): Flapping | undefined {
  const telling = tellings(ledger).get(keyOf(subject, rollout))
  const recent = telling?.ats.filter((at) => !moment.reached(at + WINDOW)) ?? []
  const last = recent.at(-1)
  if (telling === undefined || last === undefined || recent.length < IN_FULL) return undefined
  const every = Math.min(MINUTE * 2 ** (recent.length - IN_FULL), LONGEST)
  return { subject, to: telling.to, every, isDue: moment.reached(last + every) }
}

/** Whether anything of this rollout has changed so often that it may flap: most ledgers have nothing of the kind. */
export function mayFlap(ledger: Ledger): boolean {
  for (const { ats } of tellings(ledger).values()) if (ats.length >= IN_FULL) return true
  return false
}
