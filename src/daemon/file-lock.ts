import { randomUUID } from 'node:crypto'
import { link, readFile, readlink, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { codeOf } from '../core/text.ts'
import { SECOND, type Millis } from '../core/time.ts'

/** How often a holder shows that it lives. */
const BEAT: Millis = SECOND

/** A holder that may be dead, and has shown no sign of life for this long, is dead. */
const SILENT: Millis = 5 * SECOND

/** Who holds a lock. The fields beside `id` tell whether its process still runs, where that can be seen at all. */
interface Holder {
  readonly id: string
  readonly host: string
  readonly pid: number
  /** In which process ids count: a container has its own, in which 1 is always alive. */
  readonly space: string
  /** Tells the process from a later one with the same number. */
  readonly started: string
}

export type Taken =
  { readonly ok: true } | { readonly ok: false; readonly inUse: boolean; readonly message: string }

/** A file that only one process holds at a time. A process that was killed holds it no longer, so that no cleaning up is needed. */
export interface FileLock {
  /** Takes the lock, or makes sure that it is still held. `inUse`: another holds it and lives. */
  take(): Promise<Taken>
  release(): Promise<void>
}

export function fileLock(path: string): FileLock {
  const id = randomUUID()
  let beating: NodeJS.Timeout | undefined

  function stopBeating(): void {
    clearInterval(beating)
    beating = undefined
  }

  async function take(): Promise<Taken> {
    try {
      for (;;) {
        const holder = await holderOf(path)
        if (holder?.id === id) return { ok: true }
        stopBeating()
        if (holder !== undefined && (await isAlive(path, holder)))
          return { ok: false, inUse: true, message: `${holder.host} (process ${holder.pid}) has it` }
        if (holder !== undefined) await putAway(path, holder)
        await claim(path, id)
        beating ??= setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), BEAT).unref()
      }
    } catch (fault) {
      return { ok: false, inUse: false, message: fault instanceof Error ? fault.message : String(fault) }
    }
  }

  return {
    take,
    async release() {
      stopBeating()
      const holder = await holderOf(path).catch(() => undefined)
      if (holder?.id === id) await rm(path, { force: true }).catch(() => {})
    },
  }
}

/** Links a file that is written already, so that no reader sees half of it and one of two wins. */
async function claim(path: string, id: string): Promise<void> {
  const own = `${path}.${id}`
  const holder: Holder = { id, host: hostname(), ...(await ownProcess()) }
  try {
    await writeFile(own, JSON.stringify(holder), { mode: 0o600 })
    await link(own, path)
  } catch (fault) {
    if (codeOf(fault) !== 'EEXIST') throw fault
  } finally {
    await rm(own, { force: true })
  }
}

/** Takes the lock of a dead holder away; when another was quicker, what it put there comes back. */
async function putAway(path: string, dead: Holder): Promise<void> {
  const aside = `${path}.${randomUUID()}`
  try {
    await rename(path, aside)
  } catch (fault) {
    if (codeOf(fault) === 'ENOENT') return
    throw fault
  }
  const moved = await holderOf(aside)
  if (moved !== undefined && moved.id !== dead.id) await link(aside, path).catch(() => {})
  await rm(aside, { force: true })
}

async function holderOf(path: string): Promise<Holder | undefined> {
  try {
    const holder = JSON.parse(await readFile(path, 'utf8')) as Partial<Holder>
    const { id = '', host = 'an unknown host', pid = 0, space = '', started = '' } = holder
    return { id, host, pid, space, started }
  } catch (fault) {
    if (codeOf(fault) === 'ENOENT') return undefined
    // What is no lock of ours is judged by whether it is touched.
    if (fault instanceof SyntaxError) return { id: '', host: 'unknown', pid: 0, space: '', started: '' }
    throw fault
  }
}

/** Whether the holder lives: by its process where that can be seen, else by whether it touches its lock. */
async function isAlive(path: string, holder: Holder): Promise<boolean> {
  const here = await ownProcess()
  if (holder.space !== '' && holder.host === hostname() && holder.space === here.space)
    return (await startOf(holder.pid)) === holder.started
  const before = await touchedAt(path)
  for (let waited = 0; waited < SILENT; waited += BEAT / 4) {
    await delay(BEAT / 4)
    const after = await touchedAt(path)
    if (after === undefined) return false
    if (after !== before) return true
  }
  return false
}

/** When the lock was last touched, by the clock of its file system, which is compared with itself only. */
async function touchedAt(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  )
}

/** Of this process what tells it from others; empty where the system does not say. */
async function ownProcess(): Promise<Pick<Holder, 'pid' | 'space' | 'started'>> {
  try {
    const pid = Number(await readlink('/proc/self'))
    return { pid, space: await readlink('/proc/self/ns/pid'), started: await startOf(pid) }
  } catch {
    return { pid: 0, space: '', started: '' }
  }
}

/** When a process was started, in ticks since the machine was; empty when there is no such process any more. */
async function startOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The name of the program is in brackets and may hold anything; field 22 of `man 5 proc` follows.
  const [state, ...rest] = text
    .slice(text.lastIndexOf(')') + 2)
    .trim()
    .split(' ')
  return state === 'Z' || state === 'X' ? '' : (rest[18] ?? '')
}
