import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import type pg from 'pg'
import { startAuditClient } from './audit-client.ts'
import type { AuditClient } from './audit-client.ts'
import { commandClient, endPool, patientClient, poolMax, repeat, servicePool, within } from './clients.ts'
import type { Context, Identity, Replica } from './context.ts'
import { ready } from './gateway-answers.ts'
import { proxied } from './gateway-calls.ts'
import { empty, serve } from './http.ts'
import { manners } from './manners.ts'
import { goMetrics } from './metrics.ts'
import type { Family } from './metrics.ts'
import { openReplayVolume } from './replay.ts'
import type { ReplayState, ReplayVolume } from './replay.ts'
import { loadRevocationSnapshot } from './snapshot.ts'
import type { RevocationSnapshot } from './snapshot.ts'
import { consume, ensureGroup, failOrDeadLetter, gatewayGroup, streams } from './streams.ts'
import type { Consumer, Entry } from './streams.ts'

export type GatewayReplica = Replica & {
  readonly service: 'gateway'
  readonly volume: ReplayVolume
  readonly audit: AuditClient
  readonly snapshot: RevocationSnapshot
  /** Points this replica at an STS that is not there, or back. */
  cutOffSts(on: boolean): void
  openCircuit(on: boolean): void
  /** Whether it reads no revocation any more; its group stays, and without traffic nothing else shows it. */
  deafen(on: boolean): void
}

function newCounters() {
  return {
    allowed: 0,
    denied: 0,
    missingAuth: 0,
    revocationStale: 0,
    circuitOpen: 0,
    circuitOpened: 0,
    circuitFastFail: 0,
    messages: 0,
    reclaimed: 0,
    deadLetters: 0,
    propagationSeconds: 0,
  }
}
type Counters = ReturnType<typeof newCounters>

/** Nothing listens on port 1: a connection is refused at once. */
const nowhere = 'http://127.0.0.1:1'

/** The Gateway: lets requests through while its snapshot of revocations is fresh, and audits them. */
export async function startGateway(identity: Identity, context: Context): Promise<GatewayReplica> {
  const { timings, secrets } = context
  const database = servicePool(context.databaseUrl('gateway'), '', 2)
  const redis = commandClient(context.redisUrl, identity.name)
  const patient = patientClient(context.redisUrl, identity.name)
  const snapshot = await loadRevocationSnapshot(database, timings.snapshotStale)
  const volume = await openReplayVolume(join(context.volumes, identity.hostname), identity.pid)
  const audit = await startAuditClient(redis, secrets.auditHmacKey, volume)
  const counters = newCounters()
  let stsCutOff = false

  async function serveRequest(): Promise<void> {
    if (!snapshot.fresh()) {
      counters.denied += 1
      counters.revocationStale += 1
    } else if (counters.circuitOpen === 1) {
      counters.denied += 1
      counters.circuitFastFail += 1
    } else {
      counters.allowed += 1
      await audit.emit('request.allowed')
    }
  }

  const consumer = await startConsumer(identity, context, redis, snapshot, counters)
  const endpoint = await serve(identity, manners.gateway, async (request) => {
    if (request.path === '/health') return empty
    if (request.path === '/ready') {
      const stsUrl = stsCutOff ? nowhere : context.stsUrl()
      return ready(() => within(timings.gatewayRedisPatience, patient.ping(), 'PING'), {
        snapshot,
        audit,
        volume,
        stsUrl,
      })
    }
    const replay = await volume.state()
    const families = () => familiesOf(counters, audit, snapshot, replay, database)
    const { 'x-request-id': given } = request.headers
    const requestId = typeof given === 'string' ? given : randomUUID()
    return (
      goMetrics(request, secrets.metricsBearer, 'caracal_gateway_', families) ??
      proxied({ redis, audit, snapshot, context, counters }, request, requestId)
    )
  })
  const loops = [
    repeat(timings.work, serveRequest),
    repeat(timings.snapshotReload, () => snapshot.reload()),
    repeat(timings.reclaim, async () => {
      counters.reclaimed += await consumer.reclaim(timings.reclaim)
    }),
  ]
  return {
    ...identity,
    service: 'gateway',
    endpoint,
    volume,
    audit,
    snapshot,
    cutOffSts: (on) => {
      stsCutOff = on
    },
    openCircuit: (on) => {
      counters.circuitOpen = on ? 1 : 0
      if (on) counters.circuitOpened += 1
    },
    deafen: (on) => (on ? consumer.pause() : consumer.resume()),
    stop: async () => {
      await endpoint.close()
      await Promise.all(loops.map((loop) => loop.stop()))
      await consumer.stop()
      redis.disconnect()
      patient.disconnect()
      await endPool(database)
    },
  }
}

