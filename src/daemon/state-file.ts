import { copyFile, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SECOND, type Millis } from '../core/time.ts'
import { nothingRemembered, type Memory } from '../rollout/memory.ts'
import { fileLock } from './file-lock.ts'
import { parseState, stateText } from './state-form.ts'
import { StateInUse, type Loaded, type StateStore } from './state-store.ts'

/** A disk that was full, or a volume that was gone, may be back. */
const RETRY: Millis = SECOND

/**
 * The daemon's memory in one file that is replaced whole, so that it is either the old or the new one at any moment.
 * It belongs to one daemon at a time: a lock beside it says to which.
 */
export function stateFile(path: string): StateStore {
  const lock = fileLock(`${path}.lock`)
  let problem = ''
  let waiting: Memory | undefined
  let writing: Promise<void> | undefined
  let retrying: NodeJS.Timeout | undefined
  let closed = false

  async function writeAll(): Promise<void> {
    let unwritten: Memory | undefined
    while (waiting !== undefined) {
      const next = waiting
      waiting = undefined
      try {
        await mkdir(dirname(path), { recursive: true })
        const taken = await lock.take()
        if (!taken.ok) throw new Error(taken.message)
        await replace(path, stateText(next))
        problem = ''
        unwritten = undefined
      } catch (fault) {
        problem = `the state can't be written to ${path}: ${messageOf(fault)}`
        unwritten = next
      }
    }
    writing = undefined
    const again = unwritten
    if (again !== undefined && !closed) retrying = setTimeout(() => void save(again), RETRY).unref()
  }

  function save(next: Memory): Promise<void> {
    clearTimeout(retrying)
    waiting = next
    writing ??= writeAll()
    return writing
  }

  return {
    async load() {
      await mkdir(dirname(path), { recursive: true }).catch(() => {})
      const taken = await lock.take()
      if (!taken.ok && taken.inUse)
        throw new StateInUse(
          `the state in ${path} is another daemon's: ${taken.message}; give this one another`,
        )
      return load(path)
    },
    save,
    status: () => (problem === '' ? { ok: true, message: 'written' } : { ok: false, message: problem }),
    async close() {
      closed = true
      clearTimeout(retrying)
      await writing
      await lock.release()
    },
  }
}

async function load(path: string): Promise<Loaded> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (fault) {
    if (isMissing(fault)) return { ok: true, memory: nothingRemembered }
    return { ok: false, message: `the state can't be read from ${path}: ${messageOf(fault)}` }
  }
  const parsed = parseState(text)
  if (parsed.ok) return parsed
  const message = `the state in ${path} can't be trusted (${parsed.why}) and ${await setAside(path)}`
  return { ok: false, message }
}

/**
 * A copy, not a move: until a new state is safe, the next daemon must not take the missing file for a first start.
 * Returns what came of it, for messages.
 */
async function setAside(path: string): Promise<string> {
  const aside = `${path}.unreadable`
  return copyFile(path, aside).then(
    () => `was set aside as ${aside}`,
    (fault: unknown) => `could not be set aside: ${messageOf(fault)}`,
  )
}

async function replace(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`
  try {
    const file = await open(temporary, 'w', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (fault) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw fault
  }
  // Without this a power cut may bring the old name back.
  const directory = await open(dirname(path), 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

function isMissing(fault: unknown): boolean {
  return fault instanceof Error && 'code' in fault && fault.code === 'ENOENT'
}

function messageOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault)
}
