import { createHash } from 'node:crypto'

/**
 * Which of all states that were written one after the other this is. Each names the one that it goes on from, so that
 * an older one, one that was changed and one that came from elsewhere are told apart from the last.
 */
export interface Seal {
  /** Counts what was written; 0 before anything was. */
  readonly generation: number
  /** SHA-256, hex, over the whole state, the digest of the one before it included. */
  readonly digest: string
}

/** Before anything was written. */
export const UNSEALED: Seal = { generation: 0, digest: '0'.repeat(64) }

/**
 * The seal of a memory that is written after `previous`.
 * @param memory as JSON, exactly as it is written
 */
export function sealOf(version: number, previous: Seal, memory: string): Seal {
  const generation = previous.generation + 1
  const hash = createHash('sha256').update(JSON.stringify([version, generation, previous.digest]))
  return { generation, digest: hash.update(memory).digest('hex') }
}

export function isSameSeal(a: Seal, b: Seal): boolean {
  return a.generation === b.generation && a.digest === b.digest
}
