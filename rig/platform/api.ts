import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { seedAdminToken } from './admin-token.ts'
import { auditData } from './audit-client.ts'
import { zoneAnswer } from './audit-queries.ts'
import { commandClient, endPool, patientClient, repeat, servicePool, within } from './clients.ts'
import { zone } from './context.ts'
import type { Context, Identity, Replica } from './context.ts'
import { json, serve, text } from './http.ts'
import type { Answer, Request } from './http.ts'
import { manners } from './manners.ts'
import { withinLimit } from './limiter.ts'
import { bearerMatches, exposition, family, logMetrics } from './metrics.ts'
import { dispatchApiOutbox, insertApiMessage } from './outbox.ts'
import type { OutboxMessage } from './outbox.ts'
import { signAudit, streams } from './streams.ts'

export type ApiReplica = Replica & {
  readonly service: 'api'
  /** Whether this replica sends its outbox rows. */
  dispatch(on: boolean): void
  /** Takes connections of this replica's own pool into open transactions; returns what gives them back. */
  holdConnections(count: number): Promise<() => Promise<void>>
}

const readyPerMinute = 120
const checkLimit = 5_000

/** The API: writes outbox rows, sends them to the streams, judges its outbox in `/ready`. */
export async function startApi(identity: Identity, context: Context): Promise<ApiReplica> {
  const worker = `${identity.hostname}:${identity.pid}`
  const database = servicePool(context.databaseUrl('api'), worker)
  await seedAdminToken(database, context.secrets.adminToken).catch(async (error: unknown) => {
    await endPool(database)
    throw error
  })
  const redis = commandClient(context.redisUrl, identity.name)
  const patient = patientClient(context.redisUrl, identity.name)
  const { timings, secrets } = context
  let dispatching = true
  let written = 0

  async function ready(request: Request): Promise<Answer> {
    const patience = timings.apiRedisPatience
    if (!(await withinLimit(patient, 'api:ready_rl', request.address, readyPerMinute, patience))) {
      return json(429, { error: 'rate_limited' })
    }
    const postgres = await succeeds(database.query('SELECT 1'))
    if (!postgres) return unready('postgres_unreachable', 'postgres')
    if (!(await succeeds(patient.ping()))) return unready('redis_unreachable', 'redis')
    const outbox = await within(checkLimit, outboxHealth(database), 'outbox check').catch(() => undefined)
    if (outbox === undefined) return unready('outbox_unreachable', 'postgres')
    if (outbox.dead > 0) {
      return json(503, { ok: false, error: 'outbox_dead_messages', deadCount: outbox.dead, limit: 0 })
    }
    return json(200, { ok: true })
  }

  async function metrics(request: Request): Promise<Answer> {
    if (!bearerMatches(request, secrets.metricsBearer)) return json(401, { error: 'unauthorized' })
    const outbox = await within(checkLimit, outboxHealth(database), 'metrics outbox check')
    return text(200, metricsText(outbox, written), 'text/plain; version=0.0.4')
  }

  const endpoint = await serve(identity, manners.api, async (request) => {
    if (request.path === '/health') return json(200, { ok: true })
    if (request.path === '/ready') return ready(request)
    if (request.path === '/metrics') return metrics(request)
    if (request.path.startsWith('/v1/'))
      return zoneAnswer({ database, token: secrets.readerToken, activePolicy: context.activePolicy }, request)
    return json(404, { error: 'not_found' })
  })
  const loops = [
    repeat(timings.apiDispatch, async () => {
      const { streamsHmacKey } = secrets
      if (dispatching) await dispatchApiOutbox({ database, redis, streamsHmacKey, worker })
    }),
    repeat(timings.work, async () => {
      written += 1
      await writeMessage(database, written, secrets.auditHmacKey)
    }),
  ]
  return {
    ...identity,
    service: 'api',
    endpoint,
    dispatch: (on) => {
      dispatching = on
    },
    holdConnections: (count) => holdConnections(database, count),
    stop: async () => {
      await endpoint.close()
      await Promise.all(loops.map((loop) => loop.stop()))
      redis.disconnect()
      patient.disconnect()
      await endPool(database)
    },
  }
}

function unready(error: string, dependency: string): Answer {
  return json(503, { ok: false, error, dependency })
}

async function succeeds(check: Promise<unknown>): Promise<boolean> {
  return within(checkLimit, check, 'ready check').then(
    () => true,
    () => false,
  )
}

