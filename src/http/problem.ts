import type { FastifyReply } from 'fastify'
import type { Fault, Problem } from '../contract/problem.ts'
import { problems, problemType, type ProblemCode } from '../contract/wire.ts'
import { clip } from './forms.ts'

interface Extras {
  readonly allowed?: readonly string[]
  readonly faults?: readonly Fault[]
  /** Seconds after which the same request may succeed. */
  readonly retryAfter?: number
  /** Another status than that of the problem, where the framework refuses. */
  readonly status?: number
}

/** Answers with a problem in the form of RFC 9457. */
export function refuse(reply: FastifyReply, code: ProblemCode, detail: string, extras: Extras = {}) {
  const { title, status: usual } = problems[code]
  const { retryAfter, status = usual, ...members } = extras
  if (retryAfter !== undefined) reply.header('retry-after', String(Math.max(1, Math.ceil(retryAfter))))
  const problem: Problem = { type: problemType(code), title, status, detail: clip(detail), ...members }
  return reply
    .code(status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .header('cache-control', 'no-store')
    .send(JSON.stringify(problem))
}

/** Refuses a request that the framework does not take, with the framework's own status. */
export function refuseRequest(reply: FastifyReply, status: number, detail: string) {
  if (status === 413) return refuse(reply, 'body-too-large', detail)
  if (status === 415) return refuse(reply, 'unsupported-media-type', detail)
  return refuse(reply, 'invalid-request', detail, { status })
}

const named = {
  gate: 'no-such-gate',
  'stop condition': 'no-such-stop-condition',
  check: 'no-such-check',
  rollout: 'no-such-rollout',
  probe: 'no-such-probe',
  recording: 'no-such-recording',
  'page of the runbook': 'no-such-runbook-page',
} as const satisfies Record<string, ProblemCode>
/** What an id in a request may be of. */
export type Named = keyof typeof named

/** 404 for an id that is not in the list, with the list. */
export function unknownId(reply: FastifyReply, what: Named, id: string, allowed: readonly string[]) {
  return refuse(reply, named[what], `There is no ${what} "${id}".`, { allowed })
}

/** What is wrong with a query or body, in a sentence. */
export function inWords(faults: readonly Fault[]): string {
  const [first] = faults
  if (first === undefined) return 'The request is not valid.'
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''
  return `${first.parameter} is "${first.value}"; allowed: ${first.allowed}${more}`
}

/** 400 for a query or body, naming every fault. */
export function faulty(reply: FastifyReply, faults: readonly Fault[]) {
  return refuse(reply, 'invalid-request', inWords(faults), { faults })
}

/** 503 while nothing has been evaluated. */
export function notEvaluated(reply: FastifyReply) {
  return refuse(reply, 'not-evaluated', 'The first probe attempts are not evaluated yet.', { retryAfter: 1 })
}
