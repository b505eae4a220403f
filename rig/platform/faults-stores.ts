import { randomUUID } from 'node:crypto'
import { zone } from './context.ts'
import type { Fault } from './fault.ts'
import { poolMax } from './clients.ts'
import {
  recoverFromPostgresOutage,
  recoverFromRedisOutage,
  requeueApiOutbox,
  requeueCoordinatorOutbox,
} from './recovery.ts'
import { ensureGroup, gatewayGroup, streams } from './streams.ts'
import type { World } from './world.ts'

const ballastKey = 'caracal-rig:ballast'
const ballastBytes = 48 * 1024 * 1024

async function setting(world: World, name: string): Promise<string> {
  const [, value] = (await world.redis.config('GET', name)) as string[]
  return value ?? ''
}

/** Sets a directive; the result sets it back. */
async function change(world: World, name: string, value: string): Promise<() => Promise<void>> {
  const before = await setting(world, name)
  await world.redis.config('SET', name, value)
  return async () => {
    await world.redis.config('SET', name, before)
  }
}

async function usedMemory(world: World): Promise<number> {
  const info = await world.redis.info('memory')
  return Number(/^used_memory:(\d+)/m.exec(info)?.[1] ?? 0)
}

const payload = JSON.stringify({ zone_id: zone, policy_set_id: 'stuck' })

export const storeFaults: readonly Fault[] = [
  {
    name: 'outbox-dead-messages',
    stopCondition: 'outbox-dead-messages',
    gate: 'event-health',
    describe: "A message of the API's outbox has been given up after its last attempt.",
    inject: async (world) => {
      await world.database.admin.query(
        `INSERT INTO event_outbox (id, stream_name, payload_json, attempts, available_at, last_error)
         VALUES ($1, $2, $3, 100, 'infinity', 'read ETIMEDOUT')`,
        [randomUUID(), streams.policy, payload],
      )
      return () => requeueApiOutbox(world)
    },
  },
  {
    name: 'coordinator-outbox-dead',
    stopCondition: 'outbox-dead-messages',
    gate: 'event-health',
    describe: "A message of the Coordinator's outbox has been given up; every Coordinator turns unready.",
    inject: async (world) => {
      await world.database.admin.query(
        `INSERT INTO caracal_outbox (id, producer, topic, dedupe_key, payload_json, status, attempts)
         VALUES ($1, 'coordinator', $2, $1, $3, 'dead', 10)`,
        [randomUUID(), streams.agents, payload],
      )
      return () => requeueCoordinatorOutbox(world)
    },
  },
  {
    name: 'outbox-stuck',
    gate: 'event-health',
    cause: 'outbox-dispatch',
    describe: 'No API replica sends its outbox any more; the oldest message has waited for ten minutes.',
    inject: async (world) => {
      for (const replica of world.all('api')) replica.dispatch(false)
      await world.database.admin.query(
        `INSERT INTO event_outbox (id, stream_name, payload_json, created_at)
         VALUES ($1, $2, $3, now() - interval '10 min')`,
        [randomUUID(), streams.policy, payload],
      )
      return async () => {
        for (const replica of world.all('api')) replica.dispatch(true)
      }
    },
  },
  {
    name: 'postgres-pool-saturation',
    stopCondition: 'postgres-pool-saturation',
    gate: 'event-health',
    describe: 'Nearly all connections of the API replicas to Postgres are held in open transactions.',
    inject: async (world) => {
      const held = await Promise.all(world.all('api').map((replica) => replica.holdConnections(poolMax - 1)))
      return async () => {
        await Promise.all(held.map((giveBack) => giveBack()))
      }
    },
  },
  {
    name: 'redis-memory-pressure',
    stopCondition: 'redis-memory-pressure',
    gate: 'event-health',
    describe: 'Redis uses 94 % of the memory that it may use.',
    inject: async (world) => {
      const restore = await change(world, 'maxmemory', '0')
      // With ballast the last 6 % are megabytes, so that the platform's own work does not use them up.
      await world.redis.setrange(ballastKey, ballastBytes, 'x')
      await world.redis.config('SET', 'maxmemory', String(Math.ceil((await usedMemory(world)) / 0.94)))
      return async () => {
        await world.redis.del(ballastKey)
        await restore()
      }
    },
  },
  {
    name: 'redis-rejects-writes',
    stopCondition: 'redis-memory-pressure',
    gate: 'event-health',
    describe: 'Redis uses more memory than it may and refuses every write.',
    inject: async (world) => {
      const restore = await change(world, 'maxmemory', String(Math.floor((await usedMemory(world)) / 2)))
      return async () => {
        await restore()
        await recoverFromRedisOutage(world)
      }
    },
  },
  {
    name: 'redis-eviction-policy',
    gate: 'event-health',
    cause: 'redis-configuration',
    describe: 'Redis may evict keys, and with them whole streams.',
    inject: (world) => change(world, 'maxmemory-policy', 'allkeys-lru'),
  },
  {
    name: 'gateway-group-missing',
    gate: 'event-health',
    cause: 'revocation-propagation',
    describe: 'The consumer group of one Gateway replica is gone: it hears of no revocation.',
    strikes: { service: 'gateway', index: 0 },
    inject: async (world, name) => {
      const group = gatewayGroup(world.byName(name).hostname)
      await world.redis.xgroup('DESTROY', streams.revocations, group)
      return () => ensureGroup(world.redis, streams.revocations, group)
    },
  },
  {
    name: 'migration-missing',
    gate: 'migration-safety',
    cause: 'migrations-forward-only',
    describe: 'The database does not have the newest migration.',
    inject: async (world) => {
      const { admin } = world.database
      const { rows } = await admin.query<{ version: string; applied_at: Date }>(
        `DELETE FROM schema_migrations WHERE version = (SELECT max(version) FROM schema_migrations)
         RETURNING version, applied_at`,
      )
      return async () => {
        for (const row of rows) {
          await admin.query('INSERT INTO schema_migrations VALUES ($1, $2)', [row.version, row.applied_at])
        }
      }
    },
  },
  {
    name: 'redis-hung',
    gate: 'event-health',
    cause: 'redis-unavailable',
    describe: 'Redis keeps its connections and answers nothing.',
    inject: async (world) => {
      const { redis } = world.servers
      if (redis === undefined) throw new Error('This Redis is not ours to suspend')
      await redis.suspend()
      return async () => {
        await redis.resume()
        await recoverFromRedisOutage(world)
      }
    },
  },
  {
    name: 'postgres-hung',
    gate: 'event-health',
    cause: 'postgres-unavailable',
    describe: 'Postgres keeps its connections and answers nothing.',
    inject: async (world) => {
      const { postgres } = world.servers
      if (postgres === undefined) throw new Error('This Postgres is not ours to suspend')
      await postgres.suspend()
      return async () => {
        await postgres.resume()
        await recoverFromPostgresOutage(world)
      }
    },
  },
]
