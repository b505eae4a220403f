import type { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { startRedis, type RedisServer } from '../../rig/redis.ts'
import { openRedis, type RedisConnection } from '../../src/connections/redis.ts'
import type { Look } from '../../src/probes/probe.ts'
import { redisStreams } from '../../src/probes/redis-streams.ts'
import type { StreamSpec } from '../../src/rules/platform.ts'
import { lookOnce, platformClient } from './redis.ts'

export const audit: StreamSpec = {
  name: 'caracal.audit.events',
  groups: [
    { name: 'audit-ingestor', policy: 'required', asksEvery: 5_000, evidence: true },
    { name: 'siem-export', policy: 'observer' },
  ],
}
export const revocations: StreamSpec = {
  name: 'caracal.sessions.revoke',
  groups: [
    { name: 'sts-revocation', policy: 'required', pendingIsResidue: true },
    { name: 'gateway-revocation:', policy: 'per-replica', asksEvery: 1_000 },
  ],
}
export const ingestor = { stream: audit.name, group: 'audit-ingestor' }
export const revoke = { stream: revocations.name }
export const gateway1 = { ...revoke, group: 'gateway-revocation:gateway-1' }

/** A real Redis that is empty before each test, and the look at two streams in it. */
export function streamsInRedis() {
  let server: RedisServer
  let platform: Redis
  let redis: RedisConnection
  /** Host names of the replicas that are known. */
  let hostnames: readonly string[] = []

  beforeAll(async () => {
    server = await startRedis()
    platform = platformClient(server.url)
  })
  afterAll(async () => {
    platform?.disconnect()
    await server?.stop()
  })
  beforeEach(async () => {
    hostnames = []
    await platform.flushall()
    redis = openRedis({ url: server.url })
  })
  afterEach(() => redis.close())

  function probe(streams: readonly StreamSpec[] = [audit, revocations], lagLimit = 1_000) {
    return redisStreams(redis, { streams, hostnames: () => hostnames, lagLimit })
  }

  /** Adds entries with ids 1-1, 2-1 and so on, so that a test can name them. */
  async function add(stream: string, from: number, to: number): Promise<void> {
    for (let id = from; id <= to; id += 1) await platform.xadd(stream, `${id}-1`, 'data', 'payload')
  }

  async function readSome(stream: string, group: string, count: number, consumer = 'c1'): Promise<void> {
    await platform.xreadgroup('GROUP', group, consumer, 'COUNT', count, 'STREAMS', stream, '>')
  }

  return {
    platform: () => platform,
    redis: () => redis,
    knowHosts: (...known: readonly string[]) => void (hostnames = known),
    probe,
    look: (): Promise<Look> => lookOnce(probe()),
    add,
    readSome,
  }
}
