import type { FastifyReply } from 'fastify'
import type { Fault, Problem } from '../contract/problem.ts'
import { clip } from './forms.ts'

const problemType = 'application/problem+json; charset=utf-8'

interface Extras {
  readonly allowed?: readonly string[]
  readonly faults?: readonly Fault[]
  /** Seconds after which the same request may succeed. */
  readonly retryAfter?: number
}

/** Answers with a problem as RFC 9457 has it. */
export function refuse(
  reply: FastifyReply,
  status: number,
  title: string,
  detail: string,
  extras: Extras = {},
) {
  const { retryAfter, ...members } = extras
  if (retryAfter !== undefined) reply.header('retry-after', String(Math.max(1, Math.ceil(retryAfter))))
  const problem: Problem = { type: 'about:blank', title, status, detail: clip(detail), ...members }
  return reply
    .code(status)
    .header('content-type', problemType)
    .header('cache-control', 'no-store')
    .send(JSON.stringify(problem))
}

/** 404 for an id that is not in the list, with the list. */
export function unknownId(reply: FastifyReply, what: string, id: string, allowed: readonly string[]) {
  return refuse(reply, 404, `No such ${what}`, `There is no ${what} "${id}".`, { allowed })
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
  return refuse(reply, 400, 'Invalid request', inWords(faults), { faults })
}

/** 503 while nothing has been evaluated. */
export function notEvaluated(reply: FastifyReply) {
  return refuse(reply, 503, 'No evaluation yet', 'The first round of looks has not been judged yet.', {
    retryAfter: 1,
  })
}
