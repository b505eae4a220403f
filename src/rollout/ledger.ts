import { plain } from '../core/text.ts'
import type { Instant } from '../core/time.ts'
import { hashOfLine } from '../proof/digest.ts'

export type LedgerKind =
  | 'started'
  | 'transition'
  | 'rollout-begun'
  | 'rollout-phase'
  | 'rollout-revision'
  | 'rollout-finished'
  | 'acknowledged'
  | 'evidence'
  | 'override'
  | 'shadow'
  | 'configuration'
  | 'clock'
  | 'state'

/** Something that happened, as it is written down. */
export interface Event {
  readonly at: Instant
  readonly kind: LedgerKind
  /** What it happened to: `stop-condition/audit-dlq-growing`, `verdict`, a rollout's id. */
  readonly subject: string
  readonly message: string
  readonly from?: string
  readonly to?: string
  readonly rollout?: string
  readonly actor?: string
}

/** An event in the ledger, chained to the one before it. */
export interface LedgerEntry extends Event {
  readonly sequence: number
  readonly previous: string
  /** SHA-256, hex, over the previous hash and this event. */
  readonly hash: string
}

/** The ledger's tail. It is append-only; what falls off the front is still vouched for by `previous`. */
export type Ledger = readonly LedgerEntry[]

/** Entries that are kept: a rollout with ten transitions a minute for half an hour, and some. */
const KEPT = 500

const GENESIS = '0'.repeat(64)

/** Appends events in their order. */
export function append(ledger: Ledger, events: readonly Event[]): Ledger {
  if (events.length === 0) return ledger
  const entries = [...ledger]
  for (const { message, ...rest } of events) {
    // As it is published, so that its reader can verify the hash.
    const event = { ...rest, message: plain(message) }
    const last = entries.at(-1)
    const previous = last?.hash ?? GENESIS
    const sequence = (last?.sequence ?? 0) + 1
    entries.push({ ...event, sequence, previous, hash: hashOfLine(previous, sequence, event) })
  }
  return entries.slice(-KEPT)
}

/** The sequence number of the first entry that does not follow from the one before it, or undefined when all do. */
export function firstBroken(ledger: Ledger): number | undefined {
  let previous = ledger[0]?.previous
  for (const { sequence, hash, previous: stated, ...event } of ledger) {
    if (stated !== previous || hash !== hashOfLine(stated, sequence, event)) return sequence
    previous = hash
  }
  return undefined
}
