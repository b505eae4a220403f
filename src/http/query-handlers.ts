import type { FastifyReply } from 'fastify'
import { viewOf, type Answer, type View } from './answers.ts'
import type { Verdict } from '../core/verdict.ts'
import { verdictHeaders } from './gate-handlers.ts'
import { jsonType, type Handler, type Parts } from './handling.ts'
import type { OperationId } from './operations.ts'
import { notEvaluated } from './problem.ts'
import type { QueryAnswer, QueryError, QueryMetric } from '../contract/query.ts'
import { readQuery, type Selector } from './query-selector.ts'

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
  return [summary, ...own.map(({ message }) => message).filter((message) => !summary.includes(message))]
}
