import { describe, expect, it } from 'vitest'
import { noDeadLetters } from '../../../src/rules/dead-letters.ts'
import { defaultLimits } from '../../../src/rules/limits.ts'
import { noDeadRows, noNewDeadRows, outboxesDrain } from '../../../src/rules/outboxes.ts'
import { connectionsAvailable } from '../../../src/rules/postgres.ts'
import { memoryAvailable, redisKeepsEntries } from '../../../src/rules/redis.ts'
import * as signals from '../../../src/rules/signals.ts'
import { changed, faultsIn, findingsIn, named, remembering, type Case } from './judging.ts'
import { healthyWorld } from './platform-world.ts'
import { withFailing, withValue } from './world-changes.ts'

const healthy = healthyWorld()
const api = { outbox: 'api' }
const pendingApi = { outbox: 'api', state: 'pending' }
const deadApi = { outbox: 'api', state: 'dead' }
const deadCoordinator = { outbox: 'coordinator', state: 'dead' }

describe('both outboxes drain', () => {
  const condition = outboxesDrain(defaultLimits.outbox)
  const cases: readonly Case[] = [
    [[signals.outboxOldestPending, api, 60], []],
    [[signals.outboxOldestPending, api, 61], ['api near ok']],
    [[signals.outboxOldestPending, api, 301], ['api unmet outbox_stuck']],
    [[signals.outboxOldestPending, api, 'blind'], ['api unknown cannot_tell']],
    [[signals.outboxOldestPending, api, 'silent'], ['api unknown never_measured']],
    [[signals.outboxMessages, pendingApi, 251], ['api/pending near ok']],
    [[signals.outboxMessages, pendingApi, 501], ['api/pending unmet outbox_backlog']],
    [[signals.outboxMessages, pendingApi, 'blind'], ['api/pending unknown cannot_tell']],
    [[signals.outboxMessages, pendingApi, 'silent'], ['api/pending unknown never_measured']],
  ]
  it.each(cases.map((one) => [named(one), ...one] as const))('%s', (_, change, faults) => {
    expect(faultsIn(condition, changed(healthy, change))).toEqual(faults)
  })

  it('T32: warns by age an hour and a half before the first row is dead', () => {
    const stuck = withValue(healthy, signals.outboxOldestPending, api, 301)
    expect(faultsIn(condition, stuck)).toEqual(['api unmet outbox_stuck'])
    expect(faultsIn(noNewDeadRows, stuck)).toEqual([])
    expect(defaultLimits.outbox.pendingAgeSeconds.trip).toBeLessThan(95 * 60)
  })

  it('T44: asks the tables, so it is unknown when Postgres cannot be seen', () => {
    expect(faultsIn(condition, withFailing(healthy, 'outboxes'))).toEqual(['postgres unknown unreachable'])
  })
})

describe('no outbox holds dead rows', () => {
  const check = noDeadRows(defaultLimits.outbox)
  const cases: readonly Case[] = [
    [[signals.outboxMessages, deadApi, 1], ['api/dead unmet outbox_dead_messages']],
    [[signals.outboxMessages, deadApi, 'blind'], ['api/dead unknown cannot_tell']],
    [[signals.outboxMessages, deadApi, 'silent'], ['api/dead unknown never_measured']],
    [[signals.outboxMessages, deadCoordinator, 1], ['coordinator/dead unmet outbox_dead_messages']],
  ]
  it.each(cases.map((one) => [named(one), ...one] as const))('%s', (_, change, faults) => {
    expect(faultsIn(check, changed(healthy, change))).toEqual(faults)
  })

  it('accepts as many as the limit says', () => {
    const lenient = noDeadRows({ ...defaultLimits.outbox, deadRows: 3 })
    expect(faultsIn(lenient, withValue(healthy, signals.outboxMessages, deadApi, 3))).toEqual([])
    expect(faultsIn(lenient, withValue(healthy, signals.outboxMessages, deadApi, 4))).toHaveLength(1)
  })
})

