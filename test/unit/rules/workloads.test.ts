import { describe, expect, it } from 'vitest'
import { migrationJobsDone } from '../../../src/rules/migration-jobs.ts'
import { replicasReady } from '../../../src/rules/readiness.ts'
import * as signals from '../../../src/rules/signals.ts'
import { nothingDrifted, servicesReach } from '../../../src/rules/source.ts'
import { workloadsRolledOut } from '../../../src/rules/workloads.ts'
import { components } from '../../../src/core/replica.ts'
import { changed, faultsIn, findingsIn, named, type Case } from './judging.ts'
import { healthyWorld, type World } from './platform-world.ts'
import { checkStatesOf, inPhase, playScenes } from './playing.ts'
import { withFailing, withSilence, withValue, without } from './world-changes.ts'

const healthy = healthyWorld()
const sts = { component: 'sts' }
const condition = workloadsRolledOut(components)

const waiting = changed(healthy, [signals.workloadRolledOut, sts, 0, 'waiting: 1 of 2 replicas updated'])
const stuck = changed(waiting, [signals.workloadProgressing, sts, 0, 'crash_loop: container sts crashes'])

/** The world in which the cluster shows no workload of the component. */
function withoutWorkload(world: World, component: string): World {
  return [
    signals.workloadDesired,
    signals.workloadUpdated,
    signals.workloadAvailable,
    signals.workloadRolledOut,
    signals.workloadProgressing,
    signals.workloadTemplate,
  ].reduce((rest, signal) => withSilence(rest, signal, { component }), world)
}

describe('every workload has rolled out', () => {
  const cases: readonly Case[] = [
    [[signals.workloadRolledOut, sts, 0, 'waiting: 1 of 2 replicas updated'], ['sts unmet waiting']],
    [
      [signals.workloadRolledOut, sts, 0, 'old_replicas_left: 1 of the former revision'],
      ['sts unmet old_replicas_left'],
    ],
    [[signals.workloadRolledOut, sts, 0], ['sts unmet not_rolled_out']],
    [[signals.workloadRolledOut, sts, 'blind'], ['sts unknown cannot_tell']],
    [[signals.workloadProgressing, sts, 0, 'crash_loop: container sts crashes'], ['sts unmet crash_loop']],
    [[signals.workloadProgressing, sts, 0], ['sts unmet no_progress']],
    [[signals.workloadProgressing, sts, 'blind'], ['sts unknown cannot_tell']],
    [[signals.workloadProgressing, sts, 'silent'], ['sts unknown never_measured']],
  ]
  it.each(cases.map((one) => [named(one), ...one] as const))('%s', (_, change, faults) => {
    expect(faultsIn(condition, changed(healthy, change))).toEqual(faults)
  })

  it('says in words what is waited for, without the code', () => {
    const [worst] = findingsIn(condition, waiting)
    expect(worst?.message).toBe('sts is not rolled out: 1 of 2 replicas updated')
    expect(findingsIn(condition, stuck)[0]?.message).toBe(
      "the workload of sts can't go on: container sts crashes",
    )
  })

  it('R37: finds that an expected component has no workload where the cluster is seen', () => {
    expect(faultsIn(condition, withoutWorkload(healthy, 'sts'))).toEqual(['sts unmet no_workload'])
    expect(faultsIn(workloadsRolledOut(['api', 'gateway']), withoutWorkload(healthy, 'sts'))).toEqual([])
  })

  it('R37: expects Web only where it is installed, or nobody can tell', () => {
    const withoutWeb = withSilence(
      withSilence(withoutWorkload(healthy, 'web'), signals.servicePortReaches, { component: 'web' }),
      signals.workloadDrift,
      { component: 'web' },
    )
    for (const one of [condition, nothingDrifted(components), servicesReach(components)])
      expect(faultsIn(one, withoutWeb)).toEqual([])
    expect(faultsIn(replicasReady('web', 'cluster'), without(withoutWeb, 'readiness', 'web/'))).toEqual([])
    expect(
      faultsIn(
        replicasReady('web', 'cluster'),
        withValue(withoutWeb, signals.ready, { component: 'web' }, 0, 'unavailable'),
      ),
    ).toEqual(['web/web-0 unmet unavailable', 'web/web-1 unmet unavailable'])
    expect(faultsIn(replicasReady('web', 'cluster'), withFailing(withoutWeb, 'workloads'))).toEqual([
      'kubernetes unknown unreachable',
    ])
    const authUnseen = changed(withoutWeb, [signals.migrationJobSucceeded, { kind: 'auth-migrate' }, 'blind'])
    expect(faultsIn(migrationJobsDone(components), authUnseen)).toEqual([])
  })

  it('R37: is unknown, and blames no component, where the cluster is not seen', () => {
    expect(faultsIn(condition, withFailing(healthy, 'workloads'))).toEqual(['kubernetes unknown unreachable'])
    const unasked = faultsIn(condition, without(healthy, 'workloads', 'kubernetes'))
    expect(unasked).toEqual(components.map((component) => `${component} unknown never_measured`).toSorted())
  })

  it('R38: is pending for as long as a rollout replaces workloads', () => {
    for (const phase of ['migrating', 'rolling'] as const)
      for (const world of [waiting, withoutWorkload(healthy, 'sts')]) {
        const played = playScenes([
          { world: healthy, seconds: 1, command: inPhase('preflight') },
          { world, seconds: 200, command: inPhase(phase) },
        ])
        expect(checkStatesOf(played, 'workload-rollout')).toEqual(['pass', 'pending'])
      }
  })

  it('R38: fails outside of it when a pod has had the time of a start', () => {
    for (const phase of ['preflight', 'verifying'] as const) {
      const played = playScenes([
        { world: healthy, seconds: 1, command: inPhase(phase) },
        { world: waiting, seconds: 179 },
        { world: waiting, seconds: 0 },
      ])
      expect(checkStatesOf(played, 'workload-rollout')).toEqual(['pass', 'pending', 'fail'])
    }
  })

  it('R38: gives what it cannot go on for as the reason, whatever it waits for', () => {
    const left = changed(healthy, [signals.workloadRolledOut, sts, 0, 'old_replicas_left: 1 of the former'])
    const late = changed(left, [signals.workloadProgressing, sts, 0, 'rollout_deadline_exceeded: 15 min'])
    expect(faultsIn(condition, late)).toEqual(['sts unmet rollout_deadline_exceeded'])
  })

  it('R38: fails at once when the workload cannot go on, in any phase and also at first sight', () => {
    for (const phase of ['migrating', 'rolling', 'verifying'] as const) {
      const played = playScenes([{ world: stuck, seconds: 0, command: inPhase(phase) }])
      expect(checkStatesOf(played, 'workload-rollout')).toEqual(['fail'])
    }
  })
})
