import { readFile, stat } from 'node:fs/promises'
import type { Memory } from '../rollout/memory.ts'
import { replaceFile } from './replace-file.ts'
import { stateText, type Sealed } from './state-form.ts'
import { headFile } from './state-head.ts'
import { isSameSeal, UNSEALED, type Seal } from './state-seal.ts'

/** What of the state is on the disk, and the order in which it comes there. */
export interface Written {
  /** What stands beside the state; see `Head`. */
  head(): Promise<Seal | undefined>
  /** What was found is what the next write goes on from. */
  goOn(found: Found): void
  /** Whether this is the memory that was written last. */
  holds(memory: Memory): boolean
  /**
   * Writes the state, then what says which one it is. Killed between the two, the next daemon finds a state that goes
   * on from what stands beside it.
   */
  write(memory: Memory): Promise<void>
  /** What another hand has done to what was written; undefined when nothing. */
  meddled(): Promise<string | undefined>
}

export interface Found {
  readonly text: string | undefined
  readonly state: Sealed | undefined
  readonly head: Seal | undefined
  /** What is not trusted now never will be: what is written next goes on from nothing that could be put back. */
  readonly isTrusted: boolean
}

/** Tells a file from another one in its place, and from itself after a write. */
type Identity = string

export function openWritten(path: string): Written {
  const headPath = `${path}.head`
  const head = headFile(headPath)
  /** Of the state that is there, and what the head says; they differ when only the first of two writes succeeded. */
  let seal = UNSEALED
  let headSeal: Seal | undefined
  let memory: Memory | undefined
  let json: string | undefined
  let text: string | undefined
  let seen: readonly Identity[] | undefined

  async function look(): Promise<readonly Identity[]> {
    return Promise.all([path, headPath].map(identityOf))
  }

  return {
    head: () => head.read(),
    goOn(found) {
      const latest = later(found.state?.seal ?? UNSEALED, found.head ?? UNSEALED)
      text = found.text
      headSeal = found.head
      seal = found.isTrusted ? latest : { ...UNSEALED, generation: latest.generation + 1 }
    },
    holds: (next) => next === memory || JSON.stringify(next) === json,
    async write(next) {
      // Two writes ahead of it a state would look like one from elsewhere.
      if (headSeal === undefined || !isSameSeal(headSeal, seal)) await head.write(seal)
      headSeal = seal
      const sealed = stateText(next, seal)
      await replaceFile(path, sealed.text)
      seal = sealed.seal
      text = sealed.text
      await head.write(seal)
      headSeal = seal
      memory = next
      json = sealed.json
      seen = await look()
    },
    async meddled() {
      if (seen === undefined) return undefined
      const now = await look()
      if (now.every((one, n) => one === seen?.[n])) return undefined
      const held = await readFile(path, 'utf8').catch(() => undefined)
      const known = await head.read().catch(() => UNSEALED)
      if (held === text && known !== undefined && isSameSeal(known, seal)) {
        // Copied in place, or touched: it says what it said.
        seen = now
        return undefined
      }
      headSeal = undefined
      if (held === undefined) return `${path} was deleted`
      return held === text ? `${headPath} was changed` : `${path} was changed by another hand`
    },
  }
}

function later(a: Seal, b: Seal): Seal {
  return b.generation > a.generation ? b : a
}

async function identityOf(path: string): Promise<Identity> {
  return stat(path, { bigint: true }).then(
    ({ ino, size, mtimeNs }) => `${ino}/${size}/${mtimeNs}`,
    () => '',
  )
}
