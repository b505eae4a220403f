import { createHash, createHmac, randomUUID } from 'node:crypto'
import type pg from 'pg'
import type { AuditClient } from './audit-client.ts'
import { goJson, goRefusal } from './http.ts'
import type { Answer, Request } from './http.ts'
import { newMandate, signMandate, verified } from './mandates.ts'
import type { Mandate } from './mandates.ts'
import type { PolicyEngine } from './policy.ts'
import { isResource, lifecycleScope, tenant } from './tenant.ts'
import type { Secrets } from './context.ts'

export type Sts = {
  readonly database: pg.Pool
  readonly audit: AuditClient
  readonly policy: PolicyEngine
  readonly secrets: Secrets
}

/** What is asked of `POST /oauth/2/token`, a form. */
type Asked = {
  readonly requestId: string
  readonly form: URLSearchParams
  /** What a Gateway presents for its caller; absent for an application that asks for itself. */
  readonly presented?: Mandate
  readonly session?: string
  readonly edge?: Edge
}
type Edge = { readonly id: string; readonly scopes: readonly string[]; readonly resources: readonly string[] }

/** Why it is denied: `reason` is that of the policy, where it came so far. */
type Denial = { readonly status: string; readonly reason?: string }

/** Exchanges a client secret, or what a Gateway presents, for a token: RFC 8693 as STS speaks it. */
export async function exchangeToken(sts: Sts, request: Request): Promise<Answer> {
  const given = request.headers['x-request-id']
  const requestId = typeof given === 'string' && given !== '' ? given : randomUUID()
  const refuse = (status: number, error: string, says: string) => goRefusal(status, error, says, requestId)
  const body = await request.body()
  const form = new URLSearchParams(body)
  const isGateway = request.headers[signatureHeader] !== undefined
  if (isGateway && request.headers[signatureHeader] !== exchangeSignature(sts.secrets, body))
    return refuse(401, 'access_denied', 'invalid gateway exchange signature')
  if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:token-exchange')
    return refuse(400, 'invalid_token', 'unsupported grant_type')
  const isKnown = form.get('application_id') === tenant.application && form.get('zone_id') === tenant.zone
  if (!isKnown || (!isGateway && form.get('client_secret') !== sts.secrets.clientSecret))
    return refuse(401, 'access_denied', 'invalid client credentials')
  const presented = isGateway ? verified(sts.secrets.mandateKey, form.get('subject_token') ?? '') : undefined
  if (isGateway && presented?.use !== 'gateway') return refuse(401, 'invalid_token', 'invalid subject_token')
  if (presented !== undefined && !(await isActive(sts.database, presented.sid)))
    return refuse(403, 'access_denied', 'authority record inactive or expired')
  const session = presented?.agent_session_id ?? form.get('agent_session_id') ?? undefined
  const edgeId = presented?.delegation_edge_id ?? form.get('delegation_edge_id') ?? undefined
  const edge = edgeId === undefined ? undefined : await activeEdge(sts.database, edgeId, session)
  if (edge === 'inactive') return refuse(403, 'access_denied', 'delegation edge inactive or expired')
  const asked: Asked = {
    requestId,
    form,
    ...(presented !== undefined && { presented }),
    ...(session !== undefined && { session }),
    ...(edge !== undefined && { edge }),
  }
  if (edge !== undefined && !scopesOf(asked).every((scope) => edge.scopes.includes(scope)))
    return refuse(403, 'access_denied', 'requested scopes exceed delegation scopes')
  return decide(sts, asked)
}

async function decide(sts: Sts, asked: Asked): Promise<Answer> {
  const denied = denialOf(sts.policy, asked)
  if (denied?.status === evaluationFailed) return unavailable(sts, asked)
  const decision = denied === undefined ? 'allow' : 'deny'
  const { requestId } = asked
  await sts.audit.emit('token_exchange', {
    request_id: requestId,
    decision,
    evaluation_status: denied?.status ?? 'complete',
    policy_set_version_id: sts.policy.version(tenant.zone),
    diagnostics_json: denied?.reason === undefined ? [] : [{ reason: denied.reason }],
  })
  if (denied === undefined) return goJson(200, await issued(sts, asked))
  await sts.audit.emit('token_exchange', {
    request_id: requestId,
    decision,
    evaluation_status: 'exchange_denied',
  })
  const reason = denied.reason === undefined ? '' : ` (${denied.reason})`
  return goRefusal(403, 'access_denied', `policy denied${reason}`, requestId)
}

