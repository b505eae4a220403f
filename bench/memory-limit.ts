import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** A control group that limits the memory of what is started in it. */
export type MemoryLimit = {
  /** A process that writes its id to this file is in the group. */
  readonly members: string
  /** Most bytes that were charged to the group at once, pages of files and sockets included where the kernel says so. */
  peak(): number
  remove(): Promise<void>
}

/** Undefined where this process may not make one: then memory is measured and not limited. */
export function memoryLimit(bytes: number): MemoryLimit | undefined {
  const line = readFileSync('/proc/self/cgroup', 'utf8').split('\n')
  const first = line.find((each) => /^\d+:([^:]*,)?memory(,[^:]*)?:/.test(each))
  const second = line.find((each) => each.startsWith('0::'))
  const isFirst = first !== undefined && existsSync('/sys/fs/cgroup/memory')
  const own = (isFirst ? first : second)?.split(':').at(-1)
  if (own === undefined) return undefined
  const folder = join(isFirst ? '/sys/fs/cgroup/memory' : '/sys/fs/cgroup', own, `gate-${process.pid}`)
  try {
    mkdirSync(folder)
    writeFileSync(join(folder, isFirst ? 'memory.limit_in_bytes' : 'memory.max'), String(bytes))
  } catch {
    return undefined
  }
  const peakFile = join(folder, isFirst ? 'memory.max_usage_in_bytes' : 'memory.peak')
  return {
    members: join(folder, 'cgroup.procs'),
    peak: () => (existsSync(peakFile) ? Number(readFileSync(peakFile, 'utf8')) : Number.NaN),
    async remove() {
      // A group goes when its last process is reaped.
      for (let tries = 0; tries < 50 && existsSync(folder); tries += 1)
        try {
          rmdirSync(folder)
        } catch {
          await pause(100)
        }
    },
  }
}
