import { goError, text } from './http.ts'
import type { Answer, Request } from './http.ts'

export type Family = readonly [name: string, type: 'counter' | 'gauge', value: number]

/** Text of metric families without labels, as the Go services write it: HELP and TYPE before each sample. */
export function exposition(families: readonly Family[]): string {
  return families.map(([name, type, value]) => family(name, type, [['', value]])).join('')
}

/** One family; each sample is a label set in braces (or nothing) and its value. */
export function family(
  name: string,
  type: 'counter' | 'gauge',
  samples: readonly (readonly [labels: string, value: number])[],
): string {
  const lines = samples.map(([labels, value]) => `${name}${labels} ${value}\n`).join('')
  return `# HELP ${name} ${helpOf(name)}\n# TYPE ${name} ${type}\n${lines}`
}

function helpOf(name: string): string {
  return name.replace(/^caracal_/, '').replaceAll('_', ' ')
}

/** The comparison of the platform: exact, on the whole header. */
export function bearerMatches(request: Request, bearer: string): boolean {
  return request.authorization === `Bearer ${bearer}`
}

/** `/metrics` and `/metrics.json` of the Go services; undefined for any other path. */
export function goMetrics(
  request: Request,
  bearer: string,
  prefix: string,
  families: () => readonly Family[],
): Answer | undefined {
  if (request.path !== '/metrics' && request.path !== '/metrics.json') return undefined
  if (!bearerMatches(request, bearer)) return goError(401, 'unauthorized')
  const values = families()
  if (request.path === '/metrics') {
    return text(200, exposition(values), 'text/plain; version=0.0.4; charset=utf-8')
  }
  const entries = values.map(([name, , value]) => [name.replace(prefix, '').replace(/_total$/, ''), value])
  return { status: 200, type: 'application/json', body: JSON.stringify(Object.fromEntries(entries)) }
}

/** The log counters that both Node services append. */
export function logMetrics(emitted: number): string {
  return exposition([
    ['caracal_log_emitted_total', 'counter', emitted],
    ['caracal_log_dropped_total', 'counter', 0],
    ['caracal_log_sampled_total', 'counter', 0],
  ])
}