type OutboxHealth = { pending: number; dead: number; oldestPending: number; oldestDead: number }

/** Over the whole table, as the API really does: its cost grows with every row ever sent. */
async function outboxHealth(database: pg.Pool): Promise<OutboxHealth> {
  const { rows } = await database.query<Record<keyof OutboxHealth, string | null>>(
    `SELECT count(*) FILTER (WHERE waiting) AS pending, count(*) FILTER (WHERE given_up) AS dead,
       extract(epoch FROM now() - min(created_at) FILTER (WHERE waiting)) AS "oldestPending",
       extract(epoch FROM now() - min(created_at) FILTER (WHERE given_up)) AS "oldestDead"
     FROM (SELECT created_at, dispatched_at IS NULL AND available_at <> 'infinity' AS waiting,
             dispatched_at IS NULL AND available_at = 'infinity' AS given_up FROM event_outbox) AS outbox`,
  )
  const row = rows[0]
  return {
    pending: Number(row?.pending ?? 0),
    dead: Number(row?.dead ?? 0),
    oldestPending: Number(row?.oldestPending ?? 0),
    oldestDead: Number(row?.oldestDead ?? 0),
  }
}

function metricsText(outbox: OutboxHealth, written: number): string {
  const outboxMetrics = exposition([
    ['caracal_api_outbox_pending_total', 'gauge', outbox.pending],
    ['caracal_api_outbox_dead_total', 'gauge', outbox.dead],
    ['caracal_api_outbox_oldest_pending_age_seconds', 'gauge', outbox.oldestPending],
    ['caracal_api_outbox_oldest_dead_age_seconds', 'gauge', outbox.oldestDead],
  ])
  // Per provider of the Operator, of which there is none here.
  const aiMetrics = ['success', 'failure']
    .map((what) => family(`caracal_operator_ai_provider_last_${what}_timestamp_seconds`, 'gauge', []))
    .join('')
  const secretMetrics = exposition([
    ['caracal_secret_backend_operations_total', 'counter', written],
    ['caracal_secret_backend_errors_total', 'counter', 0],
  ])
  return `${logMetrics(written)}\n${outboxMetrics}${aiMetrics}${secretMetrics}`
}

/** Made-up work, one row a turn: policy changes, revocations, agents, an audited approval. */
async function writeMessage(database: pg.Pool, turn: number, auditKey: string): Promise<void> {
  if (turn % 3 !== 1) return insertApiMessage(database, messageOf(turn, auditKey))
  const id = randomUUID()
  // Expired long enough ago that the Gateways' snapshots forget it ten minutes from now.
  await database.query(
    `INSERT INTO authority_records (id, zone_id, status, expires_at)
     VALUES ($1, $2, 'revoked', now() - interval '24 h' + interval '10 min')`,
    [id, zone],
  )
  const payload = { zone_id: zone, session_id: id, reason: 'grant_revoked' }
  await insertApiMessage(database, { id: randomUUID(), stream: streams.revocations, payload })
}

function messageOf(turn: number, auditKey: string): OutboxMessage {
  const id = randomUUID()
  // Offboarding revokes an edge alone, which the STS refuses: it stays pending there, and that is normal.
  if (turn % 300 === 2) {
    return { id, stream: streams.revocations, payload: { zone_id: zone, delegation_edge_id: id } }
  }
  if (turn % 6 === 0) {
    return { id, stream: streams.agents, payload: { zone_id: zone, agent_id: id, event: 'registered' } }
  }
  if (turn % 6 === 3) {
    const data = auditData(id, 'approval.granted')
    return { id, stream: streams.audit, payload: { id, data, sig: signAudit(auditKey, data) } }
  }
  return { id, stream: streams.policy, payload: { zone_id: zone, policy_set_id: id } }
}

async function holdConnections(database: pg.Pool, count: number): Promise<() => Promise<void>> {
  const held: pg.PoolClient[] = []
  try {
    for (let index = 0; index < count; index += 1) {
      const client = await database.connect()
      held.push(client)
      await client.query('BEGIN')
    }
  } catch (error) {
    for (const client of held) client.release(true)
    throw error
  }
  // The API's sessions are ended after 30 s idle in a transaction, so each does a little now and then.
  const beat = repeat(10_000, async () => {
    for (const client of held) await client.query('SELECT 1')
  })
  return async () => {
    await beat.stop()
    await Promise.all(held.map((client) => client.query('ROLLBACK').finally(() => client.release())))
  }
}
