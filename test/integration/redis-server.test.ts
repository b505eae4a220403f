import type { Redis } from 'ioredis'
import { afterEach, expect, test } from 'vitest'
import { childrenOf } from '../../rig/processes.ts'
import { startRedis, type RedisServer } from '../../rig/redis.ts'
import { platformStreams } from '../../src/rules/platform.ts'
import {
  redisEvictedKeys,
  redisMemoryLimit,
  redisMemoryUsed,
  redisNoEviction,
  redisPersistence,
  redisRejectedWrites,
} from '../../src/rules/signals.ts'
import { openRedis, type RedisConnection } from '../../src/connections/redis.ts'
import { redisServer } from '../../src/probes/redis-server.ts'
import { redisStreams } from '../../src/probes/redis-streams.ts'
import { lookOnce, platformClient, readingOf, valueIn } from '../support/redis.ts'

let server: RedisServer
let platform: Redis
let redis: RedisConnection

async function start(config: Readonly<Record<string, string>>): Promise<void> {
  server = await startRedis({ config })
  platform = platformClient(server.url)
  redis = openRedis({ url: server.url })
}

afterEach(async () => {
  platform.disconnect()
  await redis.close()
  await server.stop()
})

test('the platform as it should be: append-only file, noeviction, a maxmemory', async () => {
  await start({ appendonly: 'yes', maxmemory: '64mb' })
  const seen = await lookOnce(redisServer(redis))
  expect(valueIn(seen, redisMemoryUsed)).toBeGreaterThan(100_000)
  expect(readingOf(seen, redisMemoryLimit)).toMatchObject({
    value: 64 * 1024 ** 2,
    detail: 'maxmemory of Redis',
  })
  expect(valueIn(seen, redisRejectedWrites)).toBe(0)
  expect(valueIn(seen, redisEvictedKeys)).toBe(0)
  expect(readingOf(seen, redisNoEviction)).toMatchObject({ value: 1, detail: 'noeviction' })
  expect(readingOf(seen, redisPersistence)).toMatchObject({ value: 1, detail: 'append-only file' })
  expect(seen.blindSpots).toEqual([])
})

test('rejected writes are counted, and the configured limit comes before maxmemory', async () => {
  await start({ maxmemory: '3mb' })
  const filling = Array.from({ length: 8 }, (_, n) =>
    platform.set(`key-${n}`, 'x'.repeat(1_000_000)).catch((error: unknown) => String(error)),
  )
  const answers = await Promise.all(filling)
  const refused = answers.filter((answer) => answer?.includes('OOM')).length
  expect(refused).toBeGreaterThan(0)
  const seen = await lookOnce(redisServer(redis, 1_000_000))
  expect(valueIn(seen, redisRejectedWrites)).toBe(refused)
  expect(readingOf(seen, redisMemoryLimit)).toMatchObject({ value: 1_000_000, detail: 'as configured' })
})

test('evictions are counted, and a policy that evicts is named', async () => {
  await start({ maxmemory: '3mb', 'maxmemory-policy': 'allkeys-lru' })
  for (let n = 0; n < 8; n += 1) await platform.set(`key-${n}`, 'x'.repeat(500_000))
  const seen = await lookOnce(redisServer(redis))
  expect(valueIn(seen, redisEvictedKeys)).toBeGreaterThan(0)
  expect(readingOf(seen, redisNoEviction)).toMatchObject({ value: 0, detail: 'allkeys-lru' })
})

test('neither append-only file nor snapshot is no persistence; a snapshot alone is one', async () => {
  await start({})
  const before = await lookOnce(redisServer(redis))
  expect(readingOf(before, redisPersistence)).toMatchObject({ value: 0 })
  await platform.save()
  expect(valueIn(await lookOnce(redisServer(redis)), redisPersistence)).toBe(1)
})

test('a snapshot that failed is no persistence, and the writes that it forbids are counted', async () => {
  await start({ save: '3600 1', 'rdb-key-save-delay': '10000000' })
  await platform.set('key', 'value')
  await platform.bgsave()
  // What ends the child that saves is what a full disk would do.
  const [saver] = await childrenOf(server.pid)
  process.kill(saver ?? server.pid, 'SIGKILL')
  await expect.poll(() => platform.info('persistence')).toContain('rdb_last_bgsave_status:err')
  await expect(platform.set('key', 'other')).rejects.toThrow('MISCONF')
  const seen = await lookOnce(redisServer(redis))
  expect(readingOf(seen, redisPersistence)).toMatchObject({
    value: 0,
    detail: 'the last save of a snapshot failed',
  })
  expect(valueIn(seen, redisRejectedWrites)).toBe(1)
})

test('the look at the server rides along with the look at the streams', async () => {
  await start({})
  const streams = redisStreams(redis, { streams: platformStreams, hostnames: () => [], lagLimit: 1_000 })
  const memory = redisServer(redis)
  await lookOnce(streams)
  const before = redis.cost
  const { roundTrips, commands } = { ...before }
  for (let n = 0; n < 10; n += 1) await Promise.all([lookOnce(memory), lookOnce(streams)])
  expect(redis.cost.roundTrips - roundTrips).toBe(10)
  expect(redis.cost.commands - commands).toBe(10 * (1 + 1 + platformStreams.length))
})
