import { readFile } from 'node:fs/promises'
import * as z from 'zod'
import { codeOf } from '../core/text.ts'
import type { Sealed } from './state-form.ts'
import { replaceFile } from './replace-file.ts'
import { isSameSeal, UNSEALED, type Seal } from './state-seal.ts'

/**
 * A small file beside the state that says which state was written last, so that an older copy of the state, put back
 * while no daemon ran, is not taken for the last. It is written after the state and before a client learns that the
 * state is kept; so it may be one write behind, and never ahead.
 */
export interface Head {
  /** `undefined` when there is none. @throws when it is not what was written */
  read(): Promise<Seal | undefined>
  write(seal: Seal): Promise<void>
}

const headSchema = z.strictObject({ generation: z.int().min(0), digest: z.string().length(64) })

export function headFile(path: string): Head {
  return {
    async read() {
      const text = await readFile(path, 'utf8').catch((fault: unknown) => {
        if (codeOf(fault) === 'ENOENT') return undefined
        throw fault
      })
      if (text === undefined) return undefined
      try {
        return headSchema.parse(JSON.parse(text))
      } catch {
        throw new Error(`${path} is not what was written there`)
      }
    },
    write: (seal) => replaceFile(path, `${JSON.stringify(seal)}\n`),
  }
}

/** Why a state can't be the one that was written last; undefined when it can. */
export function doubtAbout(head: Seal | undefined, state: Sealed | undefined): string | undefined {
  const known = head ?? UNSEALED
  if (state === undefined)
    return known.generation === 0 ? undefined : `it is gone; generation ${known.generation} was written last`
  const { seal } = state
  if (seal === undefined)
    return known.generation === 0
      ? undefined
      : `it is of an older version; generation ${known.generation} was written last`
  if (head === undefined) return 'nothing beside it says which state was written last'
  if (isSameSeal(head, seal)) return undefined
  if (seal.generation === head.generation + 1 && state.previous === head.digest) return undefined
  if (seal.generation <= head.generation)
    return `it is generation ${seal.generation}, and ${head.generation} was written last`
  return `it does not go on from generation ${head.generation}, which was written last`
}
