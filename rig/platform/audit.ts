import type { Redis } from 'ioredis'
import type pg from 'pg'
import { insertEvents, readEvent, sweepForTampering } from './audit-ingest.ts'
import type { AuditEvent } from './audit-ingest.ts'
import { commandClient, endPool, patientClient, repeat, servicePool, within } from './clients.ts'
import { zone } from './context.ts'
import type { Context, Identity, Replica } from './context.ts'
import { empty, goError, goJson, goUnready, serve } from './http.ts'
import type { Answer } from './http.ts'
import { takeLeases } from './leases.ts'
import { manners } from './manners.ts'
import { goMetrics } from './metrics.ts'
import type { Family } from './metrics.ts'
import { addEntry, consume, ensureGroup, streams } from './streams.ts'
import type { Consumer, Entry } from './streams.ts'

export type AuditReplica = Replica & {
  readonly service: 'audit'
  /** Whether the ingestor reads; a stopped one still says that it is healthy. */
  ingest(on: boolean): void
  /** Compares stored events with their hashes now, as happens each hour. */
  sweep(): Promise<void>
}

function newCounters() {
  return {
    inserts: 0,
    parseErrors: 0,
    deadLettered: 0,
    retries: 0,
    hmacFailures: 0,
    tamperReplay: 0,
    tamperChecked: 0,
    tamperMismatch: 0,
    lastSweep: 0,
    retentionCreated: 0,
    // Read from Redis now and then; 0 before the first time, and kept when Redis fails.
    pending: 0,
    pendingOldestSeconds: 0,
    deadLetters: 0,
    deadLettersOldestSeconds: 0,
  }
}
type Counters = ReturnType<typeof newCounters>

const group = 'audit-ingestor'

/** The Audit service: reads audit events, verifies, stores, and dead-letters what it can't believe. */
export async function startAudit(identity: Identity, context: Context): Promise<AuditReplica> {
  const { timings, secrets } = context
  const database = servicePool(`${context.databaseUrl('audit')}?options=-ccaracal.zone_id%3D*`, '', 2)
  const redis = commandClient(context.redisUrl, identity.name)
  const patient = patientClient(context.redisUrl, identity.name)
  const counters = newCounters()
  await ensureGroup(redis, streams.audit, group)
  const consumer = consume({
    redisUrl: context.redisUrl,
    commands: redis,
    stream: streams.audit,
    group,
    consumer: identity.hostname,
    count: 100,
    block: timings.auditBlock,
    handle: (entries) => ingest(entries, database, redis, secrets.auditHmacKey, counters),
  })
  const leases = takeLeases(database)

  async function sweep(): Promise<void> {
    const { checked, mismatches } = await sweepForTampering(database)
    counters.tamperChecked += checked
    counters.tamperMismatch += mismatches
    counters.lastSweep = Math.floor(Date.now() / 1_000)
  }
  await sweep()

  const endpoint = await serve(identity, manners.audit, async (request) => {
    if (request.path === '/health') return consumer.healthy() ? empty : goUnready('consumer_unhealthy')
    if (request.path === '/ready') return ready(consumer, database, patient, timings.auditRedisPatience)
    const families = () => familiesOf(counters, leases.held())
    return (
      goMetrics(request, secrets.metricsBearer, 'caracal_audit_', families) ??
      goError(404, '404 page not found')
    )
  })
  const loops = [
    repeat(timings.auditGauges, () => readGauges(redis, counters)),
    repeat(timings.reclaim, async () => {
      counters.retries += await consumer.reclaim(timings.reclaim)
    }),
    repeat(3_600_000, sweep),
    // At the start no replica leads yet; four partitions are counted at each tick, made or not (T50).
    repeat(timings.retention, async () => {
      if (leases.held()) counters.retentionCreated += 4
    }),
  ]
  return {
    ...identity,
    service: 'audit',
    endpoint,
    ingest: (on) => (on ? consumer.resume() : consumer.pause()),
    sweep,
    stop: async () => {
      await endpoint.close()
      await Promise.all(loops.map((loop) => loop.stop()))
      await consumer.stop()
      await leases.release()
      redis.disconnect()
      patient.disconnect()
      await endPool(database)
    },
  }
}

async function ready(consumer: Consumer, database: pg.Pool, redis: Redis, patience: number): Promise<Answer> {
  const fails = (check: Promise<unknown>, limit: number) =>
    within(limit, check, 'ready check').then(
      () => false,
      () => true,
    )
  if (!consumer.healthy()) return goUnready('consumer_unhealthy')
  if (await fails(database.query('SELECT 1'), 2_000)) return goUnready('postgres_unreachable')
  // The bound of 2 s does not end a PING that Redis leaves unanswered.
  if (await fails(redis.ping(), patience)) return goUnready('redis_unreachable')
  return goJson(200, { ready: true })
}

