import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { Memory, PastRollout } from '../rollout/memory.ts'
import { parseState, stateText, type Parsed } from './state-form.ts'
import { UNSEALED, type Seal } from './state-seal.ts'

/**
 * Every write is a version of its own in the cluster's etcd, which keeps some minutes of them: a quarter of a mebibyte,
 * where a ConfigMap takes a whole one, holds what twenty calm rollouts leave.
 */
const MOST_BYTES = 256 * 1024

/** A state of the largest size that is ever written is a tenth of this when it is unpacked. */
const MOST_UNPACKED_BYTES = 64 * 1024 * 1024

/** A memory in the fewest bytes. */
export interface Packed {
  /** Gzip of the state's text, as Base64. */
  readonly text: string
  readonly bytes: number
  readonly seal: Seal
  /** What was left out for lack of room, in words; empty when nothing was. */
  readonly left: string
}

const zip = promisify(gzip)
const unzip = promisify(gunzip)

/**
 * Packs a memory that goes on from `previous` into what a ConfigMap holds. When that is too little it leaves out, in this order: the ledgers and proofs of
 * past rollouts from the oldest on, past rollouts, the front of the ledger. What is under way is never cut.
 */
export async function pack(
  memory: Memory,
  most: number = MOST_BYTES,
  previous: Seal = UNSEALED,
): Promise<Packed> {
  const cuts = cutsOf(memory)
  // Each cut leaves out more than the one before it: the first that fits is found by halving.
  let [low, high] = [0, cuts.length - 1]
  let packed = await packedAt(memory, cuts[0], previous)
  if (packed.bytes <= most) return packed
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    packed = await packedAt(memory, cuts[middle], previous)
    if (packed.bytes <= most) high = middle
    else low = middle + 1
  }
  return packedAt(memory, cuts[high], previous)
}

/** Reads back what was packed; anything else gives the reason why it can't. */
export async function unpack(text: string): Promise<Parsed> {
  try {
    const bytes = await unzip(Buffer.from(text, 'base64'), { maxOutputLength: MOST_UNPACKED_BYTES })
    return parseState(bytes.toString('utf8'))
  } catch (fault) {
    return {
      ok: false,
      why: `it can't be unpacked: ${fault instanceof Error ? fault.message : String(fault)}`,
    }
  }
}

/** What stays of the history and of the ledger. */
interface Cut {
  readonly past: number
  readonly pastLedgers: number
  readonly lines: number
}

function cutsOf({ history, ledger }: Memory): readonly Cut[] {
  const past = history.length
  const lines = ledger.length
  const cuts: Cut[] = [{ past, pastLedgers: past, lines }]
  for (let kept = past - 1; kept >= 0; kept -= 1) cuts.push({ past, pastLedgers: kept, lines })
  for (let kept = past - 1; kept >= 0; kept -= 1) cuts.push({ past: kept, pastLedgers: 0, lines })
  for (let kept = Math.floor(lines / 2); kept >= 1; kept = Math.floor(kept / 2))
    cuts.push({ past: 0, pastLedgers: 0, lines: kept })
  return cuts
}

function withoutLedger({ proof: _, ...record }: PastRollout): PastRollout {
  return { ...record, ledger: [] }
}

async function packedAt(memory: Memory, cut: Cut | undefined, previous: Seal): Promise<Packed> {
  const { history, ledger } = memory
  const { past, pastLedgers, lines } = cut ?? { past: 0, pastLedgers: 0, lines: 0 }
  const kept = past === 0 ? [] : history.slice(-past)
  const cutMemory: Memory = {
    ...memory,
    history: kept.map((record, n) => (n < kept.length - pastLedgers ? withoutLedger(record) : record)),
    ledger: lines === 0 ? [] : ledger.slice(-lines),
  }
  const { text, seal } = stateText(cutMemory, previous)
  const bytes = await zip(text)
  const left = [
    [kept.length - pastLedgers, 'ledgers of past rollouts'] as const,
    [history.length - kept.length, 'past rollouts'] as const,
    [ledger.length - lines, 'lines of the ledger'] as const,
  ]
  return {
    text: bytes.toString('base64'),
    bytes: bytes.length,
    seal,
    left: left
      .filter(([count]) => count > 0)
      .map(([count, what]) => `${count} ${what}`)
      .join(', '),
  }
}
