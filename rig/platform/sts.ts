import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import type pg from 'pg'
import { auditData, startAuditClient } from './audit-client.ts'
import type { AuditClient } from './audit-client.ts'
import { commandClient, endPool, repeat, servicePool, within } from './clients.ts'
import type { Context, Identity, Replica } from './context.ts'
import { json, serve, text } from './http.ts'
import type { Answer } from './http.ts'
import { goMetrics } from './metrics.ts'
import type { Family } from './metrics.ts'
import { insertApiMessage } from './outbox.ts'
import { openReplayVolume } from './replay.ts'
import type { ReplayState, ReplayVolume } from './replay.ts'
import { consume, ensureGroup, failOrDeadLetter, signAudit, streams } from './streams.ts'
import type { Consumer, Entry, Fields } from './streams.ts'

export type StsReplica = Replica & {
  readonly service: 'sts'
  readonly volume: ReplayVolume
  readonly audit: AuditClient
  /** Whether every policy that is loaded from now on fails to compile. */
  breakPolicies(on: boolean): void
}

type Counters = { evaluations: number; compiles: number; compileErrors: number; policyChangedAt: number }

/** The STS: consumes policy, revocation and key invalidations, audits what it decides. */
export async function startSts(identity: Identity, context: Context): Promise<StsReplica> {
  const database = servicePool(context.databaseUrl('sts'), '', 2)
  const redis = commandClient(context.redisUrl, identity.name)
  const volume = await openReplayVolume(join(context.volumes, identity.hostname), identity.pid)
  const audit = await startAuditClient(redis, context.secrets.auditHmacKey, volume)
  const counters: Counters = { evaluations: 0, compiles: 1, compileErrors: 0, policyChangedAt: Date.now() }
  let policiesBroken = false
  const listener = database.connect().then(async (client) => {
    await client.query('LISTEN policy_changes')
    return client
  })
  listener.catch(() => {})

  function loadPolicy(): void {
    counters.compiles += 1
    if (policiesBroken) counters.compileErrors += 1
    else counters.policyChangedAt = Date.now()
  }

  const handlers = {
    policy: policyHandler(loadPolicy),
    revocations: revocationHandler(database),
    keys: keyHandler,
  }
  const consumers = await startConsumers(identity, context, redis, handlers)
  const endpoint = await serve(identity.port, async (request) => {
    if (request.path === '/health') return text(200, '')
    if (request.path === '/ready') return ready(database, redis, audit, volume)
    const replay = await volume.state()
    const { metricsBearer } = context.secrets
    const families = () => familiesOf(counters, audit, replay)
    return goMetrics(request, metricsBearer, 'caracal_sts_', families) ?? text(404, '404 page not found\n')
  })
  const work = repeat(context.timings.work, async () => {
    counters.evaluations += 1
    // A policy that does not compile is tried again at every poll.
    if (policiesBroken) loadPolicy()
    await audit.emit('token.issued')
    if (counters.evaluations % 10 === 0) await writeDecision(database, context)
  })
  return {
    ...identity,
    service: 'sts',
    endpoint,
    volume,
    audit,
    breakPolicies: (on) => {
      policiesBroken = on
    },
    stop: async () => {
      await endpoint.close()
      await work.stop()
      await Promise.all(consumers.map((consumer) => consumer.stop()))
      redis.disconnect()
      await listener.then(
        (client) => client.release(true),
        () => {},
      )
      await endPool(database)
    },
  }
}

/** A decision that must not be lost goes to the stream by way of the API's outbox. */
async function writeDecision(database: pg.Pool, context: Context): Promise<void> {
  const id = randomUUID()
  const data = auditData(id, 'decision')
  const payload = { id, data, sig: signAudit(context.secrets.auditHmacKey, data) }
  await insertApiMessage(database, { id, stream: streams.audit, payload })
}

async function ready(
  database: pg.Pool,
  redis: Redis,
  audit: AuditClient,
  volume: ReplayVolume,
): Promise<Answer> {
  const unready = (reason: string) => json(503, { ok: false, ready: false, reason })
  const start = performance.now()
  const left = () => Math.max(1, 2_000 - (performance.now() - start))
  const fails = (check: Promise<unknown>) =>
    within(left(), check, 'ready check').then(
      () => false,
      () => true,
    )
  if (await fails(database.query('SELECT 1'))) return unready('postgres_unreachable')
  if (await fails(redis.ping())) return unready('redis_unreachable')
  if (audit.counters.dropped > 0) return unready('audit_evidence_lost')
  if (!(await volume.writable())) return unready('audit_replay_unavailable')
  return json(200, { ok: true, ready: true })
}

type Handle = (fields: Fields) => Promise<void>

function policyHandler(load: () => void): Handle {
  return async (fields) => {
    need(fields, 'zone_id')
    load()
  }
}

