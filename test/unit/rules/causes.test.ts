import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { noGraph } from '../../../src/core/cause.ts'
import type { ReadinessCode } from '../../../src/rules/readiness-reasons.ts'
import * as signals from '../../../src/rules/signals.ts'
import { play, playShown } from '../../support/timeline.ts'
import { momentsOf, scenes } from '../core/random-world.ts'
import { smallRules } from '../core/small-rules.ts'
import { batchesOf, healthyWorld, platformRules, type World } from './platform-world.ts'
import { withFailing, withValue } from './world-changes.ts'

const rules = platformRules({ steady: 0 })
const healthy = healthyWorld()

/** The verdict once this has been so for longer than every hold. */
function concluded(world: World) {
  const moments = [0, 1, 2, 3].map((n) => ({ at: n * 130_000, world: n === 0 ? healthy : world }))
  const [last] = play(
    platformRules({ steady: 0, longestGap: 200_000 }),
    moments.map(({ at, world: seen }) => ({ at, batches: batchesOf(seen, at) })),
  ).slice(-1)
  if (last === undefined) throw new Error('nothing was played')
  return last.verdict
}

function roots(world: World): readonly string[] {
  return concluded(world)
    .blocking.filter(({ rootCause }) => rootCause)
    .map(({ ref }) => ref.split('/').at(-1) ?? '')
}

const withoutRedis = (world: World) => withFailing(withFailing(world, 'redis'), 'redis-server')
const lostRedis = withoutRedis(healthy)
const lostPostgres = ['outboxes', 'connections', 'migrations'].reduce(
  (world, probe) => withFailing(world, probe),
  healthy,
)

function says(world: World, component: string, code: ReadinessCode): World {
  return [0, 1].reduce(
    (changed, n) =>
      withValue(changed, signals.ready, { component, replica: `${component}-${n}` }, 0, {
        code,
        detail: code,
      }),
    world,
  )
}

function gone(world: World, replica: string): World {
  return ['readiness', 'metrics'].reduce((changed, probe) => withFailing(changed, probe, replica), world)
}

const dead = withValue(healthy, signals.outboxMessages, { outbox: 'api', state: 'dead' }, 3)