describe('no dead row appears in an outbox', () => {
  const key = 'caracal_outbox_messages{api/dead}'

  it('accepts dead rows of the API that were there at first sight, and no more', () => {
    const three = withValue(healthy, signals.outboxMessages, deadApi, 3)
    expect(faultsIn(noNewDeadRows, three)).toEqual([])
    expect(findingsIn(noNewDeadRows, three).find((finding) => finding.key === 'api/dead')?.tally).toEqual({
      key,
      value: 3,
      baseline: 3,
      settles: false,
    })
    expect(faultsIn(noNewDeadRows, three, remembering({ [key]: 3 }))).toEqual([])
    expect(faultsIn(noNewDeadRows, three, remembering({ [key]: 2 }))).toEqual([
      'api/dead unmet outbox_dead_messages',
    ])
  })

  it('R18: lets the baseline follow the rows down', () => {
    const one = withValue(healthy, signals.outboxMessages, deadApi, 1)
    const found = findingsIn(noNewDeadRows, one, remembering({ [key]: 3 }))
    expect(found.find((finding) => finding.key === 'api/dead')).toMatchObject({
      answer: 'met',
      tally: { baseline: 1 },
    })
  })

  it('T31: accepts no dead row of the Coordinator, since one keeps all of its replicas from being ready', () => {
    const one = withValue(healthy, signals.outboxMessages, deadCoordinator, 1)
    expect(faultsIn(noNewDeadRows, one)).toEqual(['coordinator/dead unmet outbox_dead_messages'])
  })

  it.each([deadApi, deadCoordinator])(
    'T48: takes 0 as seen and silence about $outbox as unknown',
    (labels) => {
      expect(faultsIn(noNewDeadRows, withValue(healthy, signals.outboxMessages, labels, 0))).toEqual([])
      expect(faultsIn(noNewDeadRows, changed(healthy, [signals.outboxMessages, labels, 'silent']))).toEqual([
        `${labels.outbox}/dead unknown never_measured`,
      ])
    },
  )

  it.each([deadApi, deadCoordinator])(
    'is unknown while the dead rows of $outbox cannot be told',
    (labels) => {
      expect(faultsIn(noNewDeadRows, changed(healthy, [signals.outboxMessages, labels, 'blind']))).toEqual([
        `${labels.outbox}/dead unknown cannot_tell`,
      ])
    },
  )
})

describe('no dead letter arrives', () => {
  const stream = 'caracal.audit.events.dlq'
  const key = `caracal_dead_letter_arrivals_total{${stream}}`

  it('takes what is there at first sight as known, and remembers it', () => {
    expect(faultsIn(noDeadLetters, healthy)).toEqual([])
    const [{ tally } = {}] = findingsIn(noDeadLetters, healthy)
    expect(tally).toEqual({ key, value: 7, baseline: 7, settles: true })
  })

  it('is broken by one arrival, and names the stream', () => {
    expect(faultsIn(noDeadLetters, healthy, remembering({ [key]: 6 }))).toEqual([
      `${stream} unmet dead_letter_arrived`,
    ])
  })

  it('T09: does not take a shrinking stream for arrivals, nor a long one', () => {
    const long = withValue(healthy, signals.deadLetterEntries, { stream }, 5_000)
    expect(faultsIn(noDeadLetters, long, remembering({ [key]: 7 }))).toEqual([])
    const short = withValue(healthy, signals.deadLetterEntries, { stream }, 0)
    expect(faultsIn(noDeadLetters, short, remembering({ [key]: 7 }))).toEqual([])
    expect(noDeadLetters.signals).not.toContain(signals.deadLetterEntries)
  })

  it('R19: takes a count that started anew as all new', () => {
    expect(findingsIn(noDeadLetters, healthy, remembering({ [key]: 9 }))[0]).toMatchObject({
      key: stream,
      answer: 'unmet',
      observed: { value: 7 },
      tally: { baseline: 0 },
    })
  })

  it('is unknown while arrivals cannot be told', () => {
    expect(
      faultsIn(noDeadLetters, changed(healthy, [signals.deadLetterArrivals, { stream }, 'blind'])),
    ).toEqual([`${stream} unknown cannot_tell`])
  })
})

