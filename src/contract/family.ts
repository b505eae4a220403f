export type MetricType = 'gauge' | 'counter' | 'summary'

/** One metric family of Prometheus: what is exposed under one name. */
export interface Family {
  readonly name: string
  readonly help: string
  readonly type: MetricType
  readonly labels: readonly string[]
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
