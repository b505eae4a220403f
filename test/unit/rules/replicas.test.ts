import { describe, expect, it } from 'vitest'
import { noEvidenceLost, noTampering } from '../../../src/rules/audit.ts'
import { provenByEvidence, provenElsewhere } from '../../../src/rules/elsewhere.ts'
import { circuitStaysClosed, policiesWork } from '../../../src/rules/exchange.ts'
import { defaultLimits } from '../../../src/rules/limits.ts'
import { platformStreams } from '../../../src/rules/platform.ts'
import { replicasReady } from '../../../src/rules/readiness.ts'
import { replayIsYoung } from '../../../src/rules/replay.ts'
import { revocationsPropagate, snapshotsFresh } from '../../../src/rules/revocation.ts'
import * as signals from '../../../src/rules/signals.ts'
import { changed, faultsIn, findingsIn, named, remembering, type Case } from './judging.ts'
import { healthyWorld } from './platform-world.ts'
import { withFailing, without, withValue } from './world-changes.ts'

const healthy = healthyWorld()
const gateway = { component: 'gateway', replica: 'gateway-1' }
const sts = { component: 'sts', replica: 'sts-0' }
const revocations = { stream: 'caracal.sessions.revoke' }

describe('every replica proves readiness', () => {
  const condition = replicasReady('sts', 'configuration')
  const cases: readonly Case[] = [
    [[signals.ready, sts, 0], ['sts/sts-0 unmet not_ready']],
    [[signals.ready, sts, 0, 'redis_unreachable'], ['sts/sts-0 unmet redis_unreachable']],
    [[signals.ready, sts, 'blind'], ['sts/sts-0 unknown cannot_tell']],
    [[signals.ready, sts, 'silent'], ['sts/sts-0 unknown never_measured']],
    [[signals.ready, gateway, 0], []],
  ]
  it.each(cases.map((one) => [named(one), ...one] as const))('%s', (_, change, faults) => {
    expect(faultsIn(condition, changed(healthy, change))).toEqual(faults)
  })

  it('R05: is unknown when one of two replicas cannot be seen, and names it', () => {
    expect(faultsIn(condition, withFailing(healthy, 'readiness', 'sts/sts-1'))).toEqual([
      'sts/sts-1 unknown unreachable',
    ])
  })

  it('R04: is unknown when no replica is known', () => {
    expect(faultsIn(condition, without(healthy, 'readiness', 'sts/'))).toEqual(['sts unknown no_replica'])
  })
})

describe('every Gateway replica holds a fresh snapshot', () => {
  const condition = snapshotsFresh(defaultLimits.revocation)
  const cases: readonly Case[] = [
    [[signals.snapshotFresh, gateway, 0], ['gateway/gateway-1 unmet revocation_snapshot_stale']],
    [[signals.snapshotFresh, gateway, 'blind'], ['gateway/gateway-1 unknown cannot_tell']],
    [[signals.snapshotFresh, gateway, 'silent'], ['gateway/gateway-1 unknown never_measured']],
    [[signals.snapshotAge, gateway, 45], []],
    [[signals.snapshotAge, gateway, 46], ['gateway/gateway-1 near ok']],
    [[signals.snapshotAge, gateway, 70], ['gateway/gateway-1 near ok']],
    [[signals.snapshotAge, gateway, 71], ['gateway/gateway-1 unmet revocation_snapshot_stale']],
    [[signals.snapshotAge, gateway, 'blind'], ['gateway/gateway-1 unknown cannot_tell']],
  ]
  it.each(cases.map((one) => [named(one), ...one] as const))('%s', (_, change, faults) => {
    expect(faultsIn(condition, changed(healthy, change))).toEqual(faults)
  })

  it('T07: finds the one stale replica among fresh ones', () => {
    expect(faultsIn(condition, withValue(healthy, signals.snapshotFresh, gateway, 0))).toHaveLength(1)
  })
})

