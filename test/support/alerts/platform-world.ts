import type { Case, Series } from './world.ts'

export const place = { cluster: 'west', namespace: 'prod' }
export const elsewhere = { cluster: 'west', namespace: 'test' }

export function of(metric: string, labels: Readonly<Record<string, string>>, values: string): Series {
  const written = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  return { series: `${metric}{${written.join(', ')}}`, values }
}

export function pod(n: number, where = place) {
  return { ...where, job: 'caracal-caracal-any', instance: `10.1.0.${n}:80` }
}

export function page(stop: string, component: string, more: Readonly<Record<string, string>> = {}) {
  return {
    severity: 'critical',
    component,
    stop_condition: stop,
    release_namespace: 'prod',
    ...place,
    ...more,
  }
}

/** The samples that tell when it holds: from 1 min until 10 min. */
export const inBetween = (low: string, high: string) => `${low}x3 ${high}x35 ${low}x200`

/** Comes `after` the expression holds at 1 min, and stays five minutes longer than it does. */
export function comesAndGoes(
  labels: Readonly<Record<string, string>>,
  before: string,
  comes: string,
): Case['told'] {
  return [
    { at: before, firing: [] },
    { at: comes, firing: [labels] },
    { at: '14m45s', firing: [labels] },
    { at: '15m', firing: [] },
  ]
}

export function never(story: string, series: readonly Series[]): Case {
  return { story, series, told: ['1m', '4m', '8m', '20m'].map((at) => ({ at, firing: [] })) }
}
