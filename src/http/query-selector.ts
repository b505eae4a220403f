import { MINUTE, type Instant, type Millis } from '../core/time.ts'
import { clip } from './forms.ts'
import { queryMetrics, type QueryMetric } from '../contract/query.ts'
import { isFaulty, questioning, readParameters, type Demands } from '../contract/parameters.ts'
import { inWords } from './problem.ts'

/** A question that was understood. */
export interface Selector {
  readonly metric: QueryMetric
  /** As they were asked; they come back with the sample. */
  readonly labels: Readonly<Record<string, string>>
  /** They always name a rollout. */
  readonly demands: Demands
}

/** Longest query: more than a client needs that names twenty images by digest. */
const longestQuery = 8_192
/** The `lookback delta` of Prometheus: for so long a value is current there. */
const furthestTime: Millis = 5 * MINUTE
const fields = ['query', 'time', 'timeout', 'limit', 'lookback_delta', 'stats']
const example = `${queryMetrics[0]}{rollout="caracal/48"}`

/** Reads the form of a query at `now`; a text says what is wrong with it and what is allowed. */
export function readQuery(form: string, now: Instant): Selector | string {
  const given = new URLSearchParams(form)
  const unknown = [...given.keys()].find((name) => !fields.includes(name))
  if (unknown !== undefined) return `"${clip(unknown)}" is no field of a query; allowed: ${fields.join(', ')}`
  const twice = fields.find((name) => given.getAll(name).length > 1)
  if (twice !== undefined) return `${twice} is given more than once`
  return timeFault(given.get('time'), now) ?? readSelector(given.get('query') ?? '')
}

/** The past is not kept, and a client whose clock is wrong could not tell old answers from new ones. */
function timeFault(text: string | null, now: Instant): string | undefined {
  if (text === null) return undefined
  const time = /^\d{1,12}(\.\d*)?$/.test(text) ? Number(text) * 1_000 : Date.parse(text)
  if (Math.abs(time - now) <= furthestTime) return undefined
  const current = new Date(now).toISOString()
  return `time is "${clip(text)}"; allowed: within 5 minutes of the exporter's clock, which says ${current}`
}

/** Reads a selector such as `caracal_gate_verdict{rollout="caracal/48",steady="5m"}`. */
function readSelector(query: string): Selector | string {
  const [, name, inner = ''] = /^(\w+)\s*\{([^]*)\}$/.exec(query.trim()) ?? []
  const metric = queryMetrics.find((known) => known === name)
  const pairs = metric !== undefined && query.length <= longestQuery ? labelsIn(inner) : undefined
  if (metric === undefined || pairs === undefined)
    return `query is "${clip(query)}"; allowed: ${queryMetrics.join(' or ')} with labels that equal, such as ${example}`
  const labels = Object.fromEntries(pairs)
  if (Object.keys(labels).length < pairs.length) return 'the query has a label more than once'
  const { nonce, ...demanded } = labels
  if (nonce !== undefined && !/^[\w-]{1,64}$/.test(nonce))
    return `nonce is "${clip(nonce)}"; allowed: 1 to 64 letters, digits, - or _`
  const parameters = readParameters(demanded, questioning)
  if (isFaulty(parameters)) return `label ${inWords(parameters)}`
  if (parameters.demands.rollout === undefined) return `the query names no rollout; allowed: ${example}`
  return { metric, labels, demands: parameters.demands }
}

/** The labels between the braces, or undefined when anything else stands there. */
function labelsIn(inner: string): readonly (readonly [name: string, value: string])[] | undefined {
  const labels: [string, string][] = []
  const label = /\s*([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\\n]|\\["\\])*)"\s*(?:,|$)/y
  while (inner.slice(label.lastIndex).trim() !== '') {
    const [, name, value = ''] = label.exec(inner) ?? []
    if (name === undefined) return undefined
    labels.push([name, value.replaceAll(/\\(.)/g, '$1')])
  }
  return labels
}
