import { describe, expect, it } from 'vitest'
import { canarySteps } from '../../../src/core/pushed.ts'
import type { Labels } from '../../../src/core/signal.ts'
import { provenOfReplicas } from '../../../src/rules/canary.ts'
import * as signals from '../../../src/rules/signals.ts'
import { changed, faultsIn, findingsIn, remembering } from './judging.ts'
import { healthyWorld, type World } from './platform-world.ts'
import { withBlindSpot, withFailing, withSilence, withValue, without } from './world-changes.ts'

const check = 'canary'
const components = ['sts', 'gateway', 'audit']
const condition = provenOfReplicas(check, { components, source: 'cluster' })
const healthy = healthyWorld()
const deaf = { check, component: 'gateway', replica: 'gateway-1' }

/** The world in which the canary's evidence has these labels. */
function pushedWith(labels: Labels, world: World = healthy): World {
  return world.map((one) =>
    one.target.id === check ? { ...one, target: { id: check, labels: { check, ...labels } } } : one,
  )
}

/** The world in which the entry of a replica has these labels too. */
function entryWith(labels: Labels, world: World = healthy): World {
  return world.map((one) =>
    one.target.id === check
      ? {
          ...one,
          readings: one.readings.map((reading) =>
            reading.labels['replica'] === deaf.replica
              ? { ...reading, labels: { ...reading.labels, ...labels } }
              : reading,
          ),
        }
      : one,
  )
}

/** The world in which the canary says fail, because of that one replica. */
function failing(step: string, more: Labels = {}): World {
  const whole = withValue(healthy, signals.pushedEvidence, { check }, 0, 'it failed')
  return withValue(
    entryWith({ step, ...more }, whole),
    signals.pushedReplicaEvidence,
    deaf,
    0,
    'still served',
  )
}

/** The world with another pod of this name. */
function replaced(instance: string, world: World = healthy): World {
  return world.map((one) =>
    one.target.id === 'gateway/gateway-1'
      ? { ...one, target: { ...one.target, labels: { ...one.target.labels, instance } } }
      : one,
  )
}

describe('R222: a canary', () => {
  it('passes when it went through every replica that is known', () => {
    expect(faultsIn(condition, healthy)).toEqual([])
    expect(findingsIn(condition, healthy).map(({ key }) => key)).toEqual(
      expect.arrayContaining(['canary', 'sts/sts-0', 'sts/sts-1', 'gateway/gateway-0', 'gateway/gateway-1']),
    )
  })

  it('is unknown by name where a replica was never in it', () => {
    const more = healthyWorld(3).map((one) =>
      one.target.id === check ? (healthy.find(({ target }) => target.id === check) ?? one) : one,
    )
    expect(faultsIn(condition, more)).toEqual([
      'gateway/gateway-2 unknown canary_missing',
      'sts/sts-2 unknown canary_missing',
    ])
  })

  it('is unknown by name where a replica was replaced under its name', () => {
    const before = replaced('uid-1/0', entryWith({ instance: 'uid-1/0' }))
    expect(faultsIn(condition, before)).toEqual([])
    for (const instance of ['uid-2/0', 'uid-1/1'])
      expect(faultsIn(condition, replaced(instance, before))).toEqual([
        'gateway/gateway-1 unknown canary_of_former_replica',
      ])
    // What was not known when the evidence came may be another one too.
    expect(faultsIn(condition, replaced('uid-1/0'))).toEqual([
      'gateway/gateway-1 unknown canary_of_former_replica',
    ])
  })

  it.each(canarySteps)('fails by name, with the step %s and its reason', (step) => {
    const world = failing(step, { code: 'not_seen' })
    expect(faultsIn(condition, world)).toEqual([
      `gateway/gateway-1 unmet canary_${step.replace('-', '_')}_failed`,
    ])
    expect(findingsIn(condition, world)[0]).toMatchObject({
      message: `gateway/gateway-1 failed at ${step} (not_seen): still served`,
      target: 'gateway/gateway-1',
      evidence: check,
    })
  })

  it('goes on to fail for a replica that is gone', () => {
    const gone = without(failing('revocation'), 'readiness', 'gateway/gateway-1')
    expect(faultsIn(condition, gone)).toEqual(['gateway/gateway-1 unmet canary_revocation_failed'])
    expect(faultsIn(condition, without(healthy, 'readiness', 'gateway/gateway-1'))).toEqual([])
  })

  it('is unknown where it cannot tell of a replica, and fails where it says fail of none', () => {
    const whole = withValue(healthy, signals.pushedEvidence, { check }, 0)
    const unsure = withBlindSpot(entryWith({ step: 'audit' }, whole), signals.pushedReplicaEvidence, deaf)
    expect(faultsIn(condition, unsure)).toEqual(['gateway/gateway-1 unknown canary_inconclusive'])
    expect(faultsIn(condition, whole)).toEqual(['canary unmet evidence_failed'])
  })

  it('asks for audit events, whichever Audit replica ingested them', () => {
    const none = withSilence(healthy, signals.pushedReplicaEvidence, { check, component: 'audit' })
    expect(faultsIn(condition, none)).toEqual(['audit unknown canary_missing'])
    const some = withSilence(healthy, signals.pushedReplicaEvidence, { check, replica: 'audit-1' })
    expect(faultsIn(condition, some)).toEqual([])
  })

  it('is unknown while the replicas that there are cannot be known', () => {
    expect(faultsIn(condition, without(healthy, 'readiness', 'sts/'))).toEqual(['sts unknown no_replica'])
    expect(
      faultsIn(condition, changed(healthy, [signals.workloadDesired, { component: 'sts' }, 'blind'])),
    ).toEqual(['sts unknown cannot_tell'])
  })
})

describe('R223: a canary is about its rollout and its time', () => {
  const inRollout = remembering({}, { startedAt: 100 })

  it('counts in the rollout in which it ran, and not from before that', () => {
    const own = { rollout: 'r1', life: '100', issued: '200', since: '200' }
    expect(faultsIn(condition, pushedWith(own), inRollout)).toEqual([])
    expect(faultsIn(condition, pushedWith({ ...own, since: '99' }), inRollout)).toEqual([
      'canary unknown canary_before_rollout',
    ])
    expect(faultsIn(condition, pushedWith({ ...own, rollout: 'r0', life: '0' }), inRollout)).toEqual([
      'canary unknown evidence_of_another_rollout',
    ])
  })

  it('that failed before the rollout fails until it is tried again', () => {
    const early = { rollout: 'r1', life: '100', issued: '50', since: '50' }
    expect(faultsIn(condition, pushedWith(early, failing('audit')), inRollout)).toEqual([
      'gateway/gateway-1 unmet canary_audit_failed',
    ])
  })

  it('is unknown when there is none, or it has expired', () => {
    expect(faultsIn(condition, without(healthy, 'evidence', check))).toEqual([
      'source unknown not_configured',
    ])
    const expired = findingsIn(condition, withFailing(healthy, 'evidence', check))
    expect(expired.map(({ key, answer }) => `${key} ${answer}`)).toEqual(['canary unknown'])
  })
})
