import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import type { Secrets } from './context.ts'
import { isActive } from './exchange.ts'
import { json } from './http.ts'
import type { Answer, Request } from './http.ts'
import { bearerOf, verified } from './mandates.ts'
import { insertCoordinatorMessage } from './outbox.ts'
import { streams } from './streams.ts'
import { isResource, lifecycleScope, tenant } from './tenant.ts'

type Coordinator = { readonly database: pg.Pool; readonly secrets: Secrets }
type Body = Readonly<Record<string, unknown>>

/** Sessions and delegations of an application, as the Coordinator keeps them; undefined for any other path. */
export async function runtimeAnswer(coordinator: Coordinator, request: Request): Promise<Answer | undefined> {
  const [, zones, zone, kind, id, verb] = request.path.split('/')
  if (zones !== 'zones' || !['agents', 'delegations'].includes(kind ?? '')) return undefined
  const { database, secrets } = coordinator
  const caller = verified(secrets.mandateKey, bearerOf(request.authorization))
  if (caller?.use !== 'session') return json(401, { error: 'invalid_token' })
  if (!caller.scope.split(' ').includes(lifecycleScope)) return json(403, { error: 'missing_scope' })
  if (zone !== caller.zone_id) return json(403, { error: 'zone_mismatch' })
  if (!(await isActive(database, caller.sid))) return json(401, { error: 'identity_revoked' })
  const route = `${request.method} ${kind ?? ''}${id === undefined ? '' : '/ID'}${verb === undefined ? '' : `/${verb}`}`
  switch (route) {
    case 'POST agents':
      return startSession(database, caller.sid, await bodyOf(request))
    case 'DELETE agents/ID':
      return terminate(database, id ?? '')
    case 'POST delegations':
      return delegate(database, await bodyOf(request))
    case 'PATCH delegations/ID/revoke':
      return revoke(database, id ?? '')
    default:
      return json(404, { error: 'not_found' })
  }
}

async function bodyOf(request: Request): Promise<Body> {
  return JSON.parse(await request.body()) as Body
}

async function startSession(database: pg.Pool, record: string, body: Body): Promise<Answer> {
  if (body['application_id'] !== tenant.application)
    return json(403, { error: 'application_ownership_required' })
  const id = randomUUID()
  await database.query(
    `INSERT INTO sessions (id, zone_id, application_id, subject_authority_record_id, ttl_seconds, status)
     VALUES ($1, $2, $3, $4, $5, 'active')`,
    [id, tenant.zone, tenant.application, record, Number(body['ttl_seconds'] ?? 3_600)],
  )
  return json(201, { agent_session_id: id, zone_id: tenant.zone, status: 'active', lease_generation: 0 })
}

/** The authority of an application is not revoked with a session of it: nothing goes to the stream of revocations. */
async function terminate(database: pg.Pool, id: string): Promise<Answer> {
  const { rowCount } = await database.query(
    `UPDATE sessions SET status = 'terminated', updated_at = now() WHERE id = $1 AND status = 'active'`,
    [id],
  )
  return rowCount === 0 ? json(404, { error: 'session_not_found' }) : { status: 204, type: '', body: '' }
}

async function delegate(database: pg.Pool, body: Body): Promise<Answer> {
  const { resources } = (body['constraints'] ?? {}) as { readonly resources?: readonly string[] }
  const ends = [body['source_session_id'], body['target_session_id']].map(String)
  const { rowCount } = await database.query(
    `SELECT 1 FROM sessions WHERE id = ANY($1::text[]) AND status = 'active'`,
    [ends],
  )
  if (rowCount !== 2) return json(404, { error: 'delegation_endpoint_not_found' })
  if (resources === undefined || resources.length === 0)
    return json(403, { error: 'broad_delegation_permission_required' })
  if (!resources.every(isResource)) return json(404, { error: 'resource_not_found' })
  const scopes = (body['scopes'] ?? []) as readonly string[]
  if (!scopes.every((scope) => scope === tenant.scope))
    return json(403, { error: 'delegation_scopes_exceed_resource' })
  const id = randomUUID()
  const { rows } = await database.query<{ expires_at: Date }>(
    `INSERT INTO delegation_edges
       (id, zone_id, source_session_id, target_session_id, scopes, resources, status, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, 'active', now() + $7::int * interval '1 s') RETURNING expires_at`,
    [id, tenant.zone, ...ends, scopes, resources, Number(body['ttl_seconds'] ?? 300)],
  )
  return json(201, { delegation_edge_id: id, scopes, status: 'active', expires_at: rows[0]?.expires_at })
}

/** Ends the edge and the session that it reaches, and says so in the stream of revocations. */
async function revoke(database: pg.Pool, id: string): Promise<Answer> {
  const { rows } = await database.query<{ session: string; record: string }>(
    `WITH edge AS (
       UPDATE delegation_edges SET status = 'revoked', revoked_at = now()
       WHERE id = $1 AND status = 'active' RETURNING target_session_id
     )
     UPDATE sessions SET status = 'terminated', updated_at = now() FROM edge
     WHERE sessions.id = edge.target_session_id
     RETURNING sessions.id AS session, sessions.subject_authority_record_id AS record`,
    [id],
  )
  const [target] = rows
  if (target === undefined) return json(404, { error: 'delegation_not_found' })
  await insertCoordinatorMessage(database, {
    id: `delegation:${id}:subject:${target.record}`,
    stream: streams.revocations,
    payload: {
      zone_id: tenant.zone,
      session_id: target.record,
      agent_session_id: target.session,
      delegation_edge_id: id,
      reason: 'delegation_revoked',
    },
  })
  return json(200, { revoked_edges: 1, affected_sessions: 1, terminated_sessions: 1 })
}
