import { setTimeout as delay } from 'node:timers/promises'
import type { Scene } from './rig-scene.ts'

type Symptom = (scene: Scene) => Promise<boolean>

const auditStream = 'caracal.audit.events'

/** How each fault shows in the platform's own endpoints, tables and streams, by the fault's name. */
export const symptoms: Readonly<Record<string, Symptom>> = {
  'sts-unready': (scene) => saysReason(scene, 'sts-1', 'audit_replay_unavailable'),
  'gateway-unready': (scene) => saysReason(scene, 'gateway-1', 'sts_unreachable'),
  'replay-backlog-aging': async (scene) =>
    (await scene.metric('gateway-1', 'caracal_gateway_audit_replay_oldest_age_seconds')) > 300,
  'revocation-snapshot-stale': async (scene) =>
    (await saysReason(scene, 'gateway-0', 'revocation_snapshot_stale')) &&
    (await scene.metric('gateway-0', 'caracal_gateway_revocation_snapshot_fresh')) === 0,
  'audit-evidence-lost': async (scene) =>
    (await saysReason(scene, 'gateway-1', 'audit_evidence_lost')) &&
    (await scene.metric('gateway-1', 'caracal_gateway_audit_dropped_total')) > 0,
  'sts-circuit-open': async (scene) =>
    (await scene.metric('gateway-0', 'caracal_gateway_sts_circuit_open')) === 1,
  'policy-failure': (scene) =>
    rises(() => scene.metric('sts-0', 'caracal_sts_opa_compile_errors_total'), 600),
  'policy-refused': async (scene) => {
    const [pending] = (await scene.redis.xpending('caracal.policy.invalidate', 'opa-engine')) as [number]
    return pending > 0 && (await scene.metric('sts-0', 'caracal_sts_opa_max_policy_age_seconds')) < 2
  },
  'replica-hung': async (scene) => (await failure(scene, 'coordinator-1')).includes('timeout'),
  'replica-refused': async (scene) => (await failure(scene, 'audit-1')).includes('ECONNREFUSED'),
  'replica-html': async (scene) => (await scene.ask('api-1', '/ready')).type.includes('text/html'),
  'audit-dlq-growing': (scene) =>
    rises(async () => (await streamInfo(scene, `${auditStream}.dlq`)).added, 1_500),
  'audit-events-trimmed': lostBeforeReading,
  'audit-tamper-detected': async (scene) =>
    (await scene.metric('audit-0', 'caracal_audit_tamper_mismatch_total')) > 0,
  'stream-consumer-dead': async (scene) => Number((await ingestor(scene))['lag']) > 1_000,
  'outbox-dead-messages': (scene) => saysError(scene, 'api-0', 'outbox_dead_messages'),
  'coordinator-outbox-dead': (scene) => saysError(scene, 'coordinator-1', 'outbox_dead'),
  'outbox-stuck': async (scene) =>
    (await scene.metric('api-0', 'caracal_api_outbox_oldest_pending_age_seconds')) > 300,
  'postgres-pool-saturation': async (scene) => {
    const { held } = await scene.sql(
      `SELECT count(*) AS held FROM pg_stat_activity WHERE usename = 'caracalapi' AND state <> 'idle'`,
    )
    return Number(held) > 36
  },
  'redis-memory-pressure': async (scene) => {
    const ratio = await memoryRatio(scene)
    return ratio > 0.9 && ratio < 1
  },
  'redis-rejects-writes': async (scene) =>
    scene.redis.set('rig-test:probe', '1').then(
      () => false,
      (error: unknown) => String(error).includes('OOM'),
    ),
  'redis-eviction-policy': async (scene) =>
    /^maxmemory_policy:allkeys-lru/m.test(await scene.redis.info('memory')),
  'gateway-group-missing': async (scene) => {
    const groups = (await scene.redis.xinfo('GROUPS', 'caracal.sessions.revoke')) as unknown[][]
    return !groups.some((group) => group[1] === 'gateway-revocation:caracal-caracal-gateway-0')
  },
  'migration-missing': async (scene) =>
    (await scene.sql('SELECT count(*) AS n FROM schema_migrations'))['n'] !== '3',
  'redis-hung': (scene) => timesOut(scene.redis.ping()),
  'postgres-hung': (scene) => timesOut(scene.sql('SELECT 1')),
}

async function saysReason(scene: Scene, name: string, reason: string): Promise<boolean> {
  const { status, body } = await scene.ready(name)
  return status === 503 && (body as { readonly reason?: unknown }).reason === reason
}

async function saysError(scene: Scene, name: string, error: string): Promise<boolean> {
  const { status, body } = await scene.ready(name)
  return status === 503 && (body as { readonly error?: unknown }).error === error
}

async function failure(scene: Scene, name: string): Promise<string> {
  return scene.ready(name).then(
    () => '',
    (error: unknown) => `${String(error)} ${String((error as Error).cause)}`,
  )
}

async function rises(read: () => Promise<number>, span: number): Promise<boolean> {
  const before = await read()
  await delay(span)
  return (await read()) > before
}

async function timesOut(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => false,
    () => true,
  )
}

function toRecord(flat: readonly unknown[]): Record<string, unknown> {
  const record: Record<string, unknown> = {}
  for (let index = 0; index + 1 < flat.length; index += 2) record[String(flat[index])] = flat[index + 1]
  return record
}

async function streamInfo(
  scene: Scene,
  stream: string,
): Promise<{ added: number; length: number; first: string }> {
  const info = toRecord((await scene.redis.xinfo('STREAM', stream)) as unknown[])
  const first = Array.isArray(info['first-entry']) ? String(info['first-entry'][0]) : '0-0'
  return { added: Number(info['entries-added']), length: Number(info['length']), first }
}

async function ingestor(scene: Scene): Promise<Record<string, unknown>> {
  const groups = ((await scene.redis.xinfo('GROUPS', auditStream)) as unknown[][]).map(toRecord)
  return groups.find((group) => group['name'] === 'audit-ingestor') ?? {}
}

/** What is left begins after what was read last, and is less than what was added since. */
async function lostBeforeReading(scene: Scene): Promise<boolean> {
  const { added, length, first } = await streamInfo(scene, auditStream)
  const group = await ingestor(scene)
  const [left = 0, right = 0] = first.split('-').map(Number)
  const [readLeft = 0, readRight = 0] = String(group['last-delivered-id']).split('-').map(Number)
  const startsLater = left > readLeft || (left === readLeft && right > readRight)
  return startsLater && added - Number(group['entries-read']) > length
}

async function memoryRatio(scene: Scene): Promise<number> {
  const info = await scene.redis.info('memory')
  const value = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0)
  const limit = value('maxmemory')
  return limit === 0 ? 0 : value('used_memory') / limit
}