describe('revocations propagate', () => {
  const condition = revocationsPropagate(platformStreams, defaultLimits.streams)
  const own = { ...revocations, group: 'gateway-revocation:gateway-1' }
  const cases: readonly Case[] = [
    [[signals.perReplicaGroups, revocations, 1], ['caracal.sessions.revoke unmet group_missing']],
    [[signals.perReplicaGroups, revocations, 'blind'], ['caracal.sessions.revoke unknown cannot_tell']],
    [[signals.perReplicaGroups, revocations, 'silent'], ['caracal.sessions.revoke unknown never_measured']],
    [[signals.groupLag, own, 501], [`caracal.sessions.revoke/${own.group} near ok`]],
    [[signals.groupLag, own, 1_001], [`caracal.sessions.revoke/${own.group} unmet lag_high`]],
    [[signals.groupLag, own, 'blind'], [`caracal.sessions.revoke/${own.group} unknown cannot_tell`]],
    [[signals.groupLag, { ...revocations, group: 'sts-revocation' }, 1e6], []],
  ]
  it.each(cases.map((one) => [named(one), ...one] as const))('%s', (_, change, faults) => {
    expect(faultsIn(condition, changed(healthy, change))).toEqual(faults)
  })

  it('T27: counts groups of living replicas only; groups of former ones may be left behind', () => {
    const leaked = withValue(healthy, signals.orphanGroups, revocations, 40)
    expect(faultsIn(condition, leaked)).toEqual([])
    expect(findingsIn(condition, leaked).find(({ key }) => key === revocations.stream)?.message).toBe(
      '2 of 2 Gateway replicas read caracal.sessions.revoke',
    )
    expect(condition.signals).not.toContain(signals.orphanGroups)
  })

  it('R05: is unknown when Redis cannot be seen', () => {
    expect(faultsIn(condition, withFailing(healthy, 'redis'))).toEqual(['redis unknown unreachable'])
  })
})

describe('no replica keeps an old replay file', () => {
  const condition = replayIsYoung(defaultLimits.replay)
  const cases: readonly Case[] = [
    [[signals.replayOldestAge, sts, 60], []],
    [[signals.replayOldestAge, sts, 61], ['sts/sts-0 near ok']],
    [[signals.replayOldestAge, sts, 301], ['sts/sts-0 unmet replay_backlog_old']],
    [[signals.replayOldestAge, sts, 'blind'], ['sts/sts-0 unknown cannot_tell']],
    [[signals.replayOldestAge, gateway, 301], ['gateway/gateway-1 unmet replay_backlog_old']],
  ]
  it.each(cases.map((one) => [named(one), ...one] as const))('%s', (_, change, faults) => {
    expect(faultsIn(condition, changed(healthy, change))).toEqual(faults)
  })

  it('T19: judges age, since the number of files may be forgotten at a restart', () => {
    expect(faultsIn(condition, withValue(healthy, signals.replayFiles, sts, 5_000))).toEqual([])
    expect(condition.signals).toEqual([signals.replayOldestAge])
  })
})

describe('no audit event is lost', () => {
  const condition = noEvidenceLost(platformStreams)
  const ingestor = { stream: 'caracal.audit.events', group: 'audit-ingestor' }
  const key = 'caracal.audit.events/audit-ingestor'
  const cases: readonly Case[] = [
    [[signals.evidenceDropped, sts, 1], ['sts/sts-0 unmet audit_evidence_lost']],
    [[signals.evidenceDropped, sts, 'blind'], ['sts/sts-0 unknown cannot_tell']],
    [[signals.groupLost, ingestor, 'blind'], [`${key} unknown cannot_tell`]],
    [[signals.groupLost, ingestor, 'silent'], [`${key} unknown never_measured`]],
  ]
  it.each(cases.map((one) => [named(one), ...one] as const))('%s', (_, change, faults) => {
    expect(faultsIn(condition, changed(healthy, change))).toEqual(faults)
  })

  it('T21: sees entries that were trimmed before they were ingested, which no dead letter tells', () => {
    const world = withValue(healthy, signals.groupLost, ingestor, 12)
    expect(findingsIn(condition, world)[0]).toMatchObject({
      key,
      reason: 'audit_events_trimmed',
      message: `12 entries were trimmed from caracal.audit.events before ${key} took them`,
    })
  })

  it('T23: does not ask what observers lost', () => {
    const siem = { stream: 'caracal.audit.events', group: 'siem-export' }
    expect(faultsIn(condition, withValue(healthy, signals.groupLost, siem, 99))).toEqual([])
  })
})

