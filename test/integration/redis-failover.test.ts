import type { Redis } from 'ioredis'
import { afterEach, expect, test } from 'vitest'
import { freePort } from '../../rig/processes.ts'
import { startRedis, type RedisServer } from '../../rig/redis.ts'
import { streamEntries } from '../../src/rules/signals.ts'
import { openRedis, type RedisConnection, type RedisSettings } from '../../src/connections/redis.ts'
import { ProbeError, type Look } from '../../src/probes/probe.ts'
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
