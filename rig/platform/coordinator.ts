import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import type pg from 'pg'
import { commandClient, endPool, patientClient, repeat, servicePool, within } from './clients.ts'
import { zone } from './context.ts'
import type { Context, Identity, Replica } from './context.ts'
import { json, serve, text } from './http.ts'
import type { Answer, Request } from './http.ts'
import { manners } from './manners.ts'
import { withinLimit } from './limiter.ts'
import { bearerMatches, exposition, family, logMetrics } from './metrics.ts'
import { insertCoordinatorMessage, publishCoordinatorOutbox } from './outbox.ts'
import { runtimeAnswer } from './sessions.ts'
import { consume, ensureGroup, streams } from './streams.ts'
import type { Consumer, Entry } from './streams.ts'

export type CoordinatorReplica = Replica & {
  readonly service: 'coordinator'
  /** Whether this replica publishes its outbox rows. */
  dispatch(on: boolean): void
}

const readyPerMinute = 120
const callsPerMinute = 600
const checkLimit = 5_000
const statsTtl = 15_000

/** The Coordinator: publishes its outbox, relays agents' lifecycles, refuses nearly everybody its metrics. */
export async function startCoordinator(identity: Identity, context: Context): Promise<CoordinatorReplica> {
  const { timings, secrets } = context
  const database = servicePool(context.databaseUrl('coordinator'), '')
  const redis = commandClient(context.redisUrl, identity.name)
  const patient = patientClient(context.redisUrl, identity.name)
  const relay = await startRelay(identity, context, redis)
  const stats = cachedStats(database)
  const retention = { runs: 0, failures: 0 }
  let dispatching = true
  let written = 0

  async function answer(request: Request): Promise<Answer> {
    if (request.target === '/health') return json(200, { ok: true })
    const { address } = request
    const patience = timings.coordinatorRedisPatience
    if (!(await withinLimit(patient, 'coordinator:global_rl', address, callsPerMinute, patience))) {
      return json(429, { error: 'rate_limited' })
    }
    if (request.path === '/ready') {
      const allowed = await withinLimit(patient, 'coordinator:ready_rl', address, readyPerMinute, patience)
      return allowed ? ready(database, patient) : json(429, { error: 'rate_limited' })
    }
    return (
      (await runtimeAnswer({ database, secrets }, request)) ??
      refusal(request, secrets.coordinatorToken) ??
      operatorAnswer(request)
    )
  }

  async function operatorAnswer(request: Request): Promise<Answer> {
    if (request.path === '/stats') {
      const { outbox, invocations } = await stats()
      return json(200, { invocations, outbox, retention_cleaner: retention })
    }
    if (request.path !== '/metrics') return json(404, { error: 'not_found' })
    // The second gate: a token that passed the first is not the bearer, unless both hold the same value.
    if (!bearerMatches(request, secrets.metricsBearer)) return json(401, { error: 'unauthorized' })
    return text(200, metricsText(await stats(), retention.runs, written), 'text/plain; version=0.0.4')
  }

  const endpoint = await serve(identity, manners.coordinator, answer)
  const loops = [
    repeat(timings.coordinatorDispatch, async () => {
      const { streamsHmacKey } = secrets
      const worker = identity.hostname
      if (dispatching) await publishCoordinatorOutbox({ database, redis, streamsHmacKey, worker })
    }),
    repeat(timings.work * 2, async () => {
      written += 1
      await writeMessage(database, written)
    }),
    repeat(1_000, async () => {
      await relay.reclaim(60_000)
    }),
    repeat(900_000, async () => {
      retention.runs += 1
      // Refused under the Coordinator's own role, at every run.
      await database
        .query(
          `DELETE FROM caracal_outbox WHERE status = 'published' AND published_at < now() - interval '7 d'`,
        )
        .catch(() => {
          retention.failures += 1
        })
    }),
  ]
  return {
    ...identity,
    service: 'coordinator',
    endpoint,
    dispatch: (on) => {
      dispatching = on
    },
    stop: async () => {
      await endpoint.close()
      await Promise.all(loops.map((loop) => loop.stop()))
      await relay.stop()
      redis.disconnect()
      patient.disconnect()
      await endPool(database)
    },
  }
}

/** The first gate, on `/metrics` and `/stats` alike: only the operator's token passes. */
function refusal(request: Request, operatorToken: string): Answer | undefined {
  const token = request.authorization?.startsWith('Bearer ') === true ? request.authorization.slice(7) : ''
  if (token.trim() === '') return json(401, { error: 'missing_token' })
  if (token.trim() !== operatorToken) return json(403, { error: 'operator_token_required' })
  return undefined
}

