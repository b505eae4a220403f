import type { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freePort } from '../../rig/processes.ts'
import { startRedis, type RedisServer } from '../../rig/redis.ts'
import { deadLetterStreams } from '../../src/rules/platform.ts'
import { deadLetterArrivals, streamEntries } from '../../src/rules/signals.ts'
import { openRedis, type RedisConnection, type RedisSettings } from '../../src/connections/redis.ts'
import { deadLetters } from '../../src/probes/dead-letters.ts'
import { ProbeError, type Look } from '../../src/probes/probe.ts'
import { redisServer } from '../../src/probes/redis-server.ts'
import { bulk, loggedIn, redisImpostor } from '../support/redis-impostor.ts'
import { whyUnavailable, lookOnce, platformClient, platformStreamsProbe, valueIn } from '../support/redis.ts'

const audit = { stream: 'caracal.audit.events' }
const ends: (() => unknown)[] = []

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

async function started(
  config: Readonly<Record<string, string>> = {},
): Promise<readonly [RedisServer, Redis]> {
  const server = await startRedis({ config })
  const client = platformClient(server.url)
  ends.push(
    () => server.stop(),
    () => client.disconnect(),
  )
  return [server, client]
}

function open(settings: RedisSettings): RedisConnection {
  const redis = openRedis(settings)
  ends.push(() => redis.close())
  return redis
}

/** What the audit stream holds, or why that is not seen. */
async function entriesBy(redis: RedisConnection): Promise<number | string | undefined> {
  const seen = await lookOnce(platformStreamsProbe(redis)).catch((fault: unknown) => fault)
  return seen instanceof ProbeError ? seen.reason : valueIn(seen as Look, streamEntries, audit)
}

test('X90: after a failover the sentinels are asked anew, and the old primary is not believed meanwhile', async () => {
  const [old, onOld] = await started()
  const [next, onNext] = await started()
  let named = old.port
  const sentinel = await redisImpostor(
    loggedIn((socket) => socket.write(`*2\r\n${bulk('127.0.0.1')}${bulk(String(named))}`)),
  )
  ends.push(() => sentinel.close())
  const redis = open({ sentinel: { name: 'caracal', nodes: [{ host: '127.0.0.1', port: sentinel.port }] } })
  expect(await entriesBy(redis)).toBe(0)
  await onNext.xadd(audit.stream, '*', 'a', 'b')
  await onOld.replicaof('127.0.0.1', next.port)
  // The sentinels agree only now.
  expect((await whyUnavailable(platformStreamsProbe(redis))).reason).toBe('redis_replica')
  named = next.port
  await expect.poll(() => entriesBy(redis), { timeout: 10_000 }).toBe(1)
})

test('X90: of a cluster the node that was promoted is asked, not the one that was demoted', async () => {
  const [first, onFirst] = await started({
    'cluster-enabled': 'yes',
    'cluster-port': String(await freePort()),
  })
  const bus = await freePort()
  const [second, onSecond] = await started({ 'cluster-enabled': 'yes', 'cluster-port': String(bus) })
  await onFirst.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
  await onFirst.call('CLUSTER', 'MEET', '127.0.0.1', String(second.port), String(bus))
  await expect.poll(() => onSecond.call('CLUSTER', 'INFO'), { timeout: 20_000 }).toMatch(/cluster_state:ok/)
  await onSecond.call('CLUSTER', 'REPLICATE', String(await onFirst.call('CLUSTER', 'MYID')))
  await expect
    .poll(() => onSecond.info('replication'), { timeout: 20_000 })
    .toContain('master_link_status:up')
  const redis = open({ cluster: { nodes: [first, second].map(({ host, port }) => ({ host, port })) } })
  expect(await entriesBy(redis)).toBe(0)
  await onSecond.call('CLUSTER', 'FAILOVER', 'TAKEOVER')
  await onSecond.xadd(audit.stream, '*', 'a', 'b')
  await expect.poll(() => onFirst.info('replication'), { timeout: 20_000 }).toContain('role:slave')
  expect(await entriesBy(redis)).not.toBe(0)
  await expect.poll(() => entriesBy(redis), { timeout: 10_000 }).toBe(1)
})

describe('a primary and its replica', () => {
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
})