/** Stores a batch; when Postgres fails, what it should have stored stays pending to be taken over later. */
async function ingest(
  entries: readonly Entry[],
  database: pg.Pool,
  redis: Redis,
  key: string,
  counters: Counters,
): Promise<readonly string[]> {
  const done: string[] = []
  const believed: { readonly entry: Entry; readonly event: AuditEvent }[] = []
  async function bury(entry: Entry, reason: string): Promise<void> {
    await deadLetter(redis, entry, reason)
    counters.deadLettered += 1
    done.push(entry.id)
  }
  for (const entry of entries) {
    const event = readEvent(entry, key)
    if (!('reason' in event)) {
      believed.push({ entry, event })
      continue
    }
    if (event.reason === 'hmac_verify_failed') counters.hmacFailures += 1
    else counters.parseErrors += 1
    await bury(entry, event.reason)
  }
  if (believed.length === 0) return done
  const stored = await insertEvents(
    database,
    believed.map(({ event }) => event),
  ).catch(() => undefined)
  if (stored === undefined) return done
  const { inserted, contradicting } = stored
  counters.inserts += inserted
  for (const { entry, event } of believed) {
    if (!contradicting.has(event.id)) {
      done.push(entry.id)
      continue
    }
    counters.tamperReplay += 1
    await database.query(
      `INSERT INTO audit_ingest_alerts (event_id, zone_id, kind) VALUES ($1, $2, 'content_mismatch')`,
      [event.id, zone],
    )
    await bury(entry, 'tamper_on_replay')
  }
  return done
}

/** The entry's own field `id` overwrites `src_id`, so that is an event's id and not a stream's. */
async function deadLetter(redis: Redis, entry: Entry, reason: string): Promise<void> {
  const source = Object.entries(entry.fields).map(([name, value]) => [`src_${name}`, value] as const)
  await addEntry(redis, streams.auditDeadLetters, {
    reason,
    src_id: entry.id,
    received_at: String(Date.now()),
    ...Object.fromEntries(source),
  })
}

async function readGauges(redis: Redis, counters: Counters): Promise<void> {
  const [pending, lowest] = (await redis.xpending(streams.audit, group)) as [number, string | null]
  counters.pending = Number(pending)
  counters.pendingOldestSeconds = 0
  if (lowest !== null) {
    const first = (await redis.xpending(streams.audit, group, lowest, lowest, 1)) as unknown[][]
    counters.pendingOldestSeconds = Math.floor(Number(first[0]?.[2] ?? 0) / 1_000)
  }
  counters.deadLetters = await redis.xlen(streams.auditDeadLetters)
  const [first] = await redis.xrange(streams.auditDeadLetters, '-', '+', 'COUNT', 1)
  const at = first?.[1].indexOf('received_at') ?? -1
  const receivedAt = Number(first?.[1][at + 1] ?? Date.now())
  counters.deadLettersOldestSeconds = first === undefined ? 0 : Math.floor((Date.now() - receivedAt) / 1_000)
}

function familiesOf(counters: Counters, leader: boolean): readonly Family[] {
  const counter = (name: string, value: number): Family => [`caracal_audit_${name}_total`, 'counter', value]
  const gauge = (name: string, value: number): Family => [`caracal_audit_${name}`, 'gauge', value]
  const isLeader = leader ? 1 : 0
  return [
    counter('inserts', counters.inserts),
    counter('export_events', 0),
    counter('export_errors', 0),
    gauge('export_duration_seconds', 0),
    gauge('export_backlog_hours', 0),
    gauge('consumer_lag', counters.pending),
    gauge('consumer_pel_oldest_seconds', counters.pendingOldestSeconds),
    gauge('dlq_size', counters.deadLetters),
    gauge('dlq_oldest_age_seconds', counters.deadLettersOldestSeconds),
    counter('parse_errors', counters.parseErrors),
    counter('dlq', counters.deadLettered),
    counter('retries', counters.retries),
    counter('hmac_failures', counters.hmacFailures),
    counter('tamper_replay', counters.tamperReplay),
    counter('tamper_checked', counters.tamperChecked),
    counter('tamper_mismatch', counters.tamperMismatch),
    counter('tamper_chain_breaks', 0),
    counter('tamper_hmac_failures', 0),
    gauge('tamper_last_sweep_unix', counters.lastSweep),
    gauge('tamper_last_full_unix', counters.lastSweep),
    counter('retention_created', counters.retentionCreated),
    counter('retention_dropped', 0),
    gauge('is_export_leader', isLeader),
    gauge('is_retention_leader', isLeader),
    counter('export_lease_transitions', isLeader),
    counter('retention_lease_transitions', isLeader),
  ]
}