/** Refuses a revocation that names only a delegation edge, as the API sends when somebody leaves. */
function revocationHandler(database: pg.Pool): Handle {
  return async (fields) => {
    need(fields, 'zone_id')
    const record = fields['session_id']
    if (record === undefined && fields['agent_session_id'] === undefined) {
      throw new Error('missing session_id or agent_session_id')
    }
    if (record === undefined) return
    await database.query(`UPDATE authority_records SET status = 'revoked' WHERE id = $1`, [record])
  }
}

async function keyHandler(fields: Fields): Promise<void> {
  need(fields, 'zone_id')
}

function need(fields: Fields, name: string): void {
  if ((fields[name] ?? '') === '') throw new Error(`missing ${name}`)
}

/** Entries that an earlier process left pending are tried once, now; there is no other taking over. */
async function startConsumers(
  identity: Identity,
  context: Context,
  commands: Redis,
  handlers: { readonly policy: Handle; readonly revocations: Handle; readonly keys: Handle },
): Promise<readonly Consumer[]> {
  const groups = [
    [streams.policy, 'opa-engine', 'policy', handlers.policy],
    [streams.revocations, 'sts-revocation', 'revocations', handlers.revocations],
    [streams.keys, 'sts-keys', 'keys', handlers.keys],
  ] as const
  const { redisUrl, secrets } = context
  return Promise.all(
    groups.map(async ([stream, group, suffix, handle]) => {
      await ensureGroup(commands, stream, group)
      const consumer = consume({
        redisUrl,
        commands,
        stream,
        group,
        consumer: `sts-${identity.hostname}-${identity.pid}-${suffix}`,
        count: 10,
        block: 0,
        handle: (entries) => handleEach(commands, secrets.streamsHmacKey, stream, entries, handle),
      })
      await consumer.reclaim(context.timings.reclaim)
      return consumer
    }),
  )
}

async function handleEach(
  commands: Redis,
  key: string,
  stream: string,
  entries: readonly Entry[],
  handle: Handle,
): Promise<readonly string[]> {
  const done: string[] = []
  for (const entry of entries) {
    try {
      await handle(entry.fields)
      done.push(entry.id)
    } catch (error) {
      const counterKey = `stream-failure:${stream}:${entry.id}`
      const failure = { counterKey, stream, entry, error: String(error) }
      if (await failOrDeadLetter(commands, key, failure)) done.push(entry.id)
    }
  }
  return done
}

function familiesOf(counters: Counters, audit: AuditClient, replay: ReplayState): readonly Family[] {
  const { evaluations, compiles, compileErrors } = counters
  const policyAge = (Date.now() - counters.policyChangedAt) / 1_000
  const { dropped, persisted, drained, sinkErrors } = audit.counters
  return [
    ['caracal_sts_graph_traversals_total', 'counter', evaluations],
    ['caracal_sts_graph_traversal_errors_total', 'counter', 0],
    ['caracal_sts_audit_dropped_total', 'counter', dropped],
    ['caracal_sts_audit_replay_pending', 'gauge', persisted],
    ['caracal_sts_audit_replay_files', 'gauge', replay.files],
    ['caracal_sts_audit_replay_bytes', 'gauge', replay.bytes],
    ['caracal_sts_audit_replay_oldest_age_seconds', 'gauge', replay.oldestAge],
    ['caracal_sts_audit_replay_replayed_total', 'counter', drained],
    ['caracal_sts_audit_sink_errors_total', 'counter', sinkErrors],
    ['caracal_sts_jwks_invalid_keys_total', 'counter', 0],
    ['caracal_sts_secret_backend_reads_total', 'counter', evaluations],
    ['caracal_sts_secret_backend_errors_total', 'counter', 0],
    ['caracal_sts_provider_refresh_shared_total', 'counter', 0],
    ['caracal_sts_provider_refresh_leased_total', 'counter', 0],
    ['caracal_sts_provider_refresh_waited_total', 'counter', 0],
    ['caracal_sts_provider_refresh_errors_total', 'counter', 0],
    ['caracal_sts_provider_circuit_open_total', 'counter', 0],
    ['caracal_sts_opa_eval_total', 'counter', evaluations],
    ['caracal_sts_opa_eval_errors_total', 'counter', 0],
    ['caracal_sts_opa_eval_duration_seconds_total', 'counter', evaluations * 0.002],
    ['caracal_sts_opa_compile_total', 'counter', compiles],
    ['caracal_sts_opa_compile_errors_total', 'counter', compileErrors],
    ['caracal_sts_opa_compile_duration_seconds_total', 'counter', compiles * 0.01],
    ['caracal_sts_opa_max_policy_age_seconds', 'gauge', policyAge],
    ['caracal_sts_opa_poll_interval_seconds', 'gauge', 60],
  ]
}