describe('connections to Postgres are available', () => {
  const condition = connectionsAvailable(defaultLimits.postgres)
  const cases: readonly Case[] = [
    [[signals.postgresConnectionsInUse, { component: 'api' }, 32], []],
    [[signals.postgresConnectionsInUse, { component: 'api' }, 33], ['api near ok']],
    [[signals.postgresConnectionsInUse, { component: 'api' }, 36], ['api near ok']],
    [[signals.postgresConnectionsInUse, { component: 'api' }, 37], ['api unmet pool_saturated']],
    [[signals.postgresConnectionsInUse, { component: 'api' }, 'blind'], ['api unknown cannot_tell']],
    [[signals.postgresConnectionLimit, { component: 'api' }, 'blind'], ['api unknown cannot_tell']],
    [[signals.postgresConnectionLimit, { component: 'api' }, 'silent'], ['api unknown limit_unknown']],
    [[signals.postgresConnectionLimit, { component: 'api' }, 0], ['api unknown limit_unknown']],
    [[signals.postgresServerConnections, {}, 90], ['postgres unmet server_saturated']],
    [[signals.postgresServerConnections, {}, 'blind'], ['postgres unknown cannot_tell']],
    [[signals.postgresServerLimit, {}, 'silent'], ['postgres unknown limit_unknown']],
    [[signals.postgresAccepts, {}, 0], ['postgres unmet connection_refused_by_limit']],
    [[signals.postgresAccepts, {}, 'blind'], ['postgres unknown cannot_tell']],
  ]
  it.each(cases.map((one) => [named(one), ...one] as const))('%s', (_, change, faults) => {
    expect(faultsIn(condition, changed(healthy, change))).toEqual(faults)
  })

  it('T08: judges every service by what the server counts, not by a gauge that only Gateway has', () => {
    const world = withValue(healthy, signals.postgresConnectionsInUse, { component: 'coordinator' }, 40)
    expect(findingsIn(condition, world)[0]).toMatchObject({
      key: 'coordinator',
      message: 'coordinator uses 40 of 40 connections',
      observed: { value: 1, unit: 'ratio' },
      threshold: { op: '<=', value: 0.9, clear: 0.8 },
    })
  })
})

describe('Redis has memory left and takes writes', () => {
  const condition = memoryAvailable(defaultLimits.redis)
  const rejected = 'caracal_redis_rejected_writes_total{redis}'
  const cases: readonly Case[] = [
    [[signals.redisMemoryUsed, {}, 850], []],
    [[signals.redisMemoryUsed, {}, 851], ['redis near ok']],
    [[signals.redisMemoryUsed, {}, 901], ['redis unmet memory_pressure']],
    [[signals.redisMemoryUsed, {}, 'blind'], ['redis unknown cannot_tell']],
    [[signals.redisMemoryLimit, {}, 'blind'], ['redis unknown cannot_tell']],
    [[signals.redisMemoryLimit, {}, 'silent'], ['redis unknown limit_unknown']],
    [[signals.redisMemoryLimit, {}, 0], ['redis unknown limit_unknown']],
    [[signals.redisRejectedWrites, {}, 'blind'], ['redis unknown cannot_tell']],
  ]
  it.each(cases.map((one) => [named(one), ...one] as const))('%s', (_, change, faults) => {
    expect(faultsIn(condition, changed(healthy, change))).toEqual(faults)
  })

  it('waits for nothing when a write was rejected', () => {
    const world = withValue(healthy, signals.redisRejectedWrites, {}, 2)
    expect(findingsIn(condition, world, remembering({ [rejected]: 1 }))[0]).toMatchObject({
      key: 'writes',
      answer: 'unmet',
      reason: 'writes_rejected',
      hold: 0,
    })
  })

  it('says which limit it went by', () => {
    expect(findingsIn(condition, withValue(healthy, signals.redisMemoryUsed, {}, 950))[0]?.message).toBe(
      'redis uses 950 of 1000 B (maxmemory)',
    )
  })
})

describe('Redis keeps entries', () => {
  const cases: readonly Case[] = [
    [[signals.redisNoEviction, {}, 0], ['eviction unmet eviction_policy']],
    [[signals.redisNoEviction, {}, 'blind'], ['eviction unknown cannot_tell']],
    [[signals.redisNoEviction, {}, 'silent'], ['eviction unknown never_measured']],
    [[signals.redisPersistence, {}, 0], ['persistence unmet persistence']],
    [[signals.redisPersistence, {}, 'blind'], ['persistence unknown cannot_tell']],
    [[signals.redisPersistence, {}, 'silent'], ['persistence unknown never_measured']],
  ]
  it.each(cases.map((one) => [named(one), ...one] as const))('%s', (_, change, faults) => {
    expect(faultsIn(redisKeepsEntries, changed(healthy, change))).toEqual(faults)
  })

  it('names the policy that it found', () => {
    const world = withValue(healthy, signals.redisNoEviction, {}, 0, 'allkeys-lru')
    expect(findingsIn(redisKeepsEntries, world)[0]?.message).toBe(
      'the eviction policy of Redis is allkeys-lru',
    )
  })
})
