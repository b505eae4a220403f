import { createHash } from 'node:crypto'
import { watch, type FSWatcher } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { codeOf } from '../core/text.ts'
import { SECOND, type Millis } from '../core/time.ts'

/** Gives a file's bytes. Rejects as `node:fs` does, with a `code`. */
export type ReadFile = (path: string) => Promise<Uint8Array>

/** No configuration and no secret comes near it; a device never ends. */
const LARGEST = 1024 * 1024

const CHUNK = 16 * 1024

/** Reads a file of at most 1 MiB; a larger one rejects with `EFBIG`. */
export async function readConfigFile(path: string): Promise<Uint8Array> {
  const file = await open(path)
  try {
    const chunks: Uint8Array[] = []
    let length = 0
    for (;;) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(CHUNK), 0, CHUNK)
      if (bytesRead === 0) return Buffer.concat(chunks, length)
      chunks.push(buffer.subarray(0, bytesRead))
      length += bytesRead
      if (length > LARGEST) throw Object.assign(new Error('larger than 1 MiB'), { code: 'EFBIG' })
    }
  } finally {
    await file.close()
  }
}

const problems: Readonly<Record<string, string>> = {
  EACCES: 'which may not be read',
  EFBIG: 'which is larger than 1 MiB',
  EISDIR: 'which is a folder',
  ENOENT: 'which does not exist',
  ENOTDIR: 'which does not exist',
  EPERM: 'which may not be read',
}

/** Why a file could not be read, as a clause after its name. */
export function readProblem(error: unknown): string {
  const code = codeOf(error) ?? 'no code'
  return problems[code] ?? `which cannot be read (${code})`
}

/** SHA-256 of the files that a configuration was made from, by path; of one that could not be read, why. */
export type Digests = ReadonlyMap<string, string>

/** A reader that notes what it has read. */
export function noting(readFile: ReadFile, noted: Map<string, string>): ReadFile {
  return async function readAndNote(path) {
    try {
      const bytes = await readFile(path)
      noted.set(path, createHash('sha256').update(bytes).digest('hex'))
      return bytes
    } catch (error) {
      noted.set(path, codeOf(error) ?? 'no code')
      throw error
    }
  }
}

/** The digests of these files now. Never rejects. */
export async function digestsOf(paths: Iterable<string>, readFile: ReadFile): Promise<Digests> {
  const digests = new Map<string, string>()
  const read = noting(readFile, digests)
  await Promise.allSettled([...paths].map(read))
  return digests
}

function areSame(a: Digests, b: Digests): boolean {
  return a.size === b.size && [...a].every(([path, digest]) => b.get(path) === digest)
}

export interface WatchOptions {
  /** What the running configuration was made from, as it was then. */
  readonly files: Digests
  /** Called when the content of a file changed, and not when a file was only touched. */
  readonly onChange: () => void
  readonly readFile?: ReadFile
  /** How long the folders must be quiet before the files are read again. */
  readonly debounce?: Millis
  /** How often the files are read without an event: some file systems report none. */
  readonly poll?: Millis
}

/** However busy its folders are, a change is not held back for longer. */
const LONGEST_DEBOUNCES = 8

/**
 * Reports changes of the files of a configuration until it is stopped. It watches their folders, since a
 * mounted ConfigMap or Secret changes by a symbolic link beside the file, which a watch on the file reports once.
 */
export function watchConfig(options: WatchOptions): { stop(): void } {
  const { onChange, readFile = readConfigFile, debounce = 250, poll = 30 * SECOND } = options
  let isStopped = false
  let known = options.files
  let watchers: readonly FSWatcher[] = []
  let timer: NodeJS.Timeout | undefined
  let firstHeard: number | undefined
  let checking = Promise.resolve()

  function hear(): void {
    const now = performance.now()
    firstHeard ??= now
    if (timer !== undefined && now - firstHeard > LONGEST_DEBOUNCES * debounce) return
    clearTimeout(timer)
    timer = setTimeout(check, debounce).unref()
  }

  function check(): void {
    timer = undefined
    firstHeard = undefined
    // One after the other, so that an older check never overwrites a newer one.
    checking = checking.then(compare)
  }

  async function compare(): Promise<void> {
    const seen = await digestsOf(known.keys(), readFile)
    if (isStopped || areSame(known, seen)) return
    known = seen
    onChange()
  }

  // A folder that is replaced takes its watch with it, so they are set up anew at every poll.
  function pollOnce(): void {
    for (const watcher of watchers) watcher.close()
    watchers = foldersOf(known).flatMap(([folder, names]) => watchFolder(folder, names, hear))
    check()
  }

  pollOnce()
  const interval = setInterval(pollOnce, poll).unref()
  return {
    stop() {
      isStopped = true
      clearInterval(interval)
      clearTimeout(timer)
      for (const watcher of watchers) watcher.close()
    },
  }
}

/** The folders of the files, each with the names of those in it. */
function foldersOf(files: Digests): readonly (readonly [folder: string, names: readonly string[]])[] {
  const byFolder = Map.groupBy(files.keys(), (file) => dirname(file))
  return [...byFolder].map(([folder, list]) => [folder, list.map((file) => basename(file))])
}

/** Nothing when the folder cannot be watched: the poll will see. */
function watchFolder(folder: string, names: readonly string[], heard: () => void): readonly FSWatcher[] {
  // Kubernetes changes `..data`, through which all files of a mount are reached. Other names in the folder, such as that
  // of our own state's lock, say nothing of the configuration.
  function isAbout(name: string | null): boolean {
    return name === null || name.startsWith('..') || names.includes(name)
  }
  try {
    const watcher = watch(folder, { persistent: false }, (_, name) => {
      if (isAbout(name)) heard()
    })
    watcher.on('error', () => watcher.close())
    return [watcher]
  } catch {
    return []
  }
}
