import { setTimeout as delay } from 'node:timers/promises'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startRedis } from '../../rig/redis.ts'
import { redisMemoryUsed } from '../../src/rules/signals.ts'
import { openRedis } from '../../src/connections/redis.ts'
import { ProbeError } from '../../src/probes/probe.ts'
import { redisServer } from '../../src/probes/redis-server.ts'
import {
  lookOnce,
  platformClient,
  platformStreamsProbe,
  redisConnections,
  untilLook,
  untilSeen,
  valueIn,
  whyUnavailable,
} from '../support/redis.ts'

const { open, unavailable } = redisConnections()
const rejections: unknown[] = []
const note = (reason: unknown) => rejections.push(reason)

beforeAll(() => void process.on('unhandledRejection', note))
afterAll(() => {
  process.off('unhandledRejection', note)
  expect(rejections).toEqual([])
})
/** Answers every command with the same reply. */
async function replying(reply: string): Promise<{ server: Server; url: string }> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (data) => socket.write(reply.repeat(data.toString().match(/^\*\d+\r$/gm)?.length ?? 1)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

describe('a server that can not answer', () => {
  test('nobody listens: refused at once', async () => {
    const started = performance.now()
    const seen = await unavailable({ url: 'redis://127.0.0.1:1' })
    expect(seen).toMatchObject({ unknownReason: 'unreachable', reason: 'redis_refused' })
    expect(performance.now() - started).toBeLessThan(700)
  })

  test('a name that does not resolve', async () => {
    const seen = await unavailable({ url: 'redis://no-such-host.invalid:6379' })
    expect(['redis_name_unknown', 'redis_timeout']).toContain(seen.reason)
  })

  test('something that is not Redis', async () => {
    const { server, url } = await replying('HTTP/1.1 400 Bad Request\r\n\r\n')
    expect(await unavailable({ url })).toMatchObject({ unknownReason: 'malformed', reason: 'redis_protocol' })
    server.close()
  })

  test('BUSY: a script runs for ever', async () => {
    const server = await startRedis({ config: { 'busy-reply-threshold': '50' } })
    const platform = platformClient(server.url)
    const killer = platformClient(server.url)
    await killer.ping()
    const script = platform.eval('while true do end', 0).catch(() => {})
    await expect.poll(() => killer.ping().catch(String)).toContain('BUSY')
    expect(await unavailable({ url: server.url })).toMatchObject({
      unknownReason: 'unreachable',
      reason: 'redis_busy',
    })
    await killer.call('SCRIPT', 'KILL')
    await script
    platform.disconnect()
    killer.disconnect()
    await server.stop()
  })

  test('LOADING: the data set is read from disk, then all is well', async () => {
    const config = { 'key-load-delay': '500', 'loading-process-events-interval-bytes': '1024' }
    const server = await startRedis({ config })
    const platform = platformClient(server.url)
    const pipeline = platform.pipeline()
    for (let n = 0; n < 4_000; n += 1) pipeline.set(`key-${n}`, 'value')
    await pipeline.exec()
    await platform.save()
    platform.disconnect()
    const restarted = server.restart()
    const redis = open({ url: server.url })
    const seen = await untilLook(
      redis,
      (look) => look instanceof ProbeError && look.reason === 'redis_loading',
    )
    expect(seen).toMatchObject({ unknownReason: 'unreachable' })
    expect(await whyUnavailable(redisServer(redis))).toMatchObject({ reason: 'redis_loading' })
    await restarted
    await untilSeen(redis)
    await redis.close()
    await server.stop()
  })

  test('a replica is contradictory: its streams may lag', async () => {
    const server = await startRedis({ config: { replicaof: '127.0.0.1 1' } })
    const redis = open({ url: server.url })
    expect(await whyUnavailable(redisServer(redis))).toMatchObject({
      unknownReason: 'contradictory',
      reason: 'redis_replica',
    })
    await redis.close()
    await server.stop()
  })
})

describe('a server that comes and goes', () => {
  test('a hung server ends a look by its own time, and is seen again by itself', async () => {
    const server = await startRedis()
    const redis = open({ url: server.url })
    const streams = platformStreamsProbe(redis)
    const memory = redisServer(redis)
    await lookOnce(streams)
    server.suspend()
    const took: number[] = []
    for (let turn = 0; turn < 4; turn += 1) {
      const started = performance.now()
      const [seen, other] = await Promise.all([whyUnavailable(streams), whyUnavailable(memory)])
      took.push(performance.now() - started)
      expect([seen.reason, other.reason]).toEqual(['redis_timeout', 'redis_timeout'])
      expect(seen.unknownReason).toBe('timeout')
      // As far apart as probe attempts are.
      await delay(100)
    }
    expect(Math.max(...took)).toBeLessThan(1_000)
    server.resume()
    const resumed = performance.now()
    await untilSeen(redis)
    expect(performance.now() - resumed).toBeLessThan(3_000)
    expect(valueIn(await lookOnce(memory), redisMemoryUsed)).toBeGreaterThan(0)
    await redis.close()
    await server.stop()
  })

  test('a server that was killed and restarted on its port is seen again by itself', async () => {
    const server = await startRedis()
    const redis = open({ url: server.url })
    await lookOnce(platformStreamsProbe(redis))
    await server.kill()
    await untilLook(redis, (seen) => seen instanceof ProbeError && seen.reason === 'redis_refused')
    await server.restart()
    await untilSeen(redis)
    await redis.close()
    await server.stop()
  })

  test('closing ends what is under way and answers with a reason', async () => {
    const server = await startRedis()
    const redis = openRedis({ url: server.url })
    const looks = [whyUnavailable(redisServer(redis)), redis.close()]
    await Promise.all(looks)
    expect(await whyUnavailable(platformStreamsProbe(redis))).toMatchObject({ unknownReason: 'unreachable' })
    await server.stop()
  })
})

test.each([
  [{}],
  [{ url: 'redis://a:1', cluster: { nodes: [] } }],
  [{ url: 'http://a:1' }],
  [{ url: 'no url at all' }],
])('contradictory settings are refused without repeating them: %j', (settings) => {
  expect(() => openRedis(settings)).toThrow(/exactly one of|must look like/)
})
