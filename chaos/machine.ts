import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export function isRoot(): boolean {
  return process.getuid?.() === 0
}

const clockLibraries = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map(
  (triplet) => `/usr/lib/${triplet}/faketime/libfaketime.so.1`,
)

/** The library that gives a process a clock of its own (Debian: faketime). */
export function clockLibrary(): string | undefined {
  return clockLibraries.find((path) => existsSync(path))
}

/** A file system in memory of so many kilobytes, which the superuser alone may make. */
export interface SmallDisk {
  readonly folder: string
  setReadOnly(on: boolean): Promise<void>
  unmount(): Promise<void>
}

/** Undefined where this process may not mount. */
export async function smallDisk(folder: string, kilobytes: number): Promise<SmallDisk | undefined> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (!isRoot()) return undefined
  const options = `size=${kilobytes}k,mode=0700`
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', options, 'caracal-chaos', folder]).then(
    () => true,
    () => false,
  )
  if (!mounted) return undefined
  return {
    folder,
    setReadOnly: async (on) => void (await run('mount', ['-o', `remount,${on ? 'ro' : 'rw'}`, folder])),
    // Lazily: what still holds a file open there is about to end.
    unmount: async () => void (await run('umount', ['-l', folder])),
  }
}

/** Limits the processor time of a process; the result takes the limit away. `share` is of one core. */
export type Quota = (pid: number, share: number) => () => void

const PERIOD = 100_000

/** Control groups of either version, for the superuser; undefined where there are none to be had. */
export function quota(): Quota | undefined {
  if (!isRoot()) return undefined
  const groups = [oldGroup, newGroup].map((make) => make()).find((group) => group !== undefined)
  if (groups === undefined) return undefined
  return (pid, share) => {
    mkdirSync(groups.folder)
    groups.limit(Math.round(share * PERIOD))
    writeFileSync(join(groups.folder, 'cgroup.procs'), String(pid))
    return () => {
      if (existsSync(`/proc/${pid}`)) writeFileSync(join(groups.home, 'cgroup.procs'), String(pid))
      rmdirSync(groups.folder)
    }
  }
}

interface Group {
  readonly home: string
  readonly folder: string
  limit(microseconds: number): void
}

function ownGroup(controller: string): string | undefined {
  const lines = readFileSync('/proc/self/cgroup', 'utf8').split('\n')
  return lines.map((line) => line.split(':')).find(([, names]) => names?.split(',').includes(controller))?.[2]
}

function oldGroup(): Group | undefined {
  const own = ownGroup('cpu')
  if (own === undefined) return undefined
  const home = join('/sys/fs/cgroup/cpu', own)
  const folder = join(home, `caracal-chaos-${process.pid}`)
  if (!isUsable(folder, 'cpu.cfs_quota_us')) return undefined
  return {
    home,
    folder,
    limit: (microseconds) => {
      writeFileSync(join(folder, 'cpu.cfs_period_us'), String(PERIOD))
      writeFileSync(join(folder, 'cpu.cfs_quota_us'), String(microseconds))
    },
  }
}

function newGroup(): Group | undefined {
  const own = ownGroup('')
  if (own === undefined) return undefined
  const home = join('/sys/fs/cgroup', own)
  // A group that holds processes hands nothing on: the new one is beside ours, at the top.
  const folder = `/sys/fs/cgroup/caracal-chaos-${process.pid}`
  if (!isUsable(folder, 'cpu.max')) return undefined
  return {
    home,
    folder,
    limit: (microseconds) => writeFileSync(join(folder, 'cpu.max'), `${microseconds} ${PERIOD}`),
  }
}

function isUsable(folder: string, file: string): boolean {
  try {
    mkdirSync(folder)
    const usable = existsSync(join(folder, file))
    rmdirSync(folder)
    return usable
  } catch {
    return false
  }
}
