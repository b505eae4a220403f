import type { HttpAnswer } from '../connections/http.ts'
import { HttpFailure } from '../connections/http-exchange.ts'
import type { Unavailable, Target } from '../core/observation.ts'
import { ProbeError } from './probe.ts'
import { replicaAt, type Discovery, type Replica } from './replicas.ts'
import { reasonsOf } from './declaration.ts'
import { httpReasons } from './reasons.ts'

const why = reasonsOf(httpReasons)

/**
 * Why an answer of this status says nothing about the replica.
 * @param subject what was asked, as the beginning of a sentence: `/ready of api/api-1`
 */
export function statusUnavailable(status: number, subject: string): Unavailable {
  if (status === 429)
    return why(
      'throttled',
      'rate_limited',
      `${subject} answers 429: this address asks too often, or shares it with others who do`,
    )
  if (status === 401 || status === 403)
    return why('unauthorized', status === 401 ? 'unauthorized' : 'forbidden', `${subject} answers ${status}`)
  if (status >= 300 && status < 400)
    return why(
      'malformed',
      'redirected',
      `${subject} redirects (${status}), which is not followed: is this the service's own address?`,
    )
  if (status === 404)
    return why('malformed', 'not_found', `${subject} answers 404: is this the service's own address?`)
  return why('malformed', 'unexpected_status', `${subject} answers with status ${status}`)
}

/** Whether an answer is a web page, whatever its status says: a proxy or another program stands there. */
export function isPage({ contentType, body }: HttpAnswer): boolean {
  return /^text\/html\b/i.test(contentType) || /^\s*</.test(body.slice(0, 64))
}

export function pageUnavailable(subject: string): Unavailable {
  return why(
    'malformed',
    'html',
    `${subject} answers with a web page: another program, or a proxy, answers at this address`,
  )
}

/** What a request threw, as the reason why `subject` cannot be seen; a fault of ours goes on as it is. */
export function whyUnavailable(fault: unknown, subject: string): unknown {
  if (!(fault instanceof HttpFailure)) return fault
  const { unknownReason, reason, message } = fault
  return new ProbeError(
    { unknownReason, reason, message: `${subject} cannot be had: ${message}` },
    { cause: fault },
  )
}

/** @throws ProbeError when the replica was taken off the list since the look was planned */
export function replicaOf(discovery: Discovery, target: Target): Replica {
  const replica = replicaAt(discovery, target)
  if (replica !== undefined) return replica
  throw new ProbeError(why('unreachable', 'target_gone', `${target.id} is not among the replicas any more`))
}

/** The exact path below a replica's base URL: Gateway proxies other paths, Web answers them with a page (T42, T43). */
export function urlOf(replica: Replica, path: '/ready' | '/metrics' | '/health'): string {
  return `${replica.url.replace(/\/+$/, '')}${path}`
}
