import { readdirSync, readFileSync } from 'node:fs'

/** Processor time of a process so far, in milliseconds, all threads together. */
export function cpuOf(pid: number): number {
  let nanoseconds = 0
  for (const thread of readdirSync(`/proc/${pid}/task`))
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
  return nanoseconds / 1e6
}

/** Memory of a process in MB (10^6 bytes, as the aims are). */
export type Memory = {
  readonly resident: number
  /** Of that what belongs to no file: heap and stacks. */
  readonly anonymous: number
}

export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const megabytes = (name: string) =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1_024) / 1e6
  return { resident: megabytes('VmRSS'), anonymous: megabytes('RssAnon') }
}

export function residentOf(pid: number): number {
  return memoryOf(pid).resident
}

/** The result tells which share of all processors was in use since the call. */
export function machineLoad(): () => number {
  const before = machine()
  return () => {
    const after = machine()
    return 1 - (after.idle - before.idle) / (after.total - before.total)
  }
}

function machine(): { readonly idle: number; readonly total: number } {
  const [, line = ''] = /^cpu +(.+)$/m.exec(readFileSync('/proc/stat', 'utf8')) ?? []
  const ticks = line.split(' ').map(Number)
  const [, , , idle = 0, wait = 0] = ticks
  return { idle: idle + wait, total: ticks.slice(0, 8).reduce((sum, value) => sum + value, 0) }
}
