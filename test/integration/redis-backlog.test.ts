import { beforeEach, describe, expect, test } from 'vitest'
import { groupLag, groupLagKnown, groupLost } from '../../src/rules/signals.ts'
import { audit, gateway1, ingestor, revocations, streamsInRedis } from '../support/redis-streams.ts'
import { lookOnce, readingOf, spotIn, valueIn } from '../support/redis.ts'

const { add, knowHosts, look, platform, probe, readSome, redis } = streamsInRedis()

describe('T28: lag that Redis does not know', () => {
  beforeEach(async () => {
    await add(revocations.name, 1, 3)
    await platform().xgroup('CREATE', revocations.name, 'gateway-revocation:gateway-1', '$')
    knowHosts('gateway-1')
  })

  test('T28: a fresh group created at $ with unread entries is counted, never 0', async () => {
    expect(valueIn(await look(), groupLag, gateway1)).toBe(0)
    await add(revocations.name, 4, 9)
    const seen = await look()
    expect(readingOf(seen, groupLag, gateway1)).toMatchObject({ value: 6, detail: 'estimated' })
    expect(valueIn(seen, groupLagKnown, gateway1)).toBe(0)
  })

  test('T28: the count follows what is added without counting again', async () => {
    await add(revocations.name, 4, 9)
    const watching = probe()
    await lookOnce(watching)
    await add(revocations.name, 10, 12)
    const before = redis().cost.roundTrips
    expect(valueIn(await lookOnce(watching), groupLag, gateway1)).toBe(9)
    expect(redis().cost.roundTrips - before).toBe(1)
  })

  test('T28: more than 100 entries are counted further, up to the limit', async () => {
    await add(revocations.name, 4, 403)
    expect(readingOf(await look(), groupLag, gateway1)).toMatchObject({ value: 400, detail: 'estimated' })
    const limited = probe([revocations], 200)
    expect(readingOf(await lookOnce(limited), groupLag, gateway1)).toMatchObject({
      value: 201,
      detail: 'estimated, at least',
    })
  })

  test('T28: a lag made unknown by XDEL is estimated from what was read', async () => {
    await platform().xgroup('CREATE', audit.name, 'audit-ingestor', '0', 'MKSTREAM')
    await add(audit.name, 1, 5)
    await readSome(audit.name, 'audit-ingestor', 2)
    await platform().xdel(audit.name, '5-1')
    const seen = await look()
    expect(readingOf(seen, groupLag, ingestor)).toMatchObject({ value: 3, detail: 'estimated' })
    await readSome(audit.name, 'audit-ingestor', 10)
    expect(readingOf(await look(), groupLag, ingestor)).toMatchObject({ value: 0, detail: 'estimated' })
  })

  test('a group that read everything has no lag, whatever Redis counts of entries that were trimmed', async () => {
    await platform().xgroup('CREATE', audit.name, 'audit-ingestor', '$', 'MKSTREAM')
    await add(audit.name, 1, 5)
    await readSome(audit.name, 'audit-ingestor', 2)
    await platform().xtrim(audit.name, 'MAXLEN', 2)
    expect(valueIn(await look(), groupLag, ingestor)).toBe(2)
    await readSome(audit.name, 'audit-ingestor', 10)
    expect(valueIn(await look(), groupLag, ingestor)).toBe(0)
  })
})

describe('T21: entries that were trimmed away', () => {
  beforeEach(async () => {
    await platform().xgroup('CREATE', audit.name, 'audit-ingestor', '$', 'MKSTREAM')
  })

  test('T21: entries trimmed before they were delivered are counted exactly', async () => {
    await add(audit.name, 1, 6)
    await readSome(audit.name, 'audit-ingestor', 2)
    await platform().xack(audit.name, 'audit-ingestor', '1-1', '2-1')
    await platform().xtrim(audit.name, 'MAXLEN', 1)
    expect(valueIn(await look(), groupLost, ingestor)).toBe(3)
  })

  test('T21: trimming what the group has acknowledged loses nothing', async () => {
    await add(audit.name, 1, 6)
    await readSome(audit.name, 'audit-ingestor', 4)
    await platform().xack(audit.name, 'audit-ingestor', '1-1', '2-1', '3-1', '4-1')
    await platform().xtrim(audit.name, 'MAXLEN', 2)
    expect(valueIn(await look(), groupLost, ingestor)).toBe(0)
  })

  test('T21: entries trimmed while pending are counted, before XAUTOCLAIM drops them', async () => {
    await add(audit.name, 1, 6)
    await readSome(audit.name, 'audit-ingestor', 5)
    await platform().xtrim(audit.name, 'MAXLEN', 3)
    const seen = await look()
    expect(readingOf(seen, groupLost, ingestor)).toMatchObject({ value: 3 })
    expect(readingOf(seen, groupLost, ingestor)).not.toHaveProperty('detail')
  })

  test('T21: a stream that was trimmed to nothing lost all that was pending or unread', async () => {
    await add(audit.name, 1, 6)
    await readSome(audit.name, 'audit-ingestor', 2)
    await platform().xtrim(audit.name, 'MAXLEN', 0)
    const seen = await look()
    expect(valueIn(seen, groupLost, ingestor)).toBe(6)
    expect(valueIn(seen, groupLag, ingestor)).toBe(0)
  })

  test('T21: a group of which Redis does not know what it read is a blind spot when entries may be lost', async () => {
    await add(audit.name, 1, 3)
    await platform().xgroup('SETID', audit.name, 'audit-ingestor', '$')
    await add(audit.name, 4, 6)
    expect(valueIn(await look(), groupLost, ingestor)).toBe(0)
    await platform().xtrim(audit.name, 'MAXLEN', 2)
    const seen = await look()
    expect(valueIn(seen, groupLost, ingestor)).toBeUndefined()
    expect(spotIn(seen, groupLost, ingestor)).toMatchObject({
      unknownReason: 'ambiguous',
      reason: 'redis_loss_unknown',
    })
  })
})

test('X82: entries that are too large to be counted on are an unknown lag, and hide nothing else', async () => {
  await add(audit.name, 1, 3)
  await platform().xgroup('CREATE', audit.name, 'audit-ingestor', '2-1')
  const pipeline = platform().pipeline()
  for (let id = 4; id <= 1_000; id += 1) pipeline.xadd(audit.name, `${id}-1`, 'data', 'x'.repeat(20_000))
  await pipeline.exec()
  const watching = probe()
  for (let turn = 0; turn < 3; turn += 1) {
    const seen = await lookOnce(watching)
    expect(spotIn(seen, groupLag, ingestor)?.reason).toBe('redis_lag_unknown')
    expect(spotIn(seen, groupLag, ingestor)?.message).toContain('too many to count')
    expect(valueIn(seen, groupLost, ingestor)).toBe(0)
  }
  expect(redis().cost.connections).toBe(1)
})
