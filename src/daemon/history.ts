import { isActive } from '../core/rollout.ts'
import type { LedgerLine, RolloutRecord } from '../publish/context.ts'
import type { LedgerEntry } from '../rollout/ledger.ts'
import type { Engine } from './engine.ts'

/** The rollout under way and those before it, newest first, each with its part of the ledger. */
export function historyOf(engine: Engine): readonly RolloutRecord[] {
  const { ledger, history } = engine.memory()
  const { rollout } = engine.current()
  const past = history
    .map((record) => ({ rollout: record.rollout, ledger: record.ledger.map(lineOf) }))
    .toReversed()
  if (!isActive(rollout)) return past
  const own = ledger.filter((entry) => entry.rollout === rollout.id)
  return [{ rollout, ledger: own.map(lineOf) }, ...past]
}

function lineOf({ sequence, at, kind, subject, message, from, to, actor, hash }: LedgerEntry): LedgerLine {
  const change = from === undefined ? message : `${from} -> ${to}: ${message}`
  return { sequence, at, kind, subject, message: change, hash, ...(actor !== undefined && { actor }) }
}
