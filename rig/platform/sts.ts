import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type pg from 'pg'
import { auditData, startAuditClient } from './audit-client.ts'
import type { AuditClient } from './audit-client.ts'
import { commandClient, endPool, patientClient, repeat, servicePool, within } from './clients.ts'
import type { Loop } from './clients.ts'
import { zone } from './context.ts'
import type { Context, Identity, Replica } from './context.ts'
import { exchangeToken } from './exchange.ts'
import { empty, goError, goJson, goUnready, serve } from './http.ts'
import type { Answer } from './http.ts'
import { manners } from './manners.ts'
import { goMetrics } from './metrics.ts'
import type { Family } from './metrics.ts'
import { insertApiMessage } from './outbox.ts'
import { newPolicyEngine } from './policy.ts'
import type { PolicyBreak, PolicyEngine } from './policy.ts'
import { openReplayVolume } from './replay.ts'
import type { ReplayState, ReplayVolume } from './replay.ts'
import { signAudit, streams } from './streams.ts'
import { startStsConsumers } from './sts-consumers.ts'
import type { StsConsumers } from './sts-consumers.ts'

export type StsReplica = Replica & {
  readonly service: 'sts'
  readonly volume: ReplayVolume
  readonly audit: AuditClient
  readonly policy: PolicyEngine
  /** How every policy that is loaded from now on is bad. */
  breakPolicies(how: PolicyBreak | undefined): void
}

/** The STS: consumes policy, revocation and key invalidations, audits what it decides. */
export async function startSts(identity: Identity, context: Context): Promise<StsReplica> {
  const database = servicePool(context.databaseUrl('sts'), '', 2)
  const redis = commandClient(context.redisUrl, identity.name)
  const volume = await openReplayVolume(join(context.volumes, identity.hostname), identity.pid)
  const audit = await startAuditClient(redis, context.secrets.auditHmacKey, volume)
  const patient = patientClient(context.redisUrl, identity.name)
  const policy = newPolicyEngine(() => context.activePolicy.version)
  const listener = listen(database)
  const consumers = startStsConsumers(identity, context, {
    commands: redis,
    database,
    load: (name) => policy.load(name),
  })
  const pings = {
    postgres: () => within(2_000, database.query('SELECT 1'), 'ready check'),
    // The bound of 2 s does not end a PING that Redis leaves unanswered.
    redis: () => within(context.timings.stsRedisPatience, patient.ping(), 'ready check'),
  }
  const endpoint = await serve(identity, manners.sts, async (request) => {
    if (request.path === '/health') return empty
    if (request.path === '/ready') return ready(pings, audit, volume, consumers)
    if (request.path === '/oauth/2/token' && request.method === 'POST')
      return exchangeToken({ database, audit, policy, secrets: context.secrets }, request)
    const replay = await volume.state()
    const { metricsBearer } = context.secrets
    const families = () => familiesOf(policy, audit, replay)
    return goMetrics(request, metricsBearer, 'caracal_sts_', families) ?? goError(404, '404 page not found')
  })
  const loops = [
    repeat(context.timings.policyPoll, async () => policy.poll()),
    repeat(context.timings.work, async () => {
      const denied = policy.evaluate(zone)
      await audit.emit(denied === undefined ? 'token.issued' : 'token.denied')
      if (policy.counters.evaluations % 10 === 0) await writeDecision(database, context)
    }),
  ]
  return {
    ...identity,
    service: 'sts',
    endpoint,
    volume,
    audit,
    policy,
    breakPolicies: (how) => policy.breakPolicies(how),
    stop: async () => {
      await endpoint.close()
      await Promise.all(loops.map((loop) => loop.stop()))
      await consumers.stop()
      redis.disconnect()
      patient.disconnect()
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
  pings: Readonly<Record<'postgres' | 'redis', () => Promise<unknown>>>,
  audit: AuditClient,
  volume: ReplayVolume,
  consumers: StsConsumers,
): Promise<Answer> {
  const fails = (check: Promise<unknown>) =>
    check.then(
      () => false,
      () => true,
    )
  if (await fails(pings.postgres())) return goUnready('postgres_unreachable')
  if (await fails(pings.redis())) return goUnready('redis_unreachable')
  if (audit.counters.dropped > 0) return goUnready('audit_evidence_lost')
  if (!(await volume.writable())) return goUnready('audit_replay_unavailable')
  if (!consumers.ready()) return goUnready('stream_consumers_not_ready')
  return goJson(200, { ok: true, ready: true })
}

function familiesOf(policy: PolicyEngine, audit: AuditClient, replay: ReplayState): readonly Family[] {
  const { evaluations, evaluationErrors, compiles, compileErrors } = policy.counters
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
    ['caracal_sts_opa_eval_errors_total', 'counter', evaluationErrors],
    ['caracal_sts_opa_eval_duration_seconds_total', 'counter', evaluations * 0.002],
    ['caracal_sts_opa_compile_total', 'counter', compiles],
    ['caracal_sts_opa_compile_errors_total', 'counter', compileErrors],
    ['caracal_sts_opa_compile_duration_seconds_total', 'counter', compiles * 0.01],
    ['caracal_sts_opa_max_policy_age_seconds', 'gauge', policy.maxAge()],
    ['caracal_sts_opa_poll_interval_seconds', 'gauge', 60],
  ]
}
