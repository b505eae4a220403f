import type { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startRedis, type RedisServer } from '../../rig/redis.ts'
import { deadLetterStreams } from '../../src/rules/platform.ts'
import { deadLetterArrivals, streamEntries } from '../../src/rules/signals.ts'
import { openRedis, type RedisConnection } from '../../src/connections/redis.ts'
import { deadLetters } from '../../src/probes/dead-letters.ts'
import { ProbeError, type Look } from '../../src/probes/probe.ts'
import { redisServer } from '../../src/probes/redis-server.ts'
import { whyUnavailable, lookOnce, platformClient, platformStreamsProbe, valueIn } from '../support/redis.ts'

const dlq = { stream: 'caracal.audit.events.dlq' }
let primary: RedisServer
let replica: RedisServer
let onPrimary: Redis
let onReplica: Redis
let redis: RedisConnection
const stops: AbortController[] = []

beforeEach(async () => {
  primary = await startRedis()
  replica = await startRedis({ config: { replicaof: `127.0.0.1 ${primary.port}` } })
  onPrimary = platformClient(primary.url)
  onReplica = platformClient(replica.url)
  await expect
    .poll(() => onReplica.info('replication'), { timeout: 10_000 })
    .toContain('master_link_status:up')
})

afterEach(async () => {
  for (const stop of stops.splice(0)) stop.abort()
  await redis.close()
  onPrimary.disconnect()
  onReplica.disconnect()
  await Promise.all([primary.stop(), replica.stop()])
})

/** Follows the dead letters; `until` gives the first look from now on that is wanted. */
function followed(connection: RedisConnection) {
  const stop = new AbortController()
  stops.push(stop)
  const seen: (Look | ProbeError)[] = []
  void deadLetters(connection, deadLetterStreams).follow(
    { id: 'redis', labels: {} },
    (look) => seen.push(look),
    stop.signal,
  )
  return {
    seen,
    async until(wanted: (look: Look | ProbeError) => boolean) {
      const from = seen.length
      await expect.poll(() => seen.slice(from).some(wanted), { timeout: 10_000, interval: 10 }).toBe(true)
    },
  }
}

const isReplica = (look: Look | ProbeError) => look instanceof ProbeError && look.reason === 'redis_replica'
const hasArrivals = (count: number) => (look: Look | ProbeError) =>
  !(look instanceof ProbeError) && valueIn(look, deadLetterArrivals, dlq) === count

test('X90: nothing that a replica says proves anything, whoever asks, and the primary is named', async () => {
  redis = openRedis({ url: replica.url })
  for (const probe of [platformStreamsProbe(redis), redisServer(redis)]) {
    const unavailable = await whyUnavailable(probe)
    expect(unavailable).toMatchObject({ unknownReason: 'contradictory', reason: 'redis_replica' })
    expect(unavailable.message).toContain(`a replica of 127.0.0.1:${primary.port}`)
  }
})

test('X90: a dead letter that a replica does not have, since its link is down, is not told as none', async () => {
  redis = openRedis({ url: replica.url })
  const tail = followed(redis)
  await onPrimary.config('SET', 'requirepass', 'from-now-on')
  await onPrimary.call('CLIENT', 'KILL', 'TYPE', 'replica')
  await onPrimary.xadd(dlq.stream, '*', 'reason', 'x')
  await expect.poll(() => onReplica.info('replication')).toContain('master_link_status:down')
  await expect
    .poll(async () => (await whyUnavailable(platformStreamsProbe(redis))).message, { timeout: 10_000 })
    .toContain('its link is down')
  await tail.until(isReplica)
  expect(tail.seen.every(isReplica)).toBe(true)
})

test('X90: a primary that is demoted under a running connection is noticed within a look', async () => {
  redis = openRedis({ url: primary.url })
  await onPrimary.xadd(dlq.stream, '*', 'reason', 'x')
  const streams = platformStreamsProbe(redis)
  const memory = redisServer(redis)
  const tail = followed(redis)
  await tail.until(hasArrivals(1))
  await lookOnce(streams)
  await onReplica.replicaof('NO', 'ONE')
  await onPrimary.replicaof('127.0.0.1', replica.port)
  expect(await whyUnavailable(streams)).toMatchObject({ reason: 'redis_replica' })
  expect(await whyUnavailable(memory)).toMatchObject({ reason: 'redis_replica' })
  await tail.until(isReplica)
  // What arrives at the new primary now must not be told as not arrived.
  expect(hasArrivals(1)(tail.seen.at(-1) as Look | ProbeError)).toBe(false)
})

test('X90: a replica that is promoted is seen, with what it holds', async () => {
  redis = openRedis({ url: replica.url })
  const tail = followed(redis)
  await tail.until(isReplica)
  expect((await whyUnavailable(platformStreamsProbe(redis))).reason).toBe('redis_replica')
  await onReplica.replicaof('NO', 'ONE')
  await onReplica.xadd(dlq.stream, '*', 'reason', 'x')
  await onReplica.xadd('caracal.audit.events', '*', 'a', 'b')
  const entries = async () => {
    const seen = await lookOnce(platformStreamsProbe(redis)).catch((fault: unknown) => fault)
    return seen instanceof Error
      ? undefined
      : valueIn(seen as Look, streamEntries, { stream: 'caracal.audit.events' })
  }
  await expect.poll(entries, { timeout: 10_000 }).toBe(1)
  await tail.until(hasArrivals(1))
})