async function ready(database: pg.Pool, redis: Redis): Promise<Answer> {
  const deadRows = database.query<{ dead: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM caracal_outbox WHERE producer = 'coordinator' AND status = 'dead') AS dead`,
  )
  const [postgres, pong] = await Promise.allSettled([
    within(checkLimit, deadRows, 'ready postgres check'),
    within(checkLimit, redis.ping(), 'ready redis check'),
  ])
  const unready = (error: string, dependency: string) => json(503, { ok: false, error, dependency })
  if (postgres.status === 'rejected') return unready('postgres_unreachable', 'postgres')
  if (postgres.value.rows[0]?.dead === true) return unready('outbox_dead', 'outbox')
  if (pong.status === 'rejected') return unready('redis_unreachable', 'redis')
  return json(200, { ok: true })
}

/** Reads what was published, forgets what it has seen already, and changes nothing. */
async function startRelay(identity: Identity, context: Context, commands: Redis): Promise<Consumer> {
  await ensureGroup(commands, streams.agents, 'coordinator-relay')
  return consume({
    redisUrl: context.redisUrl,
    commands,
    stream: streams.agents,
    group: 'coordinator-relay',
    consumer: identity.hostname,
    count: 50,
    block: 5_000,
    handle: (entries) => relayEntries(commands, entries),
  })
}

async function relayEntries(commands: Redis, entries: readonly Entry[]): Promise<readonly string[]> {
  for (const entry of entries) {
    const id = entry.fields['outbox_id']
    if (id !== undefined) await commands.set(`coordinator:relay_dedupe:${id}`, '1', 'EX', 3_600, 'NX')
  }
  return entries.map((entry) => entry.id)
}

type Stats = {
  readonly invocations: Readonly<Record<string, number>>
  readonly outbox: Readonly<Record<string, number>>
  readonly receipts: number
}

/** Counted over the whole tables and kept for 15 s. A status without rows is absent. */
function cachedStats(database: pg.Pool): () => Promise<Stats> {
  let kept: { readonly stats: Stats; readonly until: number } | undefined
  const byStatus = async (sql: string) => {
    const { rows } = await database.query<{ status: string; n: string }>(sql)
    return Object.fromEntries(rows.map((row) => [row.status, Number(row.n)]))
  }
  return async () => {
    if (kept !== undefined && kept.until > performance.now()) return kept.stats
    const stats = {
      invocations: await byStatus('SELECT status, count(*) AS n FROM agent_invocations GROUP BY status'),
      outbox: await byStatus(
        `SELECT status, count(*) AS n FROM caracal_outbox WHERE producer = 'coordinator' GROUP BY status`,
      ),
      receipts: 0,
    }
    kept = { stats, until: performance.now() + statsTtl }
    return stats
  }
}

function metricsText(stats: Stats, retentionRuns: number, written: number): string {
  const labelled = (name: string, counts: Readonly<Record<string, number>>) =>
    Object.entries(counts).map(([label, count]) => [`{${name}="${label}"}`, count] as const)
  const outcomes = { created: written, replayed: 0, conflicts: 0, invalid: 0, expired: 0 }
  return [
    family('caracal_invocations_total', 'counter', labelled('status', stats.invocations)),
    family('caracal_outbox_total', 'gauge', labelled('status', stats.outbox)),
    family('caracal_idempotency_requests_total', 'counter', labelled('outcome', outcomes)),
    exposition([
      ['caracal_idempotency_receipts', 'gauge', stats.receipts],
      ['caracal_idempotency_oldest_seconds', 'gauge', 0],
      ['caracal_ttl_sweeper_runs_total', 'counter', written],
      ['caracal_service_lease_sweeper_runs_total', 'counter', written],
      ['caracal_retention_cleaner_runs_total', 'counter', retentionRuns],
      ['caracal_retention_sessions_deleted_total', 'counter', 0],
    ]),
    logMetrics(written),
  ].join('')
}

/** Made-up work: one row a turn, and an invocation that begins or ends. */
async function writeMessage(database: pg.Pool, turn: number): Promise<void> {
  const id = randomUUID()
  const kinds = [
    { stream: streams.agents, payload: { zone_id: zone, agent_id: id, event: 'heartbeat' } },
    { stream: streams.invocations, payload: { zone_id: zone, invocation_id: id, event: 'started' } },
    { stream: streams.delegations, payload: { zone_id: zone, edge_id: id } },
    { stream: streams.revocations, payload: { zone_id: zone, agent_session_id: id, reason: 'terminated' } },
  ] as const
  const kind = kinds[turn % kinds.length] ?? kinds[0]
  await insertCoordinatorMessage(database, { id, ...kind })
  if (turn % 2 === 0) {
    await database.query(`UPDATE agent_invocations SET status = 'completed' WHERE status = 'running'`)
  } else if (turn < 100) {
    await database.query(`INSERT INTO agent_invocations (id, status) VALUES ($1, 'running')`, [id])
  }
}
