/** Prometheus' HTTP API, as far as tests and plots ask it. Times are seconds since the epoch. */

export type Labels = Readonly<Record<string, string>>

/** One sample of an instant query; a scalar is a sample without labels. */
export type InstantSample = { readonly labels: Labels; readonly at: number; readonly value: number }

export type RangeSeries = {
  readonly labels: Labels
  /** Time and value; where there is no sample there is no point. */
  readonly points: readonly (readonly [number, number])[]
}

export type TimeRange = { readonly start: number; readonly end: number; readonly step: number }

/** An active alert as Prometheus itself holds it. */
export type ActiveAlert = {
  readonly labels: Labels
  readonly annotations: Labels
  readonly state: 'pending' | 'firing'
  readonly activeAt: string
  readonly value: string
}

export type LoadedRule = {
  readonly name: string
  readonly query: string
  readonly type: 'alerting' | 'recording'
  /** `ok`, `err` or `unknown`, which it is until its first evaluation. */
  readonly health: string
  readonly lastError?: string
  /** Of an alerting rule: `inactive`, `pending` or `firing`. */
  readonly state?: string
}

export type RuleGroup = {
  readonly name: string
  readonly file: string
  readonly rules: readonly LoadedRule[]
}

export type PrometheusApi = {
  /** Rejects with Prometheus' own words when the query is wrong. */
  query(promql: string, time?: number): Promise<readonly InstantSample[]>
  queryRange(promql: string, range: TimeRange): Promise<readonly RangeSeries[]>
  /** Label sets of the series that the selector finds in all of the database. */
  series(selector: string): Promise<readonly Labels[]>
  rules(): Promise<readonly RuleGroup[]>
  alerts(): Promise<readonly ActiveAlert[]>
}

type Vector = { readonly metric: Labels; readonly value: readonly [number, string] }
type Matrix = { readonly metric: Labels; readonly values: readonly (readonly [number, string])[] }
type Answer =
  | { readonly resultType: 'vector'; readonly result: readonly Vector[] }
  | { readonly resultType: 'scalar'; readonly result: readonly [number, string] }
  | { readonly resultType: 'matrix'; readonly result: readonly Matrix[] }

/** Asks the Prometheus at this address. */
export function prometheusApi(url: string): PrometheusApi {
  async function ask<T>(path: string, parameters: Readonly<Record<string, string>> = {}): Promise<T> {
    const post = Object.keys(parameters).length > 0
    const response = await fetch(`${url}/api/v1/${path}`, {
      ...(post && { method: 'POST', body: new URLSearchParams(parameters) }),
      signal: AbortSignal.timeout(30_000),
    })
    const body = (await response.json()) as { status: string; error?: string; data: T }
    if (body.status !== 'success')
      throw new Error(`prometheus: ${body.error}: ${parameters['query'] ?? path}`)
    return body.data
  }

  return {
    async query(promql, time) {
      const at = time === undefined ? {} : { time: String(time) }
      return samplesOf(await ask<Answer>('query', { query: promql, ...at }), promql)
    },
    async queryRange(promql, { start, end, step }) {
      const range = { start: String(start), end: String(end), step: String(step) }
      const { result } = await ask<{ result: readonly Matrix[] }>('query_range', { query: promql, ...range })
      return result.map(({ metric, values }) => ({
        labels: metric,
        points: values.map(([at, value]) => [at, parseValue(value)] as const),
      }))
    },
    series: (selector) => ask<readonly Labels[]>('series', { 'match[]': selector, start: '0' }),
    rules: async () => (await ask<{ groups: readonly RuleGroup[] }>('rules')).groups,
    alerts: async () => (await ask<{ alerts: readonly ActiveAlert[] }>('alerts')).alerts,
  }
}

function samplesOf(answer: Answer, promql: string): readonly InstantSample[] {
  switch (answer.resultType) {
    case 'scalar':
      return [{ labels: {}, at: answer.result[0], value: parseValue(answer.result[1]) }]
    case 'vector':
      return answer.result.map(({ metric, value }) => ({
        labels: metric,
        at: value[0],
        value: parseValue(value[1]),
      }))
    case 'matrix':
      throw new Error(`an instant query of a range: ${promql}`)
  }
}

/** Prometheus writes `+Inf`, which `Number` does not read. */
function parseValue(text: string): number {
  return text.endsWith('Inf') ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text)
}
