import { isActive, type Rollout } from '../core/rollout.ts'
import type { Instant } from '../core/time.ts'
import { mergeLatches } from './merge-latches.ts'
import { identity, type MergedLedger } from './merge-ledger.ts'
import { united, type MergedRollout } from './merge-rollouts.ts'
import type { Ledger, LedgerEntry } from './ledger.ts'
import type { Memory, PastRollout } from './memory.ts'
import { unitedProof } from './proof.ts'

/** Rollouts that are remembered. */
const KEPT = 20

type History = Memory['history']

/** The rollouts that ended at either, each once, and the one that gave way to another's; the last twenty. */
export function mergeHistories(
  ours: Memory,
  theirs: Memory,
  { rollout: current, side, loser }: MergedRollout,
  { ledger, moved }: MergedLedger,
): History {
  const records: PastRollout[] = []
  const all = [...theirs.history, ...ours.history]
  const linesOf = (id: string) => ledger.filter((entry) => entry.rollout === id)
  if (loser !== undefined && current !== undefined) {
    const { latches: stops } = side === 'ours' ? theirs : ours
    const gaveWay: Rollout = {
      ...loser,
      phase: 'failed',
      finishedAt: current.startedAt,
      supersededBy: current.id,
    }
    all.push({ rollout: gaveWay, stops, ledger: linesOf(loser.id) })
  }
  // It ended at one of them while it went on at the other: what was latched there is a part of it.
  if (side === 'both' && current !== undefined && isActive(ours.rollout) !== isActive(theirs.rollout)) {
    const { latches: stops } = isActive(ours.rollout) ? ours : theirs
    all.push({ rollout: current, stops, ledger: linesOf(current.id) })
  }
  for (const record of all) {
    const rechained = rechainedRecord(record, moved)
    const index = records.findIndex((known) => isOne(known, rechained))
    const known = records[index]
    if (known === undefined) records.push(rechained)
    else records[index] = unitedRecord(known, rechained)
  }
  return records
    .filter(
      ({ rollout }) =>
        !(isActive(current) && rollout.id === current.id && rollout.startedAt === current.startedAt),
    )
    .toSorted((a, b) => endOf(a.rollout) - endOf(b.rollout) || (a.rollout.id < b.rollout.id ? -1 : 1))
    .slice(-KEPT)
}

/** Two replicas notice one rollout at slightly different times; two rollouts of one id do not overlap. */
function isOne({ rollout: a }: PastRollout, { rollout: b }: PastRollout): boolean {
  if (a.id !== b.id) return false
  return a.startedAt === b.startedAt || (a.startedAt < endOf(b) && b.startedAt < endOf(a))
}

function endOf({ startedAt, finishedAt }: Rollout): Instant {
  return finishedAt ?? startedAt
}

function rechainedRecord(record: PastRollout, moved: MergedLedger['moved']): PastRollout {
  const { ledger, proof } = record
  return {
    ...record,
    ledger: rechain(ledger, moved),
    ...(proof !== undefined && { proof: { ...proof, between: rechain(proof.between, moved) } }),
  }
}

function unitedRecord(a: PastRollout, b: PastRollout): PastRollout {
  const proof = unitedProof(a.proof, b.proof)
  return {
    rollout: united(undefined, a.rollout, b.rollout),
    stops: mergeLatches({}, a.stops, b.stops),
    ledger: unitedLines(a.ledger, b.ledger),
    ...(proof !== undefined && { proof }),
  }
}

function unitedLines(a: Ledger, b: Ledger): Ledger {
  if (a.length === 0 || b.length === 0) return a.length === 0 ? b : a
  const lines = new Map([...a, ...b].toReversed().map((entry) => [identity(entry), entry]))
  return [...lines.values()].toSorted(
    (one, two) => one.sequence - two.sequence || one.at - two.at || (one.hash < two.hash ? -1 : 1),
  )
}

/** A line that was chained anew, or that the other replica had written already, stands here as it stands there. */
function rechain(ledger: Ledger, moved: ReadonlyMap<string, LedgerEntry>): Ledger {
  if (!ledger.some(({ hash }) => moved.has(hash))) return ledger
  const lines = ledger.map((entry) => moved.get(entry.hash) ?? entry)
  return [...new Map(lines.map((entry) => [entry.hash, entry])).values()]
}
