import type { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startRedis, type RedisServer } from '../../rig/redis.ts'
import { deadLetterArrivals, deadLetterEntries } from '../../src/rules/signals.ts'
import { openRedis, type RedisConnection } from '../../src/connections/redis.ts'
import { deadLetters } from '../../src/probes/dead-letters.ts'
import { ProbeError, type Look } from '../../src/probes/probe.ts'
import { platformClient, spotIn, valueIn } from '../support/redis.ts'
import { watchFor } from '../support/waiting.ts'

const dlq = 'caracal.audit.events.dlq'
const dead = 'caracal.sessions.revoke.dead'

let server: RedisServer
let platform: Redis
let redis: RedisConnection
let stop: AbortController
let following: Promise<void> = Promise.resolve()
let seen: (Look | ProbeError)[] = []
let onNext: () => void = () => {}

beforeAll(async () => {
  server = await startRedis()
  platform = platformClient(server.url)
})
afterAll(async () => {
  platform?.disconnect()
  await server?.stop()
})
beforeEach(async () => {
  await platform.flushall()
  redis = openRedis({ url: server.url })
  stop = new AbortController()
  seen = []
})
afterEach(async () => {
  stop.abort()
  await following
  await redis.close()
})

function follow(): void {
  const watch = deadLetters(redis, [dlq, dead])
  const [target] = watch.targets()
  if (target === undefined) throw new Error('no target')
  following = watch.follow(
    target,
    (look) => {
      seen.push(look)
      onNext()
    },
    stop.signal,
  )
}

/** The next look that is delivered and is as wanted. */
function next(wanted: (look: Look | ProbeError) => boolean, within = 8_000): Promise<Look | ProbeError> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`saw ${JSON.stringify(seen)}`)), within)
    onNext = () => {
      const look = seen.at(-1)
      if (look === undefined || !wanted(look)) return
      clearTimeout(timer)
      onNext = () => {}
      resolve(look)
    }
    onNext()
  })
}

/** Waits until the read of the dead letters blocks. */
async function isBlocked(): Promise<void> {
  await expect.poll(() => platform.info('clients')).toContain('blocked_clients:1')
}

const arrivals = (look: Look | ProbeError, stream = dlq) =>
  look instanceof ProbeError ? undefined : valueIn(look, deadLetterArrivals, { stream })

