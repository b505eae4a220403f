import { readdirSync, readFileSync } from 'node:fs'

/** Processor time of a process so far, in milliseconds, all threads together. */
export function cpuOf(pid: number): number {
  let nanoseconds = 0
  for (const thread of readdirSync(`/proc/${pid}/task`))
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
  return nanoseconds / 1e6
}

/** Resident memory of a process in MB (10^6 bytes, as the aims are). */
export function residentOf(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return (Number(kilobytes) * 1_024) / 1e6
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
