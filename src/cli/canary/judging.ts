import { inSeconds, inWords, isSaid, refusalOf, type Refusal, type Said } from './asking.ts'
import type { Attempt } from './entries.ts'
import { found, passed, type Finding } from './reasons.ts'

/** Clocks that differ by more make tokens expire early or begin late. */
const mostSkew = 30_000

/** What STS said to a request that it must allow; the token of one that it did. */
export function judgeExchange(answer: Said | Finding): Finding & { readonly token?: string } {
  if (!isSaid(answer)) return answer
  const token = answer.status === 200 ? tokenIn(answer.body) : undefined
  if (token !== undefined) return { ...passed('the exchange was allowed'), token }
  return refused(answer)
}

function tokenIn(body: string): string | undefined {
  const value = jsonOf(body)
  const token =
    typeof value === 'object' && value !== null && 'access_token' in value ? value.access_token : undefined
  return typeof token === 'string' && /^[\x21-\x7e]{1,8192}$/.test(token) ? token : undefined
}

/** What a replica said to a request that it must deny for this reason. */
export function judgeDenial(answer: Said | Finding, expected: string, wasAllowed: boolean): Finding {
  if (!isSaid(answer)) return answer
  if (wasAllowed)
    return found('not_denied', `it was allowed (${answer.status}), and must be denied: ${expected}`)
  const refusal = refusalOf(answer)
  if (refusal?.reason === expected) return passed(`it was denied: ${expected}`)
  if (refusal === undefined || isBroken(answer, refusal)) return refused(answer)
  return found('denied_otherwise', `denied, but not by ${expected}: ${inWords(answer, refusal)}`)
}

/** The request was not judged at all, or by no policy. */
function isBroken({ status }: Said, { reason, says }: Refusal): boolean {
  return status >= 500 || status === 429 || (byWords[reason] ?? byWords[says]) !== undefined
}

/** What a Gateway said to a call that must reach the upstream. Only what was let through has the lifetime of the token. */
export function judgeCall(answer: Said | Finding): Finding {
  if (!isSaid(answer)) return answer
  if (!wasLetThrough(answer)) return refused(answer)
  const { status } = answer
  if (status < 400) return passed(`the call was allowed, and the upstream answered ${status}`)
  return found('upstream_failed', `the Gateway allowed the call, and the upstream answered ${status}`)
}

export function wasLetThrough(answer: Said): boolean {
  return answer.headers['x-caracal-token-expires-in'] !== undefined
}

/** Whether a Gateway knows of the revocation by itself: STS denies a revoked session, too, in other words. */
export function deniesRevoked(answer: Said | Finding): boolean {
  return isSaid(answer) && answer.status === 401 && refusalOf(answer)?.says === 'session revoked'
}

export function judgeRevocation(
  answer: Said | Finding | undefined,
  { after, within }: { readonly after: number; readonly within: number },
): Finding {
  if (answer !== undefined && deniesRevoked(answer))
    return passed(`the revocation was seen after ${inSeconds(after)}`)
  if (answer === undefined) return found('no_token', 'there was no token to try the revocation with')
  if (!isSaid(answer)) return answer
  const refusal = refusalOf(answer)
  // One that lets nothing through lets no revoked session through.
  const isJudged = refusal === undefined ? wasLetThrough(answer) : answer.status < 500
  if (!isJudged) return refused(answer)
  const last = refusal === undefined ? String(answer.status) : inWords(answer, refusal)
  return found(
    'revocation_not_seen',
    `it did not deny the revoked session by itself within ${inSeconds(within)}; its last answer was ${last}`,
  )
}

/** An audit event, as far as the canary looks at it. */
export interface AuditEvent {
  readonly event_type: string
  readonly decision: string
  /** The version of the policy set that decided. */
  readonly policy?: string
}

/** The events of one request, or none when there are none yet. */
export function eventsIn(answer: Said | Finding): readonly AuditEvent[] | Finding {
  if (!isSaid(answer)) return found('audit_unreadable', `the API did not answer: ${answer.message}`)
  if (answer.status === 404 && refusalOf(answer)?.error === 'request_not_found') return []
  const value = answer.status === 200 ? jsonOf(answer.body) : undefined
  if (Array.isArray(value)) return value.flatMap(eventOf)
  const refusal = refusalOf(answer)
  const words = refusal === undefined ? `it answered ${answer.status}` : inWords(answer, refusal)
  if (answer.status === 429) return found('rate_limited', `the API did not show audit events: ${words}`)
  return found('audit_unreadable', `the API did not show audit events: ${words}`)
}

function eventOf(value: unknown): readonly AuditEvent[] {
  if (typeof value !== 'object' || value === null) return []
  const { event_type, decision, policy_set_version_id: policy } = value as Readonly<Record<string, unknown>>
  if (typeof event_type !== 'string' || typeof decision !== 'string') return []
  return [{ event_type, decision, ...(typeof policy === 'string' && policy !== '' && { policy }) }]
}

/** Whether an event tells of a request what its replica answered. */
export function hasLanded(
  events: readonly AuditEvent[],
  { type, decision }: Pick<Attempt, 'type' | 'decision'>,
): boolean {
  return events.some((event) => event.event_type === type && event.decision === decision)
}

function refused(answer: Said): Finding {
  const refusal = refusalOf(answer)
  if (refusal === undefined)
    return found('answer_unclear', `it answered ${answer.status} in no form of the platform`)
  const words = inWords(answer, refusal)
  const isAboutTime = ['credential_expired_not_renewable', 'invalid_token'].includes(refusal.error)
  if (isAboutTime && Math.abs(answer.ahead) > mostSkew) {
    const way = answer.ahead > 0 ? 'ahead of' : 'behind'
    return found('clock_skew', `its clock is ${inSeconds(Math.abs(answer.ahead))} ${way} ours: ${words}`)
  }
  if (answer.status === 429 || refusal.error === 'provider_rate_limited') return found('rate_limited', words)
  const reason = byWords[refusal.reason] ?? byWords[refusal.says]
  if (reason !== undefined) return found(reason, words)
  if (answer.status >= 500) return found('service_failed', words)
  return found(refusal.says.startsWith('policy denied') ? 'policy_denied' : 'refused', words)
}

/** What the platform says where a single word of it is enough. */
const byWords: Readonly<Record<string, Parameters<typeof found>[0]>> = {
  no_active_policy_set: 'policy_bundle_refused',
  // Of a bundle that this STS could not load since it started, or whose documents contradict each other.
  policy_eval_failed: 'policy_bundle_refused',
  operation_not_permitted: 'operation_not_declared',
  interaction_required: 'approval_required',
  credential_expired_not_renewable: 'credential_expired',
  zone_invalid: 'zone_wrong',
  // No policy judged it: the zone's tokens of this minute are spent, or it does not know the resource or the scope.
  'policy denied': 'denied_without_reason',
  'invalid client credentials': 'identity_refused',
  'upstream unreachable': 'upstream_failed',
  'upstream timeout': 'upstream_failed',
  'upstream not addressable': 'upstream_failed',
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