describe('dead letters', () => {
  test('streams that do not exist have 0 entries and 0 arrivals, and are seen when they come into being', async () => {
    follow()
    const first = await next((look) => arrivals(look) === 0)
    if (first instanceof ProbeError) throw first
    expect(valueIn(first, deadLetterEntries, { stream: dead })).toBe(0)
    await platform.xadd(dead, '*', 'reason', 'x')
    const second = await next((look) => arrivals(look, dead) === 1)
    expect(arrivals(second)).toBe(0)
  })

  test('T09: replay with XDEL lowers the entries, never the arrivals', async () => {
    const id = await platform.xadd(dlq, '*', 'reason', 'x')
    await platform.xadd(dlq, '*', 'reason', 'x')
    await platform.xdel(dlq, id ?? '')
    follow()
    const look = await next((candidate) => arrivals(candidate) === 2)
    expect(look instanceof ProbeError ? undefined : valueIn(look, deadLetterEntries, { stream: dlq })).toBe(1)
  })

  test('a burst is counted whole', async () => {
    follow()
    await next((look) => arrivals(look) === 0)
    const pipeline = platform.pipeline()
    for (let n = 0; n < 500; n += 1) pipeline.xadd(dlq, '*', 'reason', 'x')
    await pipeline.exec()
    await next((look) => arrivals(look) === 500)
  })

  test('an arrival is delivered within milliseconds', async () => {
    follow()
    await next((look) => arrivals(look) === 0)
    const took: number[] = []
    for (let n = 1; n <= 50; n += 1) {
      await isBlocked()
      const arrived = next((look) => arrivals(look) === n)
      const added = performance.now()
      await platform.xadd(dlq, '*', 'reason', 'x')
      await arrived
      took.push(performance.now() - added)
    }
    const sorted = took.toSorted((a, b) => a - b)
    expect(sorted[25]).toBeLessThan(20)
  })

  test('an arrival is counted by the answer to the read that waited for it', async () => {
    follow()
    await next((look) => arrivals(look) === 0)
    for (let n = 1; n <= 3; n += 1) {
      await isBlocked()
      const { roundTrips } = redis.cost
      const arrived = next((look) => arrivals(look) === n).then(() => redis.cost.roundTrips)
      await platform.xadd(dlq, '*', 'reason', 'x')
      expect(await arrived).toBe(roundTrips)
    }
  })

  test('arrivals that follow each other are delivered one by one', async () => {
    follow()
    await next((look) => arrivals(look) === 0)
    for (let n = 1; n <= 15; n += 3) {
      for (const count of [n, n + 1, n + 2]) {
        await isBlocked()
        await platform.xadd(dead, '*', 'reason', 'x')
        await next((look) => arrivals(look, dead) === count)
      }
    }
    expect(seen.map((look) => arrivals(look, dead))).toEqual(Array.from({ length: 16 }, (_, n) => n))
  })

  test('a flood costs Redis few commands, and is counted to its last entry', async () => {
    follow()
    await next((look) => arrivals(look) === 0)
    await isBlocked()
    await platform.config('RESETSTAT')
    const began = performance.now()
    let added = 0
    while (performance.now() - began < 3_000) {
      await Promise.all(Array.from({ length: 20 }, () => platform.xadd(dlq, '*', 'reason', 'x')))
      added += 20
    }
    await next((look) => arrivals(look) === added)
    await isBlocked()
    const seconds = (performance.now() - began) / 1_000
    const stats = await platform.info('commandstats')
    const reads = Number(/cmdstat_xread:calls=(\d+)/.exec(stats)?.[1])
    expect(added).toBeGreaterThan(200)
    expect(reads).toBeLessThanOrEqual(20 + 10 * seconds + 2)
  })

  test('while nothing arrives each look is the one before', async () => {
    await platform.xadd(dlq, '*', 'reason', 'x')
    follow()
    await next((look) => arrivals(look) === 1)
    const [first] = seen
    await next(() => seen.length === 2)
    expect(seen[1]).toBe(first)
  })

  test('a key of another type blinds its own stream and no other', async () => {
    await platform.set(dlq, 'text')
    follow()
    const look = await next((candidate) => arrivals(candidate, dead) === 0)
    if (look instanceof ProbeError) throw look
    expect(spotIn(look, deadLetterArrivals, { stream: dlq })?.reason).toBe('redis_wrong_type')
    await platform.xadd(dead, '*', 'reason', 'x')
    await next((candidate) => arrivals(candidate, dead) === 1)
  })

  test('nothing is written and nobody is asked who need not be', async () => {
    follow()
    await next((look) => arrivals(look) === 0)
    await platform.config('RESETSTAT')
    await platform.xadd(dlq, '*', 'reason', 'x')
    await next((look) => arrivals(look) === 1)
    // Long enough for a poll, if there were one.
    await watchFor(150)
    const stats = await platform.info('commandstats')
    const names = [...stats.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)].map(([, name]) => name)
    expect(new Set(names)).toEqual(new Set(['config|resetstat', 'xadd', 'xread', 'xinfo|stream', 'info']))
  })

  test('stopping ends a blocked read at once', async () => {
    follow()
    await next((look) => arrivals(look) === 0)
    await isBlocked()
    const stopped = performance.now()
    stop.abort()
    await following
    expect(performance.now() - stopped).toBeLessThan(1_000)
  })
})

describe('a server that comes and goes', () => {
  test('a hung server is a time-out, not silence, and what arrived meanwhile is counted', async () => {
    follow()
    await next((look) => arrivals(look) === 0)
    server.suspend()
    const look = await next((candidate) => candidate instanceof ProbeError)
    expect(look).toMatchObject({ unknownReason: 'timeout', reason: 'redis_timeout' })
    server.resume()
    await platform.xadd(dlq, '*', 'reason', 'x')
    await next((candidate) => arrivals(candidate) === 1)
  })

  test('a server that is killed is seen to be gone at once, and again when it is back', async () => {
    follow()
    await next((look) => arrivals(look) === 0)
    await server.kill()
    await next((look) => look instanceof ProbeError, 2_000)
    await server.restart()
    await next((look) => arrivals(look) === 0)
    await platform.xadd(dlq, '*', 'reason', 'x')
    await next((look) => arrivals(look) === 1)
  })
})
