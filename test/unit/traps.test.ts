import { describe, expect, it } from 'vitest'
import { nextStepFor } from '../../src/core/advice.ts'
import { defaultLimits } from '../../src/rules/limits.ts'
import { platformStreams } from '../../src/rules/platform.ts'
import { replicasReady } from '../../src/rules/readiness.ts'
import { memoryAvailable } from '../../src/rules/redis.ts'
import { noDeadLetters } from '../../src/rules/dead-letters.ts'
import { groupsKeepUp } from '../../src/rules/streams.ts'
import * as signals from '../../src/rules/signals.ts'
import { measuredSignals } from '../../src/probes/service-metrics.ts'
import { changed, faultsIn } from './rules/judging.ts'
import { healthyWorld, platformRules } from './rules/platform-world.ts'
import { withFailing } from './rules/world-changes.ts'

// Traps of the platform that no single probe or condition owns; docs/internals/traps.md lists all of them.

const healthy = healthyWorld()
const { gates, stops } = platformRules()

describe('the next steps', () => {
  it('T05: select workloads by label, since their names depend on the release', () => {
    const steps = [...gates.flatMap((gate) => gate.checks), ...stops].map((item) =>
      nextStepFor(item, undefined),
    )
    expect(steps.filter((step) => /\b(deploy|deployment|statefulset|sts|svc)\//.test(step))).toEqual([])
    expect(steps.filter((step) => step.includes('app.kubernetes.io/component='))).not.toEqual([])
  })
})

describe('what Audit caches of Redis', () => {
  it('T12: is not read from Audit: dead letters and backlog are what Redis itself says', () => {
    const fromReplicas = new Set(measuredSignals.map(({ name }) => name))
    const ingestion = groupsKeepUp(platformStreams, defaultLimits.streams, 'evidence')
    const judged = [...ingestion.signals, ...noDeadLetters.signals].map(({ name }) => name)
    expect(judged.filter((name) => fromReplicas.has(name))).toEqual([])
  })
})

describe('a stream that nobody trims', () => {
  it('T22: shows in the memory of Redis before writes are refused, whatever its consumers do', () => {
    const full = changed(healthy, [signals.redisMemoryUsed, {}, 950])
    expect(faultsIn(memoryAvailable(defaultLimits.redis), full)).toEqual(['redis unmet memory_pressure'])
    expect(faultsIn(groupsKeepUp(platformStreams, defaultLimits.streams, 'evidence'), full)).toEqual([])
  })
})

describe('readiness', () => {
  it('T38: of Gateway proves neither STS nor Postgres, so both are judged by themselves', () => {
    const stsGone = changed(healthy, [signals.ready, { component: 'sts', replica: 'sts-0' }, 0])
    expect(faultsIn(replicasReady('gateway', 'configuration'), stsGone)).toEqual([])
    expect(faultsIn(replicasReady('sts', 'configuration'), stsGone)).toEqual(['sts/sts-0 unmet not_ready'])
    const outboxes = gates.flatMap((gate) => gate.checks).find(({ id }) => id === 'outbox-dispatch')
    const blind = withFailing(healthy, 'outboxes')
    expect(faultsIn(replicasReady('gateway', 'configuration'), blind)).toEqual([])
    expect(outboxes && faultsIn(outboxes.condition, blind)).not.toEqual([])
  })

  it('T41: fails by one replica that stays unready, however many others are ready', () => {
    const stalled = { component: 'gateway', replica: 'gateway-0' }
    const world = changed(healthy, [signals.ready, stalled, 0, 'audit_evidence_lost'])
    expect(faultsIn(replicasReady('gateway', 'configuration'), world)).toEqual([
      'gateway/gateway-0 unmet audit_evidence_lost',
    ])
    expect(stops.find(({ id }) => id === 'gateway-unready')).toMatchObject({ kind: 'cannot-prove' })
  })
})

describe('the signals', () => {
  it('T47: hold no count of invocations, which is called a counter and falls', () => {
    const names = Object.values(signals).map(({ name }) => name)
    expect(names.filter((name) => name.includes('invocation'))).toEqual([])
  })
})
