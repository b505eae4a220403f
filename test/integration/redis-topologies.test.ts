import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../rig/processes.ts'
import { startRedis, type RedisServer } from '../../rig/redis.ts'
import { deadLetterStreams, platformStreams } from '../../src/rules/platform.ts'
import { deadLetterArrivals, redisMemoryUsed, streamEntries, streamExists } from '../../src/rules/signals.ts'
import type { RedisSettings } from '../../src/connections/redis.ts'
import { deadLetters } from '../../src/probes/dead-letters.ts'
import { ProbeError } from '../../src/probes/probe.ts'
import { redisServer } from '../../src/probes/redis-server.ts'
import {
  lookOnce,
  platformClient,
  platformStreamsProbe,
  redisConnections,
  untilSeen,
  valueIn,
  whyUnavailable,
} from '../support/redis.ts'
import { eventually } from '../support/waiting.ts'

const audit = 'caracal.audit.events'
const { open } = redisConnections()
const servers: RedisServer[] = []

async function started(options: Parameters<typeof startRedis>[0]): Promise<RedisServer> {
  const server = await startRedis(options)
  servers.push(server)
  return server
}

async function stopAll(): Promise<void> {
  await Promise.all(servers.splice(0).map((server) => server.stop()))
}

describe('Sentinel', () => {
  let primary: RedisServer
  let sentinel: RedisServer

  beforeAll(async () => {
    primary = await started({ config: { requirepass: 'data-pass' } })
    sentinel = await started({
      args: ['--sentinel'],
      config: {
        'sentinel monitor': `caracal 127.0.0.1 ${primary.port} 1`,
        'sentinel auth-pass': 'caracal data-pass',
        requirepass: 'watch-pass',
      },
    })
  })
  afterAll(stopAll)

  const settings = (name: string, password = 'watch-pass'): RedisSettings => ({
    password: 'data-pass',
    sentinel: { name, password, nodes: [{ host: '127.0.0.1', port: sentinel.port }] },
  })

  test('the primary that it names is looked at', async () => {
    const redis = open(settings('caracal'))
    expect(valueIn(await lookOnce(platformStreamsProbe(redis)), streamExists, { stream: audit })).toBe(0)
    expect(valueIn(await lookOnce(redisServer(redis)), redisMemoryUsed)).toBeGreaterThan(0)
  })

  test('a name that no sentinel knows', async () => {
    const seen = await whyUnavailable(platformStreamsProbe(open(settings('other'))))
    expect(seen).toMatchObject({ unknownReason: 'unreachable', reason: 'redis_sentinel' })
  })

  test('a sentinel that refuses the login', async () => {
    const seen = await whyUnavailable(platformStreamsProbe(open(settings('caracal', 'wr0ng'))))
    expect(seen).toMatchObject({ unknownReason: 'unauthorized', reason: 'redis_unauthorized' })
    expect(seen.message).not.toContain('wr0ng')
  })

  test('no sentinel listens', async () => {
    const redis = open({ sentinel: { name: 'caracal', nodes: [{ host: '127.0.0.1', port: 1 }] } })
    expect(await whyUnavailable(platformStreamsProbe(redis))).toMatchObject({ reason: 'redis_sentinel' })
  })

  test('a primary that is back is found again', async () => {
    const redis = open(settings('caracal'))
    await lookOnce(platformStreamsProbe(redis))
    await primary.kill()
    await expect
      .poll(async () => (await whyUnavailable(platformStreamsProbe(redis))).unknownReason)
      .toBe('unreachable')
    await primary.restart()
    await untilSeen(redis)
  })
})

const agreed = /cluster_state:ok[^]*cluster_known_nodes:2/

