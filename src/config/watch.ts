import { watch, type FSWatcher } from 'node:fs'
import { basename, dirname } from 'node:path'
import { SECOND, type Millis } from '../core/time.ts'
import { areSame, digestsOf, type Digests } from './digests.ts'
import { readConfigFile, type ReadFile } from './read.ts'

export interface WatchOptions {
  /** What the running configuration was made from, as it was then. */
  readonly files: Digests
  /** Told that the content of a file changed; of a file that was only touched nothing is said. */
  readonly onChange: () => void
  readonly readFile?: ReadFile
  /** How long the folders must be quiet before the files are read again. */
  readonly debounce?: Millis
  /** How often the files are read although nothing was heard: some file systems say nothing. */
  readonly poll?: Millis
}

/** However busy its folders are, a change is not held back for longer. */
const LONGEST_DEBOUNCES = 8

/**
 * Tells of changes to the files of a configuration until it is stopped. It watches their folders, since a
 * mounted ConfigMap or Secret changes by a symbolic link beside the file, of which a watch on the file is told once.
 */
export function watchConfig(options: WatchOptions): { stop(): void } {
  const { onChange, readFile = readConfigFile, debounce = 250, poll = 30 * SECOND } = options
  let isStopped = false
  let known = options.files
  let watchers: readonly FSWatcher[] = []
  let timer: NodeJS.Timeout | undefined
  let firstHeard: number | undefined
  let looking = Promise.resolve()

  function hear(): void {
    const now = performance.now()
    firstHeard ??= now
    if (timer !== undefined && now - firstHeard > LONGEST_DEBOUNCES * debounce) return
    clearTimeout(timer)
    timer = setTimeout(look, debounce).unref()
  }

  function look(): void {
    timer = undefined
    firstHeard = undefined
    // One after the other, so that an older look never overwrites a newer one.
    looking = looking.then(compare)
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
    look()
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
