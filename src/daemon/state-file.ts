import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { codeOf, messageOf } from '../core/text.ts'
import { SECOND, type Millis } from '../core/time.ts'
import { nothingRemembered, type Memory } from '../rollout/memory.ts'
import { fileLock, type FileLock } from './file-lock.ts'
import { inTurn, type Turns } from './tasks.ts'
import { parseState, withoutProof, type Parsed } from './state-form.ts'
import { doubtAbout } from './state-head.ts'
import { openWritten, type Written } from './state-written.ts'
import { StateInUse, type Kept, type Loaded, type StateStore } from './state-store.ts'

/** A disk that was full, or a volume that was gone, may be back. */
const RETRY: Millis = SECOND

/** How often what was written is looked at, in case another hand changes it. */
const WATCH: Millis = SECOND

/**
 * The daemon's memory in one file that is replaced whole, so that it is either the old or the new one at any moment.
 * It belongs to one daemon at a time: a lock beside it says to which.
 */
export function stateFile(path: string): StateStore {
  const lock = fileLock(`${path}.lock`)
  const written = openWritten(path)
  const turns = inTurn()
  const writing = openWriting(path, lock, written, turns)
  let watching: NodeJS.Timeout | undefined
  return {
    async load() {
      await mkdir(dirname(path), { recursive: true }).catch(() => {})
      const taken = await lock.take()
      if (!taken.ok && taken.inUse)
        throw new StateInUse(
          `the state in ${path} is another daemon's: ${taken.message}; give this one another`,
        )
      return load(path, written)
    },
    save: (next) => writing.plan(next),
    keep: (change) =>
      turns.next(async () => {
        const next = change.make()
        if (next === undefined) return { ok: true }
        const kept = await writing.write(next)
        if (kept.ok) change.done()
        return kept
      }),
    status() {
      const problem = writing.problem()
      return problem === '' ? { ok: true, message: 'written' } : { ok: false, message: problem }
    },
    watch(onMeddled) {
      const look = async () => {
        const what = await written.meddled().catch((fault: unknown) => messageOf(fault))
        if (what !== undefined && (await writing.writeAnew()).ok) onMeddled(`${what}, and was written anew`)
      }
      watching = setInterval(() => void turns.next(look), WATCH).unref()
    },
    async close() {
      clearInterval(watching)
      writing.close()
      await turns.next(() => Promise.resolve())
      await lock.release()
    },
  }
}

/** Writes what is to be kept, in its turn, and again when that failed. */
function openWriting(path: string, lock: FileLock, written: Written, turns: Turns) {
  let problem = ''
  let latest: Memory | undefined
  let planned: Promise<void> | undefined
  let retrying: NodeJS.Timeout | undefined
  let closed = false

  async function writeAnew(memory = latest ?? nothingRemembered): Promise<Kept> {
    clearTimeout(retrying)
    try {
      await mkdir(dirname(path), { recursive: true })
      const taken = await lock.take()
      if (!taken.ok) throw new Error(taken.message)
      await written.write(memory)
      problem = ''
      return { ok: true }
    } catch (fault) {
      problem = `the state can't be written to ${path}: ${messageOf(fault)}`
      if (!closed) retrying = setTimeout(() => void writeLatest(), RETRY).unref()
      return { ok: false, message: problem }
    }
  }

  function write(memory: Memory): Promise<Kept> {
    const isKept = problem === '' && written.holds(memory)
    return isKept ? Promise.resolve({ ok: true }) : writeAnew(memory)
  }

  function writeLatest(): Promise<void> {
    planned ??= turns.next(async () => {
      planned = undefined
      if (latest !== undefined) await write(latest)
    })
    return planned
  }

  return {
    problem: () => problem,
    /** Now, unless it was written last. */
    write,
    /** Also when nothing has changed. */
    writeAnew: () => writeAnew(),
    /** As soon as what is written now is; of several the last. */
    plan(memory: Memory): Promise<void> {
      latest = memory
      return writeLatest()
    },
    close(): void {
      closed = true
      clearTimeout(retrying)
    },
  }
}

async function load(path: string, written: Written): Promise<Loaded> {
  let text: string | undefined
  try {
    text = await readFile(path, 'utf8')
  } catch (fault) {
    if (codeOf(fault) !== 'ENOENT')
      return { ok: false, message: `the state can't be read from ${path}: ${messageOf(fault)}` }
  }
  const parsed: Parsed | undefined = text === undefined ? undefined : parseState(text)
  const head = await written.head().catch((fault: unknown) => messageOf(fault))
  const sealed = parsed?.ok === true ? parsed : undefined
  const doubt = parsed?.ok === false ? parsed.why : typeof head === 'string' ? head : doubtAbout(head, sealed)
  const known = typeof head === 'string' ? undefined : head
  written.goOn({ text, state: sealed, head: known, isTrusted: doubt === undefined })
  if (doubt === undefined) return { ok: true, memory: sealed?.memory ?? nothingRemembered }
  const rest = parsed?.ok === false ? parsed.rest : sealed && withoutProof(sealed.memory)
  const aside = text === undefined ? '' : ` and ${await setAside(path)}`
  const message = `the state in ${path} can't be trusted (${doubt})${aside}`
  return { ok: false, message, ...(rest !== undefined && { rest }) }
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
