import { describe, expect, test } from 'vitest'
import {
  groupConsumerIdle,
  groupConsumers,
  groupExists,
  groupLag,
  groupLagKnown,
  groupLost,
  groupOldestPendingAge,
  groupOldestPendingIdle,
  groupPending,
  orphanGroups,
  perReplicaGroups,
  streamEntries,
  streamEntriesAdded,
  streamExists,
} from '../../src/rules/signals.ts'
import { audit, gateway1, ingestor, revocations, revoke, streamsInRedis } from '../support/redis-streams.ts'
import { lookOnce, readingOf, spotIn, valueIn } from '../support/redis.ts'

const { add, knowHosts, look, platform, probe, readSome, redis } = streamsInRedis()

describe('what is there', () => {
  test('an absent stream is a reading of 0 and so are its expected groups', async () => {
    knowHosts('gateway-1')
    const seen = await look()
    expect(valueIn(seen, streamExists, { stream: audit.name })).toBe(0)
    expect(valueIn(seen, streamEntries, { stream: audit.name })).toBe(0)
    expect(valueIn(seen, groupExists, ingestor)).toBe(0)
    expect(valueIn(seen, groupExists, gateway1)).toBe(0)
    expect(valueIn(seen, perReplicaGroups, revoke)).toBe(0)
    expect(seen.blindSpots).toEqual([])
  })

  test('a stream with its group gives every reading', async () => {
    await platform().xgroup('CREATE', audit.name, 'audit-ingestor', '$', 'MKSTREAM')
    for (let n = 0; n < 5; n += 1) await platform().xadd(audit.name, '*', 'data', 'x')
    await readSome(audit.name, 'audit-ingestor', 2)
    const seen = await look()
    expect(valueIn(seen, streamExists, { stream: audit.name })).toBe(1)
    expect(valueIn(seen, streamEntries, { stream: audit.name })).toBe(5)
    expect(valueIn(seen, streamEntriesAdded, { stream: audit.name })).toBe(5)
    expect(valueIn(seen, groupExists, ingestor)).toBe(1)
    expect(readingOf(seen, groupLag, ingestor)).toMatchObject({ value: 3 })
    expect(readingOf(seen, groupLag, ingestor)).not.toHaveProperty('detail')
    expect(valueIn(seen, groupLagKnown, ingestor)).toBe(1)
    expect(valueIn(seen, groupPending, ingestor)).toBe(2)
    expect(valueIn(seen, groupOldestPendingIdle, ingestor)).toBeLessThan(5)
    expect(valueIn(seen, groupOldestPendingAge, ingestor)).toBeLessThan(5)
    expect(valueIn(seen, groupConsumers, ingestor)).toBe(1)
    expect(valueIn(seen, groupConsumerIdle, ingestor)).toBeLessThan(5)
    expect(valueIn(seen, groupLost, ingestor)).toBe(0)
    expect(seen.blindSpots).toEqual([])
  })

  test('while nothing moves a look is the one before, and ages are whole seconds', async () => {
    await platform().xgroup('CREATE', audit.name, 'audit-ingestor', '$', 'MKSTREAM')
    await platform().xadd(audit.name, '*', 'data', 'x')
    await readSome(audit.name, 'audit-ingestor', 1)
    const watched = probe()
    // A second of the clock of Redis may begin between two looks.
    await expect.poll(async () => (await lookOnce(watched)) === (await lookOnce(watched))).toBe(true)
    const age = async () => valueIn(await lookOnce(watched), groupOldestPendingAge, ingestor)
    await expect.poll(age, { timeout: 20_000 }).toBe(1)
    const before = await lookOnce(watched)
    await platform().xadd(audit.name, '*', 'data', 'x')
    const after = await lookOnce(watched)
    expect(after).not.toBe(before)
    expect(valueIn(after, groupLag, ingestor)).toBe(1)
  })

  test('a required group that is gone is a reading of 0', async () => {
    await add(audit.name, 1, 1)
    expect(valueIn(await look(), groupExists, ingestor)).toBe(0)
  })

  test('a key of another type blinds its own stream only', async () => {
    await platform().set(audit.name, 'text')
    await platform().xgroup('CREATE', revocations.name, 'sts-revocation', '$', 'MKSTREAM')
    const seen = await look()
    expect(spotIn(seen, streamExists, { stream: audit.name })?.reason).toBe('redis_wrong_type')
    expect(spotIn(seen, groupLag, ingestor)?.unknownReason).toBe('malformed')
    expect(valueIn(seen, streamExists, { stream: audit.name })).toBeUndefined()
    expect(valueIn(seen, groupExists, { ...revoke, group: 'sts-revocation' })).toBe(1)
  })

  test('an entry from the future is contradictory, not of negative age', async () => {
    await platform().xgroup('CREATE', audit.name, 'audit-ingestor', '$', 'MKSTREAM')
    await platform().xadd(audit.name, `${Date.now() + 3_600_000}-1`, 'data', 'x')
    await readSome(audit.name, 'audit-ingestor', 1)
    const seen = await look()
    expect(spotIn(seen, groupOldestPendingAge, ingestor)?.unknownReason).toBe('contradictory')
    expect(valueIn(seen, groupPending, ingestor)).toBe(1)
  })
})

describe('T09: arrivals', () => {
  test('T09: replay with XDEL lowers the length and not the entries added', async () => {
    await add(audit.name, 1, 4)
    await platform().xdel(audit.name, '1-1', '4-1')
    const seen = await look()
    expect(valueIn(seen, streamEntries, { stream: audit.name })).toBe(2)
    expect(valueIn(seen, streamEntriesAdded, { stream: audit.name })).toBe(4)
  })
})

