import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import type pg from 'pg'
import { auditData, startAuditClient } from './audit-client.ts'
import type { AuditClient } from './audit-client.ts'
import { commandClient, endPool, repeat, servicePool, within } from './clients.ts'
import type { Loop } from './clients.ts'
import type { Context, Identity, Replica } from './context.ts'
import { json, serve, text } from './http.ts'
import type { Answer } from './http.ts'
import { goMetrics } from './metrics.ts'
import type { Family } from './metrics.ts'
import { insertApiMessage } from './outbox.ts'
import { openReplayVolume } from './replay.ts'
import type { ReplayState, ReplayVolume } from './replay.ts'
import { signAudit, streams } from './streams.ts'
import { startStsConsumers } from './sts-consumers.ts'

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
  const listener = listen(database)

  function loadPolicy(): void {
    counters.compiles += 1
    if (policiesBroken) counters.compileErrors += 1
    else counters.policyChangedAt = Date.now()
  }

  const consumers = await startStsConsumers(identity, context, { commands: redis, database, loadPolicy })
  const endpoint = await serve(identity, async (request) => {
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
      await listener.stop()
      await endPool(database)
    },
  }
}

/** Pins one connection for LISTEN, and another when that is lost. */
function listen(database: pg.Pool): Loop {
  let pinned: pg.PoolClient | undefined
  function letGo(): void {
    const lost = pinned
    pinned = undefined
    lost?.release(true)
  }
  async function attempt(): Promise<void> {
    if (pinned !== undefined) return
    pinned = await database.connect()
    pinned.once('error', letGo)
    await pinned.query('LISTEN policy_changes')
  }
  const first = attempt().catch(() => {})
  const loop = repeat(5_000, attempt)
  return {
    stop: async () => {
      await first
      await loop.stop()
      letGo()
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
