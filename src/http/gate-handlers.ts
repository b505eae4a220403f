import type { FastifyReply, FastifyRequest } from 'fastify'
import { bodyOf, envelope, envelopeOf, viewOf, type Answer, type View } from './answers.ts'
import type { GateDocument, StopConditionDocument, StopConditionList } from '../contract/document.ts'
import { jsonType, pathParameter, type Handler, type Parts } from './handling.ts'
import { parametersOf, type OperationId } from './operations.ts'
import { isFaulty, readParameters, type Parameters } from '../contract/parameters.ts'
import { faulty, notEvaluated, refuse, unknownId, type Named } from './problem.ts'
import { seenTag, waitForChange } from './waiting.ts'

type VerdictRoute = 'gates' | 'proceed' | 'stop'
type GateRoute = VerdictRoute | 'gate' | 'stopConditions' | 'stopCondition'

/** The routes that tell the verdict, and parts of the document. */
export function gateHandlers(parts: Parts): Pick<Record<OperationId, Handler>, GateRoute> {
  return {
    gates: verdictHandler(parts, 'gates'),
    proceed: verdictHandler(parts, 'proceed'),
    stop: verdictHandler(parts, 'stop'),
    gate: partHandler(parts, 'gate', ({ report }, id) => {
      const gate = report.gates.find((candidate) => candidate.id === id)
      const document: GateDocument | undefined = gate && { ...envelope(report), kind: 'Gate', gate }
      return document ?? report.gates.map((candidate) => candidate.id)
    }),
    stopConditions: partHandler(parts, 'stop condition', ({ report }): StopConditionList => {
      const { stopConditions } = report
      return { ...envelope(report), kind: 'StopConditionList', stopConditions }
    }),
    stopCondition: partHandler(parts, 'stop condition', ({ report }, id) => {
      const stopCondition = report.stopConditions.find((candidate) => candidate.id === id)
      const document: StopConditionDocument | undefined = stopCondition && {
        ...envelope(report),
        kind: 'StopCondition',
        stopCondition,
      }
      return document ?? report.stopConditions.map((candidate) => candidate.id)
    }),
  }
}

function verdictHandler(parts: Parts, route: VerdictRoute): Handler {
  const names = parametersOf(route)
  return (request, reply) => {
    const answer = parts.book.current()
    if (answer === undefined) return void notEvaluated(reply)
    const parameters = readParameters(request.query as Readonly<Record<string, unknown>>, names)
    if (isFaulty(parameters)) return void faulty(reply, parameters)
    if (parameters.wait === undefined) return answerVerdict(parts, route, request, reply, parameters, answer)
    const ending = waitForChange(parts, request, reply, parameters, answer)
    if (ending === undefined) {
      parts.context.instruments.refused('waiters')
      return void refuse(reply, 'too-many-waiting', 'The limit of clients that wait is reached.', {
        retryAfter: 5,
      })
    }
    return ending.then(() =>
      answerVerdict(parts, route, request, reply, parameters, parts.book.current() ?? answer),
    )
  }
}

function answerVerdict(
  parts: Parts,
  route: VerdictRoute,
  request: FastifyRequest,
  reply: FastifyReply,
  parameters: Parameters,
  answer: Answer,
): void {
  const now = parts.context.clock.now()
  const view = viewOf(answer, parameters.demands, now)
  // Only here: on the other routes the status is the verdict, and a 304 would pass for leave to go on.
  if (route === 'gates' && request.method !== 'POST' && seenTag(request, view.etag))
    return void verdictHeaders(reply, view).code(304).send()
  const status = statusOf(route, view, parameters, now > answer.expiresAt)
  if (status === 503) {
    const interval = (answer.expiresAt - answer.snapshot.at) / 3_000
    reply.header('retry-after', String(Math.max(1, Math.ceil(interval))))
  }
  const body = parameters.document === 'envelope' ? bodyOf(envelopeOf(view.report)) : view.body
  void verdictHeaders(reply, view).code(status).header('content-type', jsonType).send(body)
}

function statusOf(route: VerdictRoute, view: View, parameters: Parameters, expired: boolean): number {
  switch (route) {
    case 'gates':
      return 200
    case 'stop':
      // A hook behind this rolls back: nothing but a breach that was seen in this rollout may do that.
      return view.report.stopConditions.some((stop) => stop.speaksForRollback) &&
        !view.report.superseded &&
        !expired
        ? 200
        : 412
    case 'proceed':
      switch (view.verdict) {
        case 'proceed':
          return 200
        case 'hold':
          return parameters.hold ?? 412
        case 'stop':
          return 409
      }
  }
}

/** What every answer about the verdict says in its headers. */
export function verdictHeaders(reply: FastifyReply, { report, verdict, etag }: View): FastifyReply {
  return (
    reply
      .header('etag', etag)
      // Not even kept for revalidation: a cache may serve what it keeps while the exporter does not answer.
      .header('cache-control', 'no-store')
      .header('x-caracal-verdict', verdict)
      .header('caracal-evaluated-at', report.evaluatedAt)
      .header('caracal-expires-at', report.expiresAt)
  )
}

/** Answers with the part that `pick` finds, or 404 with the ids that it offers instead. */
function partHandler(
  parts: Parts,
  what: Named,
  pick: (view: View, id: string) => object | readonly string[],
): Handler {
  return (request, reply) => {
    const answer = parts.book.current()
    if (answer === undefined) return void notEvaluated(reply)
    const parameters = readParameters(request.query as Readonly<Record<string, unknown>>, [])
    if (isFaulty(parameters)) return void faulty(reply, parameters)
    const view = viewOf(answer, {}, parts.context.clock.now())
    const id = pathParameter(request, what === 'gate' ? 'gate' : 'id')
    const part = pick(view, id)
    if (Array.isArray(part)) return void unknownId(reply, what, id, part)
    if (seenTag(request, view.etag)) return void verdictHeaders(reply, view).code(304).send()
    void verdictHeaders(reply, view).code(200).header('content-type', jsonType).send(bodyOf(part))
  }
}
