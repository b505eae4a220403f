import { isActive } from '../core/rollout.ts'
import type { LedgerLine, RolloutRecord } from '../publish/context.ts'
import type { LedgerEntry } from '../rollout/ledger.ts'
import type { Engine } from './engine.ts'

/** The rollout under way and those before it, newest first, each with its stops and its part of the ledger. */
export function historyOf(engine: Engine): readonly RolloutRecord[] {
  const { ledger, history } = engine.memory()
  const { rollout, stops: statuses } = engine.current()
  const past = history.map((record) => ({ ...record, ledger: record.ledger.map(lineOf) })).toReversed()
  if (!isActive(rollout)) return past
  const own = ledger.filter((entry) => entry.rollout === rollout.id)
  const stops = Object.fromEntries(
    [...statuses.values()].flatMap(({ id, latch }) => (latch === undefined ? [] : [[id, latch] as const])),
  )
  return [{ rollout, stops, ledger: own.map(lineOf) }, ...past]
}

function lineOf({ sequence, at, kind, subject, message, from, to, actor, hash }: LedgerEntry): LedgerLine {
  const change = to === undefined ? '' : from === undefined ? to : `${from} -> ${to}`
  const line = { sequence, at, kind, subject, hash }
  // What a person did carries the person's reason; what happened carries what was seen.
  if (actor !== undefined) return { ...line, message: change, actor, reason: message }
  return { ...line, message: [change, message].filter((text) => text !== '').join(': ') }
}
