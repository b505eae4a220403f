import type { Redis } from 'ioredis'
import type { AuditClient } from './audit-client.ts'
import type { Context } from './context.ts'
import { exchangeSignature, signatureHeader } from './exchange.ts'
import { goJson, goRefusal } from './http.ts'
import type { Answer, Request } from './http.ts'
import { bearerOf, peek, verified } from './mandates.ts'
import type { Mandate } from './mandates.ts'
import type { RevocationSnapshot } from './snapshot.ts'

export type Gateway = {
  readonly redis: Redis
  readonly audit: AuditClient
  readonly snapshot: RevocationSnapshot
  readonly context: Context
  readonly counters: { allowed: number; denied: number; missingAuth: number; revocationStale: number }
}

/** Milliseconds before its expiry at which a token is no longer taken. */
const preflightWindow = 35_000

/** Any path but its own is a call of a resource. The gates come in the order of the platform's Gateway. */
export async function proxied(gateway: Gateway, request: Request, requestId: string): Promise<Answer> {
  const { counters, snapshot, context, redis } = gateway
  const deny = (status: number, error: string, says: string): Answer => {
    counters.denied += 1
    return goRefusal(status, error, says, requestId)
  }
  if (!snapshot.fresh()) {
    counters.revocationStale += 1
    return deny(503, 'sts_unavailable', 'revocation state unavailable')
  }
  const token = bearerOf(request.authorization)
  if (token === '') {
    counters.missingAuth += 1
    return deny(401, 'invalid_token', 'missing bearer token')
  }
  const claims = peek(token)
  if (claims === undefined) return deny(401, 'invalid_token', 'malformed bearer token')
  const left = claims.exp * 1_000 - Date.now()
  if (left < preflightWindow)
    return deny(401, 'credential_expired_not_renewable', 'credential expiring within pre-flight window')
  const resource = request.headers['x-caracal-resource']
  if (typeof resource !== 'string') return deny(400, 'invalid_token', 'missing routing headers')
  if (verified(context.secrets.mandateKey, token) === undefined)
    return deny(401, 'invalid_token', 'bearer signature invalid')
  // A token of a session may be shown again; every other counts once.
  if (claims.use !== 'session') {
    const first = await redis.set(`seen:jti:${claims.jti}`, requestId, 'PX', Math.ceil(left), 'NX')
    if (first === null) return deny(401, 'invalid_token', 'token replay detected')
  }
  if (isRevoked(snapshot, claims)) return deny(401, 'invalid_token', 'session revoked')
  const refused = await refusedBySts(context, token, claims, { resource, request, requestId })
  if (refused !== undefined) {
    counters.denied += 1
    return refused
  }
  counters.allowed += 1
  await gateway.audit.emit('gateway_resource_request', {
    request_id: requestId,
    decision: 'allow',
    evaluation_status: 'executed',
  })
  const headers = {
    'X-Request-Id': requestId,
    'X-Caracal-Token-Expires-In': String(Math.floor(left / 1_000)),
  }
  return { ...goJson(200, { served: resource }), headers }
}

function isRevoked(snapshot: RevocationSnapshot, claims: Mandate): boolean {
  const { sid, root_sid, agent_session_id, delegation_edge_id } = claims
  return [sid, root_sid, agent_session_id, delegation_edge_id].some((anchor) => snapshot.has(anchor))
}

type Call = { readonly resource: string; readonly request: Request; readonly requestId: string }

/** Asks STS for the token that the upstream gets, as for every call. */
async function refusedBySts(
  { secrets, stsUrl }: Context,
  token: string,
  claims: Mandate,
  { resource, request, requestId }: Call,
): Promise<Answer | undefined> {
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    zone_id: claims.zone_id,
    application_id: claims.client_id,
    subject_token: token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    resource,
    request_method: request.method,
    request_path: request.path,
    gateway_request_id: requestId,
  }).toString()
  try {
    const response = await fetch(`${stsUrl()}/oauth/2/token`, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-request-id': requestId,
        [signatureHeader]: exchangeSignature(secrets, body),
      },
      signal: AbortSignal.timeout(5_000),
    })
    const answer = (await response.json()) as Readonly<Record<'error' | 'error_description', string>>
    return response.ok
      ? undefined
      : goRefusal(response.status, answer.error, answer.error_description, requestId)
  } catch {
    return goRefusal(502, 'sts_unavailable', 'sts unavailable', requestId)
  }
}
