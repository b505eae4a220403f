import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../../src/rules/limits.ts'
import { platformStreams } from '../../../src/rules/platform.ts'
import * as signals from '../../../src/rules/signals.ts'
import { consumersAlive, groupsKeepUp, streamsExist } from '../../../src/rules/streams.ts'
import { changed, faultsIn, findingsIn, named, type Case, type Change } from './judging.ts'
import { healthyWorld } from './platform-world.ts'
import { withFailing, withValue } from './world-changes.ts'

const healthy = healthyWorld()
const { streams: limits } = defaultLimits
const audit = { stream: 'caracal.audit.events', group: 'audit-ingestor' }
const auditKey = 'caracal.audit.events/audit-ingestor'
const relay = { stream: 'caracal.agents.lifecycle', group: 'coordinator-relay' }
const relayKey = 'caracal.agents.lifecycle/coordinator-relay'
const sts = { stream: 'caracal.sessions.revoke', group: 'sts-revocation' }
const stsKey = 'caracal.sessions.revoke/sts-revocation'
const siem = { stream: 'caracal.audit.events', group: 'siem-export' }

describe('every required stream and group exists', () => {
  const condition = streamsExist(platformStreams)
  const cases: readonly Case[] = [
    [
      [signals.streamExists, { stream: 'caracal.audit.events' }, 0],
      ['caracal.audit.events unmet stream_missing'],
    ],
    [
      [signals.streamExists, { stream: 'caracal.audit.events' }, 'blind'],
      ['caracal.audit.events unknown cannot_tell'],
    ],
    [[signals.groupExists, relay, 0], [`${relayKey} unmet group_missing`]],
    [[signals.groupExists, relay, 'blind'], [`${relayKey} unknown cannot_tell`]],
  ]
  it.each(cases.map((one) => [named(one), ...one] as const))('%s', (_, change, faults) => {
    expect(faultsIn(condition, changed(healthy, change))).toEqual(faults)
  })

  it.each([relay, audit, sts, { stream: 'caracal.policy.invalidate', group: 'opa-engine' }])(
    'T55: finds that $group was destroyed, which its service makes anew only when it starts',
    (labels) => {
      expect(faultsIn(condition, withValue(healthy, signals.groupExists, labels, 0))).toEqual([
        `${labels.stream}/${labels.group} unmet group_missing`,
      ])
    },
  )

  it('is met by a healthy platform', () => {
    expect(faultsIn(condition, healthy)).toEqual([])
  })

  it('R05: is unknown when Redis cannot be seen', () => {
    expect(faultsIn(condition, withFailing(healthy, 'redis'))).toEqual(['redis unknown unreachable'])
  })

  it.each([
    [signals.streamExists, { stream: 'caracal.keys.invalidate' }, 'caracal.keys.invalidate'],
    [signals.groupExists, relay, relayKey],
  ])('R04: is unknown when nobody says anything about an expected one (%#)', (signal, labels, key) => {
    const silent = changed(healthy, [signal, labels, 'silent'])
    expect(faultsIn(condition, silent)).toEqual([`${key} unknown never_measured`])
  })

  it('T23: asks for no stream that only observers read', () => {
    const world = withValue(healthy, signals.streamExists, { stream: 'caracal.invocations.lifecycle' }, 0)
    expect(faultsIn(condition, withValue(world, signals.groupExists, siem, 0))).toEqual([])
  })
})

describe('required groups keep up', () => {
  const other = groupsKeepUp(platformStreams, limits, 'other')
  const cases: readonly Case[] = [
    [[signals.groupLag, relay, 500], []],
    [[signals.groupLag, relay, 501], [`${relayKey} near ok`]],
    [[signals.groupLag, relay, 1_000], [`${relayKey} near ok`]],
    [[signals.groupLag, relay, 1_001], [`${relayKey} unmet lag_high`]],
    [[signals.groupLag, relay, 'blind'], [`${relayKey} unknown cannot_tell`]],
    [[signals.groupLag, relay, 'silent'], [`${relayKey} unknown never_measured`]],
    [[signals.groupPending, relay, 1_001], [`${relayKey} unmet pending_high`]],
    [[signals.groupPending, relay, 'blind'], [`${relayKey} unknown cannot_tell`]],
    [[signals.groupPending, relay, 'silent'], [`${relayKey} unknown never_measured`]],
    [[signals.groupOldestPendingAge, relay, 120], []],
    [[signals.groupOldestPendingAge, relay, 121], [`${relayKey} near ok`]],
    [[signals.groupOldestPendingAge, relay, 301], [`${relayKey} unmet pending_old`]],
    [[signals.groupOldestPendingAge, relay, 'blind'], [`${relayKey} unknown cannot_tell`]],
    [[signals.groupOldestPendingAge, relay, 'silent'], [`${relayKey} unknown never_measured`]],
    [[signals.groupLag, audit, 1_001], []],
  ]
  it.each(cases.map((one) => [named(one), ...one] as const))('%s', (_, change, faults) => {
    expect(faultsIn(other, changed(healthy, change))).toEqual(faults)
  })

  it('T10: audit ingestion is behind by what was never delivered, whatever is pending', () => {
    const evidence = groupsKeepUp(platformStreams, limits, 'evidence')
    expect(faultsIn(evidence, healthy)).toEqual([])
    expect(faultsIn(evidence, withValue(healthy, signals.groupLag, audit, 1_001))).toEqual([
      `${auditKey} unmet lag_high`,
    ])
  })

  it('T11: judges a stuck entry by its age, since redelivery keeps its idle time low', () => {
    const idle = withValue(healthy, signals.groupOldestPendingIdle, relay, 100_000)
    expect(faultsIn(other, idle)).toEqual([])
    expect(faultsIn(other, withValue(healthy, signals.groupOldestPendingAge, relay, 301))).toHaveLength(1)
  })

  it('T23: does not judge groups of observers, which nobody may ever read for', () => {
    const observers = [
      siem,
      { stream: 'caracal.invocations.lifecycle', group: 'invocations-observer' },
      { stream: 'caracal.delegations.invalidate', group: 'delegations-observer' },
    ]
    const world = observers.reduce((seen, labels) => withValue(seen, signals.groupLag, labels, 1e9), healthy)
    expect(faultsIn(other, world)).toEqual([])
    expect(faultsIn(groupsKeepUp(platformStreams, limits, 'evidence'), world)).toEqual([])
  })

  it.each([
    sts,
    { stream: 'caracal.policy.invalidate', group: 'opa-engine' },
    { stream: 'caracal.keys.invalidate', group: 'sts-keys' },
  ])('T24, T25: does not judge what $group left pending, which waits for the next start', (labels) => {
    const world = withValue(healthy, signals.groupPending, labels, 1e6)
    expect(faultsIn(other, withValue(world, signals.groupOldestPendingAge, labels, 1e6))).toEqual([])
    expect(faultsIn(other, withValue(healthy, signals.groupLag, labels, 1e6))).toHaveLength(1)
  })
  it('T28: a lag that Redis does not tell is unknown, not zero', () => {
    expect(faultsIn(other, changed(healthy, [signals.groupLag, sts, 'blind']))).toEqual([
      `${stsKey} unknown cannot_tell`,
    ])
  })

  it('names the culprit, the value and the limit', () => {
    const [worst] = findingsIn(other, withValue(healthy, signals.groupLag, relay, 4_711))
    expect(worst).toMatchObject({
      key: relayKey,
      message: `${relayKey} has 4711 undelivered entries`,
      observed: { value: 4_711, unit: 'entries' },
      threshold: { op: '<=', value: 1_000, clear: 500 },
      target: 'redis',
    })
  })
})