/** Every replica has a group of its own, made at the end of the stream when the replica starts. */
async function startConsumer(
  identity: Identity,
  context: Context,
  commands: Redis,
  snapshot: RevocationSnapshot,
  counters: Counters,
): Promise<Consumer> {
  const group = gatewayGroup(identity.hostname)
  await ensureGroup(commands, streams.revocations, group)

  async function handle(entry: Entry): Promise<boolean> {
    const { fields } = entry
    const named = ['session_id', 'agent_session_id', 'delegation_edge_id', 'edge_id']
    const anchors = named.map((name) => fields[name] ?? '').filter((anchor) => anchor !== '')
    if (anchors.length === 0) {
      const failure = {
        counterKey: `stream-failure:${streams.revocations}:${group}:${entry.id}`,
        stream: streams.revocations,
        entry,
        error: 'nothing to revoke is named',
      }
      const dead = await failOrDeadLetter(commands, context.secrets.streamsHmacKey, failure)
      if (dead) counters.deadLetters += 1
      return dead
    }
    for (const anchor of anchors) snapshot.add(anchor)
    counters.messages += 1
    counters.propagationSeconds = Math.max(
      0,
      Math.floor((Date.now() - Number(entry.id.split('-')[0])) / 1_000),
    )
    return true
  }

  return consume({
    redisUrl: context.redisUrl,
    commands,
    stream: streams.revocations,
    group,
    consumer: `gateway-${identity.hostname}-${identity.pid}`,
    count: 50,
    block: 1_000,
    handle: async (entries) => {
      const done: string[] = []
      for (const entry of entries) if (await handle(entry)) done.push(entry.id)
      return done
    },
  })
}

function familiesOf(
  counters: Counters,
  audit: AuditClient,
  snapshot: RevocationSnapshot,
  replay: ReplayState,
  database: pg.Pool,
): readonly Family[] {
  const acquired = database.totalCount - database.idleCount
  const counter = (name: string, value: number): Family => [`caracal_gateway_${name}_total`, 'counter', value]
  const gauge = (name: string, value: number): Family => [`caracal_gateway_${name}`, 'gauge', value]
  return [
    counter('requests', counters.allowed + counters.denied),
    counter('requests_allowed', counters.allowed),
    counter('requests_denied', counters.denied),
    counter('denials_missing_auth', counters.missingAuth),
    ...['bad_bearer', 'expiring', 'bad_routing', 'path_traversal', 'signature', 'jti_replay', 'revoked'].map(
      (reason) => counter(`denials_${reason}`, 0),
    ),
    counter('denials_revocation_stale', counters.revocationStale),
    counter('sts_exchange_errors', 0),
    gauge('sts_exchange_latency_ms', 0),
    gauge('sts_circuit_open', counters.circuitOpen),
    counter('sts_circuit_opened', counters.circuitOpened),
    counter('sts_circuit_fast_fail', counters.circuitFastFail),
    counter('upstream_errors', 0),
    gauge('audit_replay_files', replay.files),
    gauge('audit_replay_bytes', replay.bytes),
    gauge('audit_replay_oldest_age_seconds', replay.oldestAge),
    counter('audit_dropped', audit.counters.dropped),
    counter('audit_sink_errors', audit.counters.sinkErrors),
    gauge('audit_queue_depth', 0),
    gauge('audit_queue_capacity', 10_000),
    counter('audit_persisted', audit.counters.persisted),
    counter('audit_drained', audit.counters.drained),
    gauge('revocations_active', snapshot.active()),
    gauge('revocation_snapshot_age_seconds', snapshot.age()),
    gauge('revocation_snapshot_fresh', snapshot.fresh() ? 1 : 0),
    counter('revocation_messages', counters.messages),
    counter('revocation_pending_replayed', counters.reclaimed),
    counter('revocation_dead_letters', counters.deadLetters),
    counter('revocation_invalid_signatures', 0),
    counter('revocation_reloads', snapshot.counters.reloads),
    counter('revocation_reload_errors', snapshot.counters.reloadErrors),
    gauge('revocation_propagation_seconds', counters.propagationSeconds),
    ['caracal_db_pool_in_use_ratio', 'gauge', acquired / poolMax],
    ['caracal_db_pool_max_conns', 'gauge', poolMax],
    ['caracal_db_pool_acquired_conns', 'gauge', acquired],
  ]
}
