import type { FastifyReply } from 'fastify'
import { type Demands, isFaulty, questioning, readParameters } from '../contract/parameters.ts'
import { type QueryAnswer, type QueryError, type QueryMetric, queryMetrics } from '../contract/query.ts'
import { type Instant, MINUTE, type Millis } from '../core/time.ts'
import type { Verdict } from '../core/verdict.ts'
import { type Answer, type View, viewOf } from './answers.ts'
import { clip } from './forms.ts'
import { verdictHeaders } from './gate-handlers.ts'
import { type Handler, type Parts, jsonType } from './handling.ts'
import type { OperationId } from './operations.ts'
import { inWords, notEvaluated } from './problem.ts'
import { holdBecause } from './strict.ts'

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

/** The labels between the braces, or undefined when there is anything else. */
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

/**
 * The verdict as a Prometheus would tell it, for clients that read nothing else safely: Argo Rollouts takes a web page
 * for success where it asks for JSON, and for an error where it asks a Prometheus.
 */
export function queryHandlers(parts: Parts): Pick<Record<OperationId, Handler>, 'query' | 'queryByGet'> {
  return {
    query: (request, reply) => {
      const answer = parts.book.current()
      if (answer === undefined) return void notEvaluated(reply)
      if (request.raw.url?.includes('?') === true)
        return refuseQuery(reply, 'the path has parameters; allowed: the fields of the form alone')
      const now = parts.context.clock.now()
      const selector = readQuery(typeof request.body === 'string' ? request.body : '', now)
      if (typeof selector === 'string') return refuseQuery(reply, selector)
      const view = viewOf(answer, selector.demands, now)
      const document = sampleOf(selector, view, answer, now > answer.expiresAt)
      void verdictHeaders(reply, view)
        .code(200)
        .header('content-type', jsonType)
        .send(JSON.stringify(document))
    },
    // Never 405 or 501: Prometheus' clients ask again by GET then.
    queryByGet: (_request, reply) =>
      refuseQuery(reply, 'only POST is answered, as what answers a GET may come out of a cache'),
  }
}

function refuseQuery(reply: FastifyReply, error: string): void {
  const document: QueryError = { status: 'error', errorType: 'bad_data', error }
  void reply
    .code(400)
    .header('content-type', jsonType)
    .header('cache-control', 'no-store')
    .send(JSON.stringify(document))
}

function sampleOf({ metric, labels }: Selector, view: View, answer: Answer, expired: boolean): QueryAnswer {
  const { report } = view
  // What stops another rollout, or stopped before the daemon came to a halt, rolls nothing back.
  const verdict = view.verdict === 'stop' && (report.superseded || expired) ? 'hold' : view.verdict
  const value = valueOf(metric, verdict, answer)
  const result = [
    { metric: { __name__: metric, ...labels }, value: [Date.parse(report.evaluatedAt) / 1_000, value] },
  ] satisfies QueryAnswer['data']['result']
  return {
    status: 'success',
    data: { resultType: 'vector', result },
    ...(verdict !== 'proceed' && { warnings: reasonsOf(view) }),
  }
}

function valueOf(metric: QueryMetric, verdict: Verdict, { expiresAt }: Answer): string {
  switch (metric) {
    case 'caracal_gate_verdict':
      return { proceed: '1', hold: '0', stop: '2' }[verdict]
    case 'caracal_gate_proceed_until_timestamp_seconds':
      return { proceed: (expiresAt / 1_000).toFixed(3), hold: '0', stop: '-1' }[verdict]
  }
}

/** The summary, and what the request itself does not meet where the summary is about something else. */
function reasonsOf({ report: { summary, blocking } }: View): string[] {
  const own = blocking.filter(({ ref }) => ref.startsWith('request/') || ref === 'evaluator/expired')
  return [summary, ...own.filter((one) => holdBecause(one) !== summary).map(({ message }) => message)]
}
