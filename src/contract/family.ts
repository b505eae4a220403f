export type MetricType = 'gauge' | 'counter' | 'summary' | 'histogram'

/** One metric family of Prometheus: what is exposed under one name. */
export interface Family {
  readonly name: string
  readonly help: string
  readonly type: MetricType
  readonly labels: readonly string[]
}

/** A family of distributions; every bound is a series for each set of labels, so there are few. */
export interface HistogramFamily extends Family {
  readonly type: 'histogram'
  /** Upper bounds in the unit of the name, ascending. */
  readonly buckets: readonly number[]
}

export function gauge(name: string, help: string, ...labels: string[]): Family {
  return { name, help, type: 'gauge', labels }
}
export function counter(name: string, help: string, ...labels: string[]): Family {
  return { name, help, type: 'counter', labels }
}
export function summary(name: string, help: string, ...labels: string[]): Family {
  return { name, help, type: 'summary', labels }
}
export function histogram(
  name: string,
  help: string,
  buckets: readonly number[],
  ...labels: string[]
): HistogramFamily {
  return { name, help, type: 'histogram', labels, buckets }
}
