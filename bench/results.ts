import type { Cost } from './cost.ts'
import type { Plan } from './explain.ts'
import type { Grown } from './growth.ts'
import type { Latency } from './latency.ts'
import type { PeerResults } from './peer-latency.ts'
import type { PlatformWork } from './processor-time.ts'
import type { Serving } from './serving.ts'
import type { Memory } from './usage.ts'

export type Running = Memory & {
  readonly variant: string
  readonly cadence: 'brisk' | 'quiet'
  readonly cpu: number
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
  /** The first is the way that all else was measured with. */
  readonly running: readonly Running[]
  readonly serving: Serving
  readonly growth: readonly Grown[]
  /** How many times what it costs at 12 replicas an evaluation costs at 500, when one replica has news. */
  readonly evaluationRatio: number
  /** Only where it was asked for. */
  readonly peers?: PeerResults
  readonly plans: readonly Plan[]
  /** Share of the machine's processors in use while the platform ran without a daemon. */
  readonly loadBefore: number
}
