import { describe, expect, it } from 'vitest'
import type { CanaryStep } from '../../../src/core/pushed.ts'
import type { ReadinessCode } from '../../../src/rules/readiness-reasons.ts'
import * as signals from '../../../src/rules/signals.ts'
import { play } from '../../support/timeline.ts'
import { batchesOf, healthyWorld, platformRules, type World } from './platform-world.ts'
import { withFailing, withValue } from './world-changes.ts'

const healthy = healthyWorld()

/** The world in which the canary failed at this step of this replica. */
function failed(step: CanaryStep, key: string, world: World = healthy): World {
  const [component = '', replica = ''] = key.split('/')
  const said = withValue(
    withValue(world, signals.pushedEvidence, { check: 'canary' }, 0),
    signals.pushedReplicaEvidence,
    { component, replica },
    0,
  )
  return said.map((one) =>
    one.target.id === 'canary'
      ? {
          ...one,
          readings: one.readings.map((reading) =>
            reading.value === 0 ? { ...reading, labels: { ...reading.labels, step } } : reading,
          ),
        }
      : one,
  )
}

/** What explains the canary, or `itself`. */
function explanationIn(world: World): string {
  const moments = [0, 1, 2, 3].map((n) => ({
    at: n * 130_000,
    batches: batchesOf(n === 0 ? healthy : world, n * 130_000),
  }))
  const verdict = play(platformRules({ steady: 0, longestGap: 200_000 }), moments).at(-1)?.verdict
  const found = verdict?.blocking.find(({ ref }) => ref.endsWith('/canary'))
  if (found === undefined) throw new Error('the canary does not block')
  return found.explainedBy?.split('/').at(-1) ?? 'itself'
}

function lost(...probes: readonly string[]): World {
  return probes.reduce((world, probe) => withFailing(world, probe), healthy)
}

function says(component: string, code: ReadinessCode, ...replicas: readonly string[]): World {
  return replicas.reduce(
    (world, replica) => withValue(world, signals.ready, { component, replica }, 0, { code, detail: code }),
    healthy,
  )
}

const redis = lost('redis', 'redis-server')
const postgres = lost('outboxes', 'connections', 'migrations')
const stale = withValue(healthy, signals.snapshotFresh, { component: 'gateway', replica: 'gateway-1' }, 0)
const behind = withValue(healthy, signals.groupLag, { group: 'audit-ingestor' }, 5_000)
const gone = ['readiness', 'metrics'].reduce(
  (world, probe) => withFailing(world, probe, 'gateway/gateway-1'),
  healthy,
)

describe('R225: a canary that failed', () => {
  it.each<[CanaryStep, string, string, World, string]>([
    ['revocation', 'gateway/gateway-1', 'Redis, which does not answer', redis, 'redis-unavailable'],
    ['audit', 'sts/sts-0', 'Postgres, which does not answer', postgres, 'postgres-unavailable'],
    ['call-allowed', 'gateway/gateway-1', 'that replica, which is lost', gone, 'replica-lost'],
    ['call-allowed', 'gateway/gateway-0', 'another replica, which is lost', gone, 'itself'],
    ['audit', 'sts/sts-0', 'an Audit that is behind', behind, 'audit-ingestion'],
    ['revocation', 'gateway/gateway-1', 'its stale snapshot', stale, 'revocation-snapshot-stale'],
    ['revocation', 'gateway/gateway-0', 'the stale snapshot of another', stale, 'itself'],
    [
      'exchange-allowed',
      'sts/sts-0',
      'an STS that is not ready',
      says('sts', 'audit_replay_unavailable', 'sts-0'),
      'sts-unready',
    ],
    [
      'call-allowed',
      'gateway/gateway-0',
      'one STS of two',
      says('sts', 'audit_replay_unavailable', 'sts-0'),
      'itself',
    ],
    [
      'call-allowed',
      'gateway/gateway-0',
      'every STS',
      says('sts', 'audit_replay_unavailable', 'sts-0', 'sts-1'),
      'sts-unready',
    ],
  ])('at %s of %s follows from %s: %4$s', (step, key, _, world, explanation) => {
    expect(explanationIn(failed(step, key, world))).toBe(explanation)
  })

  it.each(['exchange-denied', 'call-denied'] as const)('follows from nothing at %s', (step) => {
    for (const world of [redis, postgres, gone])
      expect(explanationIn(failed(step, 'gateway/gateway-1', world))).toBe('itself')
  })
})