describe('no evidence was tampered with', () => {
  const found = { component: 'audit', replica: 'audit-1', kind: 'chain_break' }
  const baseline = 'caracal_tamper_findings_total{audit/audit-1/chain_break}'

  it('T45: takes what is counted in the very first look for news', () => {
    const world = withValue(healthy, signals.tamperFindings, found, 1)
    expect(findingsIn(noTampering, world)[0]).toMatchObject({
      key: 'audit/audit-1/chain_break',
      reason: 'audit_tamper_detected',
      answer: 'unmet',
      observed: { value: 1 },
    })
    expect(faultsIn(noTampering, world, remembering({ [baseline]: 1 }))).toEqual([])
  })

  it('is unknown while findings cannot be told', () => {
    expect(faultsIn(noTampering, changed(healthy, [signals.tamperFindings, found, 'blind']))).toEqual([
      'audit/audit-1/chain_break unknown cannot_tell',
    ])
  })
})

describe('what replicas count about each other', () => {
  const opened = 'caracal_exchange_circuit_opened_total{gateway/gateway-1}'

  it('T15: judges how often the circuit opened; a gauge would stick until the next request', () => {
    const world = withValue(healthy, signals.circuitOpened, gateway, 4)
    expect(faultsIn(circuitStaysClosed, world, remembering({ [opened]: 4 }))).toEqual([])
    expect(faultsIn(circuitStaysClosed, world, remembering({ [opened]: 3 }))).toEqual([
      'gateway/gateway-1 unmet sts_circuit_open',
    ])
    expect(circuitStaysClosed.signals.map(({ type }) => type)).toEqual(['counter'])
  })

  it('takes the count of a replica that appears in a rollout for news, and otherwise for known', () => {
    const world = withValue(healthy, signals.circuitOpened, gateway, 4)
    expect(faultsIn(circuitStaysClosed, world)).toEqual([])
    expect(faultsIn(circuitStaysClosed, world, remembering({}, 'in a rollout'))).toHaveLength(1)
  })

  it('names the policy error and the replica', () => {
    const errors = { ...sts, kind: 'compile' }
    const world = withValue(healthy, signals.policyErrors, errors, 2)
    const known = remembering({ 'caracal_policy_errors_total{sts/sts-0/compile}': 1 })
    expect(faultsIn(policiesWork, world, known)).toEqual(['sts/sts-0/compile unmet policy_error'])
    expect(faultsIn(policiesWork, changed(healthy, [signals.policyErrors, errors, 'blind']))).toEqual([
      'sts/sts-0/compile unknown cannot_tell',
    ])
  })
})

describe('what is proven elsewhere', () => {
  const condition = provenByEvidence('helm-render', 'helm template succeeds')

  it('R01: never passes by itself', () => {
    expect(faultsIn(provenElsewhere('all is well', 'nobody looks'), healthy)).toEqual([
      'source unknown not_configured',
    ])
    expect(faultsIn(condition, without(healthy, 'evidence', 'helm-render'))).toEqual([
      'source unknown not_configured',
    ])
  })

  it('is met by evidence that says pass, and broken by evidence that says fail', () => {
    expect(faultsIn(condition, healthy)).toEqual([])
    const failing = withValue(healthy, signals.pushedEvidence, { check: 'helm-render' }, 0)
    expect(faultsIn(condition, failing)).toEqual(['helm-render unmet evidence_failed'])
    expect(faultsIn(condition, withFailing(healthy, 'evidence', 'helm-render'))).toEqual([
      'helm-render unknown unreachable',
    ])
  })
})
