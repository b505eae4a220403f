import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { monitor } from '../../bench/monitor.ts'
import { watchCommands } from '../../bench/redis-cost.ts'
import { startRedis, type RedisServer } from '../../rig/redis.ts'

let redis: RedisServer
let client: Redis

beforeAll(async () => {
  redis = await startRedis()
  client = new Redis(redis.url)
  client.on('error', () => {})
})

afterAll(async () => {
  client.disconnect()
  await redis.stop()
})

describe('X51: commands that are counted by MONITOR', () => {
  it('are all of those that were sent beside it, whatever is in them, in their order', async () => {
    const watching = await monitor(redis.url)
    const values = Array.from({ length: 20_000 }, (_, index) => `${index} "\r\n+OK\r\n`.padEnd(64, 'x'))
    await Promise.all(values.map((value, index) => client.set(`k${index}`, value)))
    await client.call('PING')
    // What Redis was asked last it shows last; it may still be on its way.
    const sets = watching.stop().filter(({ name }) => name === 'SET')
    expect(sets.map(({ sub }) => sub)).toEqual(values.map((_, index) => `k${index}`).slice(0, sets.length))
    expect(sets.length).toBeGreaterThan(0)
  })

  it('are those of the daemon alone, by the names of its connections', async () => {
    const daemon = new Redis(redis.url, { connectionName: 'caracal-gate-exporter' })
    await daemon.ping()
    const turns = setInterval(() => {
      void daemon.ping()
      void client.get('k1')
    }, 20)
    try {
      const { commands, byCommand } = await watchCommands(client, redis.url, 0.5)
      expect(Object.keys(byCommand)).toEqual(['PING'])
      expect(commands).toBe(byCommand['PING'])
    } finally {
      clearInterval(turns)
      daemon.disconnect()
    }
  })

  it('are not waited for where Redis refuses or hangs, nor after it has gone', async () => {
    await expect(monitor(redis.url.replace('redis://', 'redis://wrong:password@'))).rejects.toThrow(
      'refuses MONITOR',
    )
    const watching = await monitor(redis.url)
    redis.suspend()
    await expect(monitor(redis.url, 200)).rejects.toThrow(/not within 0.2 s/)
    redis.resume()
    await redis.kill()
    expect(watching.stop()).toBeInstanceOf(Array)
    await expect(monitor(redis.url)).rejects.toThrow(/ECONNREFUSED/)
  })
})
