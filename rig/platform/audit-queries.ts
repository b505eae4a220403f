import type pg from 'pg'
import type { Context } from './context.ts'
import { json } from './http.ts'
import type { Answer, Request } from './http.ts'
import { bearerOf } from './mandates.ts'
import { tenant } from './tenant.ts'

const byRequest = /^\/v1\/zones\/([^/]+)\/audit\/by-request\/([A-Za-z0-9_.\-:]{1,128})$/

type Queries = {
  readonly database: pg.Pool
  readonly token: string
  readonly activePolicy: Context['activePolicy']
}

/** What the API shows to an admin token that may read one zone: audit events of one request, and policy sets. */
export async function zoneAnswer(
  { database, token, activePolicy }: Queries,
  request: Request,
): Promise<Answer> {
  if (bearerOf(request.authorization) !== token) return json(401, { error: 'invalid_admin_token' })
  if (request.method !== 'GET') return json(403, { error: 'admin_token_read_only' })
  if (request.path === `/v1/zones/${tenant.zone}/policy-sets`) {
    const { version, since } = activePolicy
    const set = {
      id: 'set-1',
      zone_id: tenant.zone,
      name: 'main',
      updated_at: since,
      active_version_id: version,
    }
    return json(200, { items: [set], next_cursor: null })
  }
  const [, zone, requestId] = byRequest.exec(request.path) ?? []
  if (zone === undefined) return json(404, { error: 'not_found' })
  if (zone !== tenant.zone) return json(403, { error: 'admin_token_zone_mismatch' })
  const client = await database.connect()
  try {
    await client.query(`SELECT set_config('caracal.zone_id', $1, false)`, [zone])
    const { rows } = await client.query<{ data: string; ingested_at: Date }>(
      'SELECT data, ingested_at FROM audit_events WHERE zone_id = $1 AND request_id = $2 ORDER BY occurred_at',
      [zone, requestId],
    )
    if (rows.length === 0) return json(404, { error: 'request_not_found' })
    return json(
      200,
      rows.map(({ data, ingested_at }) => ({ ...(JSON.parse(data) as object), ingested_at })),
    )
  } finally {
    client.release()
  }
}