describe('every required group has a live consumer', () => {
  const condition = consumersAlive(platformStreams, limits)
  const cases: readonly Case[] = [
    [[signals.groupConsumers, audit, 0], [`${auditKey} unmet no_consumer`]],
    [[signals.groupConsumers, audit, 0.5], [`${auditKey} unmet no_consumer`]],
    [[signals.groupConsumers, audit, 'blind'], [`${auditKey} unknown cannot_tell`]],
    [[signals.groupConsumers, audit, 'silent'], [`${auditKey} unknown never_measured`]],
    [[signals.groupConsumerIdle, audit, 15], []],
    [[signals.groupConsumerIdle, audit, 16], [`${auditKey} near ok`]],
    [[signals.groupConsumerIdle, audit, 61], [`${auditKey} unmet consumer_idle`]],
    [[signals.groupConsumerIdle, audit, 'blind'], [`${auditKey} unknown cannot_tell`]],
    [[signals.groupConsumerIdle, audit, 'silent'], [`${auditKey} unknown never_measured`]],
    [[signals.groupConsumerIdle, relay, 61], [`${relayKey} unmet consumer_idle`]],
    [[signals.groupConsumers, siem, 0], []],
  ]
  it.each(cases.map((one) => [named(one), ...one] as const))('%s', (_, change, faults) => {
    expect(faultsIn(condition, changed(healthy, change))).toEqual(faults)
  })

  it('says that there is none rather than that it has been idle', () => {
    const world = withValue(healthy, signals.groupConsumers, audit, 0)
    const silent = changed(world, [signals.groupConsumerIdle, audit, 'silent'])
    expect(faultsIn(condition, silent)).toEqual([`${auditKey} unmet no_consumer`])
  })

  it.each<[string, Change, readonly string[]]>([
    ['none waits', [signals.groupLag, audit, 0], []],
    ['one waits', [signals.groupLag, audit, 1], [`${auditKey} unknown redis_consumers_unknown`]],
    [
      'that is not known',
      [signals.groupLag, audit, 'blind'],
      [`${auditKey} unknown redis_consumers_unknown`],
    ],
    [
      'that is not said',
      [signals.groupLag, audit, 'silent'],
      [`${auditKey} unknown redis_consumers_unknown`],
    ],
  ])('R36: excuses what Redis cannot know of consumers only while no entry waits: %s', (_, lag, faults) => {
    const silent = changed(healthy, [signals.groupConsumerIdle, audit, 'silent'])
    const hidden = changed(silent, [signals.groupConsumers, audit, 'blind']).map((one) => ({
      ...one,
      blindSpots: one.blindSpots.map((spot) => ({ ...spot, reason: 'redis_consumers_unknown' })),
    }))
    expect(faultsIn(condition, changed(hidden, lag))).toEqual(faults)
  })

  it('R36: does not excuse a blind spot for any other reason', () => {
    const calm = withValue(healthy, signals.groupLag, audit, 0)
    expect(faultsIn(condition, changed(calm, [signals.groupConsumers, audit, 'blind']))).toEqual([
      `${auditKey} unknown cannot_tell`,
    ])
    expect(faultsIn(condition, withValue(calm, signals.groupConsumers, audit, 0))).toEqual([
      `${auditKey} unmet no_consumer`,
    ])
  })

  it('does not ask it of groups whose consumers block for ever', () => {
    const world = withValue(healthy, signals.groupConsumerIdle, sts, 1e6)
    expect(faultsIn(condition, world)).toEqual([])
  })
})
