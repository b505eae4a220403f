import type { apiVersion, Threshold } from './document.ts'
import type { Unit } from './states.ts'

/** The beginning of an interval in seconds since the epoch, and the worst value in it; null when nothing was known. */
export type TrendPoint = readonly [epochSeconds: number, value: number | null]

export interface TrendSeries {
  /** Path in the document: `stop-conditions/x` or `gates/x/checks/y`. One that judges by two units has two series. */
  readonly ref: string
  readonly title: string
  readonly unit: Unit
  readonly threshold: Threshold | null
  readonly points: readonly TrendPoint[]
}

/** The answer of `GET /trends`: what checks and stop conditions judged by, over time. */
export interface Trends {
  readonly apiVersion: typeof apiVersion
  readonly kind: 'Trends'
  readonly intervalSeconds: number
  readonly series: readonly TrendSeries[]
}
