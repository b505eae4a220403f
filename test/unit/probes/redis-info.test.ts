import { describe, expect, test } from 'vitest'
import {
  redisMemoryLimit,
  redisMemoryUsed,
  redisNoEviction,
  redisPersistence,
  redisRejectedWrites,
} from '../../../src/rules/signals.ts'
import type { RedisConnection } from '../../../src/connections/redis.ts'
import { decodeInfo } from '../../../src/probes/redis-info.ts'
import { redisServer } from '../../../src/probes/redis-server.ts'
import { lookOnce, readingOf, spotIn, valueIn } from '../../support/redis.ts'

const good = [
  '# Memory',
  'used_memory:1000',
  'maxmemory:4000',
  'total_system_memory:9000',
  'maxmemory_policy:noeviction',
  '# Persistence',
  'loading:0',
  'rdb_last_bgsave_status:ok',
  'rdb_saves:0',
  'aof_enabled:1',
  'aof_last_write_status:ok',
  '# Stats',
  'evicted_keys:2',
  '# Replication',
  'role:master',
  '# Errorstats',
  'errorstat_ERR:count=9',
  'errorstat_MISCONF:count=1',
  'errorstat_OOM:count=3',
]

function info(changes: Readonly<Record<string, string | undefined>> = {}): string {
  const lines = good.flatMap((line) => {
    const name = line.split(':')[0] ?? ''
    if (!(name in changes)) return [line]
    return changes[name] === undefined ? [] : [`${name}:${changes[name]}`]
  })
  return lines.join('\r\n')
}

describe('INFO', () => {
  test('is decoded', () => {
    expect(decodeInfo(info())).toEqual({
      loading: false,
      usedMemory: 1_000,
      maxMemory: 4_000,
      systemMemory: 9_000,
      evictionPolicy: 'noeviction',
      evictedKeys: 2,
      rejectedWrites: 4,
      persistence: { ok: true, detail: 'append-only file' },
    })
  })

  test('no refused write is 0, no such section is unknown', () => {
    expect(decodeInfo('# Errorstats\r\n').rejectedWrites).toBe(0)
    expect(decodeInfo('# Stats\r\n').rejectedWrites).toBeUndefined()
  })

  test('a field that is said twice is not known', () => {
    const twice = `${info()}\r\nused_memory:9\r\n`
    expect(decodeInfo(twice)).toMatchObject({ usedMemory: undefined, maxMemory: 4_000 })
  })

  test.each([
    [{ aof_last_write_status: 'err' }, false],
    [{ rdb_last_bgsave_status: 'err' }, false],
    [{ aof_enabled: '0' }, false],
    [{ aof_enabled: '0', rdb_saves: '1' }, true],
  ])('persistence with %j is %s', (changes, ok) => {
    expect(decodeInfo(info(changes)).persistence?.ok).toBe(ok)
  })

  test.each([
    { aof_enabled: undefined },
    { aof_last_write_status: undefined },
    { rdb_last_bgsave_status: undefined },
    { aof_enabled: '0', rdb_saves: undefined },
  ])('persistence without %j is unknown', (changes) => {
    expect(decodeInfo(info(changes)).persistence).toBeUndefined()
  })
})

describe('the look', () => {
  /** A connection on which every primary gives one of these answers. */
  function answering(...answers: readonly string[]): RedisConnection {
    const never = () => Promise.reject(new Error('not asked'))
    return {
      cost: { connections: 0, commands: 0, roundTrips: 0, failures: 0, spent: 0 },
      blocks: true,
      run: never,
      runAnywhere: never,
      runOnPrimaries: () => Promise.resolve(answers.map((value) => ({ ok: true, value }))),
      tail: () => {
        throw new Error('not asked')
      },
      close: never,
    }
  }

  test.each([
    [{}, 4_000, 'maxmemory of Redis'],
    [{ maxmemory: '0' }, 9_000, 'all memory of its server: Redis has no maxmemory'],
  ])('the limit with %j is %d', async (changes, value, detail) => {
    const seen = await lookOnce(redisServer(answering(info(changes))))
    expect(readingOf(seen, redisMemoryLimit)).toMatchObject({ value, detail })
  })

  test('fields that a managed server leaves out are blind spots, never 0', async () => {
    const missing = {
      maxmemory: '0',
      total_system_memory: undefined,
      maxmemory_policy: undefined,
      aof_enabled: undefined,
    }
    const seen = await lookOnce(redisServer(answering(info(missing).replace('# Errorstats', ''))))
    for (const signal of [redisMemoryLimit, redisNoEviction, redisPersistence, redisRejectedWrites])
      expect(spotIn(seen, signal)).toMatchObject({ unknownReason: 'ambiguous', reason: 'redis_info_missing' })
  })

  test('of several primaries the fullest is told, and whatever is wrong on any', async () => {
    const fuller = info({
      used_memory: '3900',
      maxmemory_policy: 'allkeys-lru',
      aof_last_write_status: 'err',
    })
    const seen = await lookOnce(redisServer(answering(info(), fuller, info())))
    expect(valueIn(seen, redisMemoryLimit)).toBe(4_000)
    expect(readingOf(seen, redisNoEviction)).toMatchObject({ value: 0, detail: 'allkeys-lru' })
    expect(valueIn(seen, redisPersistence)).toBe(0)
    expect(valueIn(seen, redisRejectedWrites)).toBe(12)
  })

  test('is the one before while all that is told is the same', async () => {
    const probe = redisServer(answering(info()))
    const first = await lookOnce(probe)
    expect(await lookOnce(probe)).toBe(first)
  })

  test.each([
    ['more', '1000001', 1_000_001],
    ['as much', '1000000', 1_000_000],
    ['a little less', '996000', 1_000_000],
    ['less by more than a thousandth of the limit', '995999', 995_999],
  ])('memory that moved by a little is told as it was, never too low: %s', async (_, used, told) => {
    let answer = info({ used_memory: '1000000', maxmemory: '4000000' })
    const redis = answering(answer)
    const probe = redisServer({
      ...redis,
      runOnPrimaries: () => Promise.resolve([{ ok: true, value: answer }]),
    })
    await lookOnce(probe)
    answer = info({ used_memory: used, maxmemory: '4000000' })
    expect(valueIn(await lookOnce(probe), redisMemoryUsed)).toBe(told)
  })
})
