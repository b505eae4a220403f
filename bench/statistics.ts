/** Median, 99th percentile (nearest rank) and worst of a sample, in the sample's unit. */
export type Summary = {
  readonly count: number
  readonly median: number
  readonly p99: number
  readonly worst: number
}

/** @throws when the sample is empty: a number that was not measured is not shown */
export function summarise(sample: readonly number[]): Summary {
  const sorted = sample.toSorted((a, b) => a - b)
  const worst = sorted.at(-1)
  if (worst === undefined) throw new RangeError('nothing was measured')
  const rank = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? worst
  return { count: sorted.length, median: rank(0.5), p99: rank(0.99), worst }
}

/** Milliseconds of a clock that all processes of the machine share and that is never set. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** Three digits that matter: 0.42, 4.2, 42, 420. */
export function short(value: number): string {
  const size = Math.abs(value)
  if (size >= 100) return Math.round(value).toLocaleString('en-US')
  return value.toFixed(size >= 10 ? 0 : size >= 1 ? 1 : 2)
}