describe('Cluster', () => {
  const nodes: RedisServer[] = []

  beforeAll(async () => {
    for (let n = 0; n < 2; n += 1)
      nodes.push(
        await started({
          config: { 'cluster-enabled': 'yes', 'cluster-port': String(await freePort()) },
        }),
      )
    const [a, b] = nodes.map((node) => platformClient(node.url))
    const bus: unknown = await b?.config('GET', 'cluster-port')
    await a?.call('CLUSTER', 'ADDSLOTSRANGE', '0', '8191')
    await b?.call('CLUSTER', 'ADDSLOTSRANGE', '8192', '16383')
    await a?.call(
      'CLUSTER',
      'MEET',
      '127.0.0.1',
      String(nodes[1]?.port),
      String(Array.isArray(bus) ? bus[1] : ''),
    )
    // Both must know that all slots are served before anybody asks.
    await eventually('all slots are served', async () => {
      const infos = [await a?.call('CLUSTER', 'INFO'), await b?.call('CLUSTER', 'INFO')]
      return infos.every((info) => agreed.test(String(info)))
    })
    a?.disconnect()
    b?.disconnect()
  })
  afterAll(stopAll)

  const settings = (): RedisSettings => ({
    cluster: { nodes: nodes.map(({ host, port }) => ({ host, port })) },
  })

  test('streams in different slots are looked at, each on its node', async () => {
    const redis = open(settings())
    const first = await lookOnce(platformStreamsProbe(redis))
    expect(first.blindSpots).toEqual([])
    for (const { name } of platformStreams) await redis.run([['XADD', name, '*', 'a', 'b']])
    const seen = await lookOnce(platformStreamsProbe(redis))
    expect(platformStreams.map(({ name }) => valueIn(seen, streamEntries, { stream: name }))).toEqual(
      platformStreams.map(() => 1),
    )
    expect(valueIn(await lookOnce(redisServer(redis)), redisMemoryUsed)).toBeGreaterThan(0)
  })

  test('dead letters are polled, since no read blocks on several nodes', async () => {
    const redis = open(settings())
    const stop = new AbortController()
    const arrivals: (number | undefined)[] = []
    const following = deadLetters(redis, deadLetterStreams).follow(
      { id: 'redis', labels: {} },
      (look) => {
        if (look instanceof ProbeError) return
        arrivals.push(valueIn(look, deadLetterArrivals, { stream: 'caracal.keys.invalidate.dead' }))
        if (arrivals.at(-1) === 1) stop.abort()
      },
      stop.signal,
    )
    await expect.poll(() => arrivals).toEqual([0])
    await redis.run([['XADD', 'caracal.keys.invalidate.dead', '*', 'a', 'b']])
    await following
    expect(arrivals).toEqual([0, 1])
  })

  test('one node by url answers MOVED: configure the cluster', async () => {
    const seen = await whyUnavailable(platformStreamsProbe(open({ url: nodes[0]?.url ?? '' })))
    expect(seen).toMatchObject({ unknownReason: 'unreachable', reason: 'redis_moved' })
    expect(seen.message).toContain('cluster')
  })

  test('no node listens', async () => {
    const redis = open({ cluster: { nodes: [{ host: '127.0.0.1', port: 1 }] } })
    expect((await whyUnavailable(platformStreamsProbe(redis))).unknownReason).toBe('unreachable')
  })

  test('a node that hangs is a time-out, and its end is a CLUSTERDOWN or a time-out, never silence', async () => {
    const redis = open(settings())
    await lookOnce(platformStreamsProbe(redis))
    nodes[1]?.suspend()
    const started = performance.now()
    const seen = await whyUnavailable(platformStreamsProbe(redis))
    expect(performance.now() - started).toBeLessThan(1_000)
    expect(['timeout', 'unreachable']).toContain(seen.unknownReason)
    nodes[1]?.resume()
    await untilSeen(redis)
  })
})

test('a process that closed its connections ends by itself', async () => {
  const server = await startRedis()
  const module = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href)
  const script = `
    import { openRedis } from ${module('connections/redis.ts')}
    import { deadLetters } from ${module('probes/dead-letters.ts')}
    const redis = openRedis({ url: '${server.url}' })
    await redis.run([['TIME']])
    const stop = new AbortController()
    const following = deadLetters(redis, ['caracal.audit.events.dlq']).follow({}, () => stop.abort(), stop.signal)
    await following
    await redis.close()
    console.log(JSON.stringify(process.getActiveResourcesInfo().filter((name) => !/Pipe|TTY/.test(name))))`
  const ended = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 10_000 })
  expect(ended.stderr.toString()).toBe('')
  expect(ended.stdout.toString().trim()).toBe('[]')
  expect(ended.status).toBe(0)
  await server.stop()
})
