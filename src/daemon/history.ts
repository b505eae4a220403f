import { isActive } from '../core/rollout.ts'
import type { LedgerLine, RolloutRecord } from '../http/context.ts'
import type { LedgerEntry } from '../rollout/ledger.ts'
import type { Engine } from './engine.ts'

/** The rollout under way and those before it, newest first, each with its stops and its part of the ledger. */
export function historyOf(engine: Pick<Engine, 'memory' | 'current'>): readonly RolloutRecord[] {
  const { ledger, history } = engine.memory()
  const { rollout, stops: statuses } = engine.current()
  const past = history.map((record) => ({ ...record, ledger: linesOf(record.ledger) })).toReversed()
  if (!isActive(rollout)) return past
  const own = ledger.filter((entry) => entry.rollout === rollout.id)
  const stops = Object.fromEntries(
    [...statuses.values()].flatMap(({ id, latch }) => (latch === undefined ? [] : [[id, latch] as const])),
  )
  return [{ rollout, stops, ledger: linesOf(own) }, ...past]
}

/** In the order of time: after two replicas were merged, what one of them saw earlier may be chained later. */
function linesOf(ledger: readonly LedgerEntry[]): readonly LedgerLine[] {
  return ledger.map(lineOf).toSorted((a, b) => a.at - b.at || a.sequence - b.sequence)
}

function lineOf(entry: LedgerEntry): LedgerLine {
  const { sequence, at, kind, subject, message, from, to, rollout, actor, previous, hash } = entry
  const written = {
    message,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(rollout !== undefined && { rollout }),
  }
  const change = to === undefined ? '' : from === undefined ? to : `${from} -> ${to}`
  const line = { sequence, at, kind, subject, written, previous, hash }
  // What a person did carries the person's reason; what happened carries what was seen.
  if (actor !== undefined) return { ...line, message: change, actor, reason: message }
  return { ...line, message: [change, message].filter((text) => text !== '').join(': ') }
}