describe('groups by policy', () => {
  test('T23: an observer group is exported when it exists and expected by nobody', async () => {
    await add(audit.name, 1, 2)
    const observer = { stream: audit.name, group: 'siem-export' }
    expect(readingOf(await look(), groupExists, observer)).toBeUndefined()
    await platform().xgroup('CREATE', audit.name, 'siem-export', '0')
    const seen = await look()
    expect(valueIn(seen, groupLag, observer)).toBe(2)
    expect(seen.blindSpots).toEqual([])
  })

  test('T24: pending residue of an STS group is reported as any other', async () => {
    const sts = { ...revoke, group: 'sts-revocation' }
    await platform().xgroup('CREATE', revocations.name, 'sts-revocation', '$', 'MKSTREAM')
    await platform().xadd(revocations.name, '*', 'delegation_edge_id', 'x')
    await readSome(revocations.name, 'sts-revocation', 1)
    const seen = await look()
    expect(valueIn(seen, groupPending, sts)).toBe(1)
    expect(valueIn(seen, groupLost, sts)).toBe(0)
  })

  test('T27: with known replicas, groups of gone hosts and the old shared group are only counted', async () => {
    for (const group of ['gateway-revocation', ':gateway-1', ':gateway-7', ':gateway-8'])
      await platform().xgroup(
        'CREATE',
        revocations.name,
        group.replace(/^:/, 'gateway-revocation:'),
        '$',
        'MKSTREAM',
      )
    knowHosts('gateway-1', 'gateway-2')
    const seen = await look()
    expect(valueIn(seen, perReplicaGroups, revoke)).toBe(1)
    expect(valueIn(seen, orphanGroups, revoke)).toBe(3)
    expect(valueIn(seen, groupExists, gateway1)).toBe(1)
    expect(valueIn(seen, groupExists, { ...revoke, group: 'gateway-revocation:gateway-2' })).toBe(0)
    expect(seen.readings.some(({ labels }) => labels['group'] === 'gateway-revocation:gateway-7')).toBe(false)
  })

  test('T27: without known replicas, a group that has a consumer and leaves nothing unread is alive', async () => {
    for (const host of ['gateway-1', 'gateway-2'])
      await platform().xgroup('CREATE', revocations.name, `gateway-revocation:${host}`, '$', 'MKSTREAM')
    await platform().xadd(revocations.name, '*', 'session_id', 'x')
    await readSome(revocations.name, 'gateway-revocation:gateway-1', 1)
    const seen = await look()
    expect(valueIn(seen, perReplicaGroups, revoke)).toBe(1)
    expect(valueIn(seen, orphanGroups, revoke)).toBe(1)
    expect(valueIn(seen, groupExists, gateway1)).toBe(1)
  })

  test('groups that nobody named are ignored', async () => {
    await platform().xgroup('CREATE', revocations.name, 'resource-revocation', '0', 'MKSTREAM')
    const seen = await look()
    expect(seen.readings.some(({ labels }) => labels['group'] === 'resource-revocation')).toBe(false)
    expect(valueIn(seen, orphanGroups, revoke)).toBe(0)
  })

  test('T27: among more than 200 possible groups of former replicas living ones may hide', async () => {
    const pipeline = platform().pipeline()
    for (let n = 0; n < 230; n += 1)
      pipeline.xgroup('CREATE', revocations.name, `gateway-revocation:old-${n}`, '$', 'MKSTREAM')
    await pipeline.exec()
    const crowded = await look()
    expect(spotIn(crowded, perReplicaGroups, revoke)?.reason).toBe('redis_too_many_groups')
    knowHosts('gateway-1')
    expect(valueIn(await look(), orphanGroups, revoke)).toBe(230)
  })
})

describe('consumers', () => {
  // Redis 7.2 and later know a consumer from its first question on.
  test('a group that nobody is known to read is unknown before Redis 7.2 and has 0 consumers after', async () => {
    await platform().xgroup('CREATE', audit.name, 'audit-ingestor', '$', 'MKSTREAM')
    const seen = await look()
    const [, major, minor] = /redis_version:(\d+)\.(\d+)/.exec(await platform().info('server')) ?? []
    if (Number(major) * 100 + Number(minor) >= 702) expect(valueIn(seen, groupConsumers, ingestor)).toBe(0)
    else expect(spotIn(seen, groupConsumers, ingestor)?.reason).toBe('redis_consumers_unknown')
    expect(valueIn(seen, groupConsumerIdle, ingestor)).toBeUndefined()
  })
})

describe('cost', () => {
  test('a look is one round trip of INFO, TIME and one XINFO per stream, whatever the streams hold', async () => {
    await platform().xgroup('CREATE', audit.name, 'audit-ingestor', '$', 'MKSTREAM')
    await add(audit.name, 1, 500)
    const watching = probe()
    await lookOnce(watching)
    await platform().config('RESETSTAT')
    const before = redis().cost.roundTrips
    for (let n = 0; n < 10; n += 1) await lookOnce(watching)
    expect(redis().cost.roundTrips - before).toBe(10)
    const stats = await platform().info('commandstats')
    const calls = [...stats.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)].map(([, name, count]) => [
      name,
      Number(count),
    ])
    const looks = { info: 10, time: 10, 'xinfo|stream': 20 }
    expect(Object.fromEntries(calls)).toEqual({ 'config|resetstat': 1, ...looks })
  })
})
