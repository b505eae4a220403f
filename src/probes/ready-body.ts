import { isReadinessCode } from '../rules/readiness-reasons.ts'
import type { HttpAnswer } from '../connections/http.ts'
import type { Unavailable } from '../core/observation.ts'
import { plain } from '../core/text.ts'
import { isPage, pageUnavailable, statusUnavailable } from './http-status.ts'

/** What `/ready` proved. `detail` is `ready`, the code of a reason, or `other: ` and the text that was sent. */
export interface Readiness {
  readonly ready: 0 | 1
  readonly detail: string
}

/** Longest piece of an unknown reason that is kept. */
const OTHER_LIMIT = 100

/**
 * What an answer of `/ready` proves, or why it proves nothing. Only 200 with a body that says ready is ready, and
 * only 503 with a body that says otherwise, or 500, is not ready; anything else did not come from the readiness
 * check.
 * @param subject what was asked, for messages: `/ready of api/api-1`
 */
export function readinessOf(answer: HttpAnswer, subject: string): Readiness | Unavailable {
  const { status } = answer
  // What the Node services answer while Redis is down, instead of the 503 of their readiness check (T33).
  if (status === 500) return { ready: 0, detail: 'internal_error' }
  if (status !== 200 && status !== 503) return statusUnavailable(status, subject)
  if (isPage(answer)) return pageUnavailable(subject)
  const body = parse(answer.body)
  if (body === undefined)
    return malformed('invalid_json', `${subject} answers with something other than JSON`)
  const claims = claimsOf(body)
  if (claims.length === 0)
    return malformed('readiness_not_stated', `${subject} does not say whether it is ready`)
  if (status === 200)
    return claims.includes(false) || complaintOf(body) !== undefined
      ? contradiction(`${subject} answers 200, and its body says that it is not ready`)
      : { ready: 1, detail: 'ready' }
  return claims.includes(true)
    ? contradiction(`${subject} answers 503, and its body says that it is ready`)
    : { ready: 0, detail: reasonOf(body) }
}

type Body = Readonly<Record<string, unknown>>

function parse(text: string): Body | undefined {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Body) : undefined
  } catch {
    return undefined
  }
}

/**
 * Everything in the body that speaks for (true) or against (false) readiness. Node services say `ok`, Go services
 * `ok` and `ready`, Audit `ready` alone when it is, Web `status`.
 */
function claimsOf(body: Body): readonly boolean[] {
  const claims: boolean[] = []
  for (const key of ['ok', 'ready']) if (typeof body[key] === 'boolean') claims.push(body[key])
  if (body['status'] === 'ready') claims.push(true)
  else if (body['status'] === 'draining' || body['status'] === 'unavailable') claims.push(false)
  if (body['draining'] === true) claims.push(false)
  return claims
}

/** What an answer complains of: Go services give a reason, Node services an error. */
function complaintOf(body: Body): string | undefined {
  return [body['reason'], body['error']].find(
    (value): value is string => typeof value === 'string' && value !== '',
  )
}

function reasonOf(body: Body): string {
  if (body['draining'] === true || body['status'] === 'draining') return 'draining'
  const text = complaintOf(body) ?? body['status']
  if (typeof text !== 'string' || text === '') return 'other: no reason given'
  return isReadinessCode(text) ? text : `other: ${plain(text, OTHER_LIMIT)}`
}

function malformed(reason: string, message: string): Unavailable {
  return { unknownReason: 'malformed', reason, message }
}

function contradiction(message: string): Unavailable {
  return { unknownReason: 'contradictory', reason: 'contradictory', message }
}
