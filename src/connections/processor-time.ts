import { readFileSync } from 'node:fs'
import { PUNCTUALITY_SPAN } from '../core/punctuality.ts'
import type { Millis } from '../core/time.ts'

/** What the kernel says of the main thread since it began. */
interface Scheduled {
  readonly ran: Millis
  readonly waited: Millis
}

interface Sample {
  /** By `performance.now()`. */
  readonly at: Millis
  /** Undefined where the kernel does not say. */
  readonly scheduled: Scheduled | undefined
}

/** Of the last seconds, the oldest first. */
let samples: readonly Sample[] = []

/** Notes what the kernel says now; to be done about every second. */
export function sample(): void {
  const at = performance.now()
  const oldest = samples.findLastIndex((one) => at - one.at >= PUNCTUALITY_SPAN)
  samples = [...samples.slice(Math.max(0, oldest)), { at, scheduled: scheduled() }]
}

/** What the kernel said at the beginning of the last seconds. */
export function oldestSample(): Sample | undefined {
  return samples[0]
}

/** For how much of the time since `from` the main thread waited for a CPU; 0 where the kernel does not say. */
export function waitedSince(from: Millis): Millis {
  const base = samples.findLast((one) => one.at <= from) ?? samples[0]
  const [before, after] = [base?.scheduled, scheduled()]
  if (base === undefined || before === undefined || after === undefined) return 0
  const now = performance.now()
  return (after.waited - before.waited) * Math.min(1, (now - from) / (now - base.at))
}

/** Undefined where the kernel keeps no such count (CONFIG_SCHED_INFO), and where there is no such kernel. */
export function scheduled(): Scheduled | undefined {
  let text: string
  try {
    text = readFileSync('/proc/self/schedstat', 'utf8')
  } catch {
    return undefined
  }
  const [ran, waited] = text.split(' ').map((field) => Number(field) / 1e6)
  return ran === undefined || waited === undefined || !(ran > 0) ? undefined : { ran, waited }
}
