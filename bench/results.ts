import type { Cost } from './cost.ts'
import type { Plan } from './explain.ts'
import type { Latency } from './latency.ts'
import type { PlatformWork } from './processor-time.ts'
import type { Load } from './serving.ts'
import type { Summary } from './statistics.ts'

export type Running = {
  readonly variant: string
  readonly cadence: 'brisk' | 'quiet'
  readonly cpu: number
  readonly resident: number
}

export type Serving = {
  readonly gates: Load
  readonly waiting: number
  readonly gatesWhileWaiting: Summary
  readonly metricsWhileWaiting: Summary
  /** Every connection busy, so that requests queue. */
  readonly saturated: Summary
  readonly residentAfter: number
}

/** All that one run measured. */
export type Results = {
  readonly repetitions: number
  readonly rows: number
  readonly latencies: readonly Latency[]
  readonly brisk: Cost
  readonly quiet: Cost
  /** Milliseconds of a second that Redis works: for the platform alone, and with one daemon that is brisk. */
  readonly redisTime: { readonly without: number; readonly withBrisk: number }
  /** What the stores of the platform do: for the platform alone, beside one brisk daemon, and beside the quiet ones. */
  readonly work: { readonly idle: PlatformWork; readonly brisk: PlatformWork; readonly quiet: PlatformWork }
  readonly quietDaemons: number
  readonly running: readonly Running[]
  readonly serving: Serving
  readonly plans: readonly Plan[]
  /** Share of the machine's processors in use while the platform ran without a daemon. */
  readonly loadBefore: number
}