describe('R171: X15: the root cause', () => {
  it('is Redis, by its address, and not what services say of it', () => {
    const addresses = {
      redis: { host: 'redis', port: 6379, database: 0, isCluster: false, hasPassword: false },
      postgres: { host: 'db', port: 5432, user: 'gate', database: 'caracal', tls: false },
      replicas: [],
      ownAuthority: false,
    }
    const world = says(
      says(says(lostRedis, 'sts', 'redis_unreachable'), 'api', 'internal_error'),
      'audit',
      'consumer_unhealthy',
    )
    const moments = [healthy, world, world].map((seen, n) => ({
      at: n * 100_000,
      batches: batchesOf(seen, n * 100_000),
    }))
    const verdict = play(platformRules({ addresses, longestGap: 200_000 }), moments).at(-1)?.verdict
    expect(verdict?.summary).toBe('Stop: Redis at redis:6379 does not answer')
    expect(verdict?.blocking[0]).toMatchObject({
      ref: 'causes/redis-unavailable',
      state: 'firing',
      rootCause: true,
      title: 'Redis at redis:6379 does not answer',
      advice: { runbook: 'redis-unavailable' },
      since: 100_000,
    })
    expect(new Set(verdict?.blocking.slice(1).map(({ explainedBy }) => explainedBy))).toEqual(
      new Set(['causes/redis-unavailable']),
    )
  })

  it.each<[string, World, readonly string[]]>([
    ['Redis', lostRedis, ['redis-unavailable']],
    ['Postgres', lostPostgres, ['postgres-unavailable']],
    ['both stores', withoutRedis(lostPostgres), ['redis-unavailable', 'postgres-unavailable']],
    [
      'a snapshot that is stale for want of Postgres',
      says(lostPostgres, 'gateway', 'revocation_snapshot_stale'),
      ['postgres-unavailable'],
    ],
    ['a replica that is gone', gone(healthy, 'gateway/gateway-1'), ['replica-lost']],
    [
      'STS replicas, which Gateways ask',
      says(gone(gone(healthy, 'sts/sts-0'), 'sts/sts-1'), 'gateway', 'sts_unreachable'),
      ['replica-lost'],
    ],
    [
      'an STS that is not ready, which Gateways ask',
      says(says(healthy, 'sts', 'audit_replay_unavailable'), 'gateway', 'sts_unreachable'),
      ['sts-unready'],
    ],
    [
      'dead rows, for which the API is not ready',
      says(dead, 'api', 'outbox_dead_messages'),
      ['outbox-dead-messages'],
    ],
    ['dead rows while Redis is gone', withoutRedis(dead), ['outbox-dead-messages', 'redis-unavailable']],
    [
      'a replica that is gone while Redis is',
      gone(says(lostRedis, 'sts', 'redis_unreachable'), 'gateway/gateway-1'),
      ['redis-unavailable', 'replica-lost'],
    ],
    [
      'one service that lacks Redis, which the exporter reaches',
      says(healthy, 'sts', 'redis_unreachable'),
      ['sts-unready'],
    ],
  ])('names %s', (_, world, expected) => {
    expect(roots(world)).toEqual(expected)
  })

  it('is a Gateway that finds no STS, beside an STS that is not ready, while another one is', () => {
    const one = { component: 'sts', replica: 'sts-0' }
    const world = withValue(healthy, signals.ready, one, 0, { code: 'audit_replay_unavailable' })
    expect(roots(says(world, 'gateway', 'sts_unreachable'))).toEqual(['sts-unready', 'gateway-unready'])
  })

  it.each(['draining', 'bindings_unavailable', 'audit_replay_unavailable'] as const)(
    'does not hide behind Redis that a replica says %s',
    (code) => {
      expect(roots(says(lostRedis, 'gateway', code))).toContain('gateway-unready')
    },
  )

  it('is dead rows that were seen before Postgres went, and Postgres', () => {
    const seen = [healthy, dead, ...[1, 2, 3].map(() => lostPostgres)]
    const played = play(
      platformRules({ steady: 0 }),
      seen.map((world, n) => ({ at: n * 3_000, batches: batchesOf(world, n * 3_000) })),
    )
    const verdict = played.at(-1)?.verdict
    const first = verdict?.blocking.filter(({ rootCause }) => rootCause).map(({ ref }) => ref)
    expect(first).toEqual(['stop-conditions/outbox-dead-messages', 'causes/postgres-unavailable'])
    expect(verdict?.summary).toContain('it fired for: the api outbox has 3 dead rows')
  })

  it('is what is so now before what is over', () => {
    const over = [dead, healthy, healthy]
    const moments = [healthy, ...over, ...over.map(() => gone(healthy, 'audit/audit-1'))]
    const played = play(
      rules,
      moments.map((world, n) => ({ at: n * 3_000, batches: batchesOf(world, n * 3_000) })),
    )
    const verdict = played.at(-1)?.verdict
    expect(verdict?.blocking.map(({ ref }) => ref.split('/').at(-1))).toContain('outbox-dead-messages')
    expect(verdict?.blocking[0]?.ref).toBe('stop-conditions/outbox-dead-messages')
    expect(verdict?.verdict).toBe('stop')
  })

  it('of a single check that cannot be read is the check', () => {
    expect(roots(withFailing(healthy, 'migrations'))).toEqual(['migrations-applied'])
  })
})

describe('R171: the graph of causes', () => {
  const patient = { timeout: 120_000 }

  it('changes no verdict and hides nothing that blocks, whatever happens', patient, () => {
    const without = { ...rules, graph: noGraph }
    fc.assert(
      fc.property(scenes, (trace) => {
        const moments = momentsOf(trace)
        const plain = play(without, moments)
        play(rules, moments).forEach(({ verdict }, n) => {
          const refs = (of: typeof verdict) =>
            of.blocking
              .map(({ ref }) => ref)
              .filter((ref) => !ref.startsWith('causes/'))
              .toSorted()
          const other = plain[n]?.verdict
          expect(verdict.verdict).toBe(other?.verdict)
          expect(other && refs(verdict)).toEqual(other && refs(other))
          const causes = new Set(verdict.blocking.filter(({ rootCause }) => rootCause).map(({ ref }) => ref))
          for (const { rootCause, explainedBy } of verdict.blocking)
            expect(rootCause ? explainedBy === undefined : causes.has(explainedBy ?? '')).toBe(true)
        })
      }),
      { numRuns: 40 },
    )
  })

  it('is absent from rules that have none', () => {
    const [snapshot] = playShown(smallRules(), [[0, { a: 'failed' }]])
    expect(snapshot?.verdict.blocking.filter(({ ref }) => ref.startsWith('causes/'))).toEqual([])
  })
})