/** The status of a request that no policy could judge. */
const evaluationFailed = 'policy_eval_failed'

async function unavailable(sts: Sts, { requestId }: Asked): Promise<Answer> {
  await sts.audit.emit('token_exchange', {
    request_id: requestId,
    decision: 'deny',
    evaluation_status: evaluationFailed,
  })
  return goRefusal(503, evaluationFailed, 'policy evaluation unavailable', requestId)
}

/** The gates in the order in which STS has them, and then those of its decision contract. */
function denialOf(policy: PolicyEngine, asked: Asked): Denial | undefined {
  const { form, presented, edge } = asked
  const resource = form.get('resource') ?? ''
  const scopes = scopesOf(asked)
  if (!isResource(resource)) return { status: 'resource_not_found' }
  if (!scopes.every((scope) => scope === tenant.scope || scope === lifecycleScope))
    return { status: 'scope_mismatch' }
  if (edge !== undefined && !edge.resources.includes(resource))
    return { status: 'resource_outside_delegation' }
  const without = policy.evaluate(tenant.zone)
  if (without === 'unavailable') return { status: evaluationFailed }
  if (without !== undefined) return { status: 'complete', reason: without }
  const complete = (reason: string): Denial => ({ status: 'complete', reason })
  const isOwn = resource === tenant.resource
  if (presented !== undefined) {
    if (!presented.target.includes(resource)) return complete('mandate_target_mismatch')
    return isOwn ? undefined : complete('resource_not_granted')
  }
  if (edge !== undefined) return isOwn ? undefined : complete('resource_not_granted')
  const isBootstrap = scopes.length === 1 && scopes[0] === lifecycleScope
  return isBootstrap && isOwn ? undefined : complete('no_rule_matched')
}

function scopesOf({ form }: Asked): readonly string[] {
  return (form.get('scope') ?? '').split(' ').filter((scope) => scope !== '')
}

async function issued({ database, secrets }: Sts, asked: Asked): Promise<object> {
  const { form, presented, session, edge } = asked
  const seconds = Math.min(Number(form.get('ttl_seconds') ?? 900), 900)
  const sid = randomUUID()
  await database.query(
    `INSERT INTO authority_records (id, zone_id, status, expires_at)
     VALUES ($1, $2, 'active', now() + $3::int * interval '1 s')`,
    [sid, tenant.zone, seconds],
  )
  const use = presented !== undefined ? 'resource' : edge !== undefined ? 'gateway' : 'session'
  const resource = form.get('resource') ?? ''
  const mandate = newMandate(
    {
      zone_id: tenant.zone,
      client_id: tenant.application,
      scope: presented?.scope ?? form.get('scope') ?? '',
      sid,
      root_sid: presented?.root_sid ?? sid,
      use,
      target: [resource],
      ...(session !== undefined && { agent_session_id: session }),
      ...(edge !== undefined && { delegation_edge_id: edge.id }),
    },
    seconds,
  )
  return {
    access_token: signMandate(secrets.mandateKey, mandate),
    token_type: 'Bearer',
    expires_in: seconds,
    scope: mandate.scope,
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    target_resources: [resource],
  }
}

export async function isActive(database: pg.Pool, record: string): Promise<boolean> {
  const { rowCount } = await database.query(
    `SELECT 1 FROM authority_records WHERE id = $1 AND status = 'active' AND expires_at > now()`,
    [record],
  )
  return rowCount === 1
}

async function activeEdge(
  database: pg.Pool,
  id: string,
  session: string | undefined,
): Promise<Edge | 'inactive'> {
  const { rows } = await database.query<Edge>(
    `SELECT edge.id, edge.scopes, edge.resources FROM delegation_edges AS edge
     JOIN sessions AS target ON target.id = edge.target_session_id AND target.status = 'active'
     WHERE edge.id = $1 AND edge.target_session_id = $2 AND edge.status = 'active' AND edge.expires_at > now()`,
    [id, session ?? ''],
  )
  return rows[0] ?? 'inactive'
}

export const signatureHeader = 'x-caracal-gateway-signature'

/** Proves that a Gateway asks; the platform's own also covers time and address. */
export function exchangeSignature(secrets: Secrets, body: string): string {
  const digest = createHash('sha256').update(body).digest('hex')
  return createHmac('sha256', Buffer.from(secrets.exchangeHmacKey, 'hex')).update(digest).digest('hex')
}
