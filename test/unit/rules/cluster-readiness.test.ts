import { describe, expect, it } from 'vitest'
import { replicasReady } from '../../../src/rules/readiness.ts'
import * as signals from '../../../src/rules/signals.ts'
import { changed, faultsIn, findingsIn, named, type Case } from './judging.ts'
import { healthyWorld, platformRules, type World } from './platform-world.ts'
import { checkStatesOf, inPhase, playScenes, stopStatesOf } from './playing.ts'
import { withFailing, without, withSilence, withValue } from './world-changes.ts'

const healthy = healthyWorld()
const component = 'sts'
const condition = replicasReady(component, 'cluster')
const last = { component, replica: 'sts-1' }

/** The world in which a replica is not listed any more, as when its pod is being deleted. */
const oneGone = without(healthy, 'readiness', 'sts/sts-1')
const bothGone = without(oneGone, 'readiness', 'sts/sts-0')
const oneUnready = withValue(healthy, signals.ready, last, 0, 'redis_unavailable')
const oneHidden = withFailing(healthy, 'readiness', 'sts/sts-1')
const blindCluster = [
  'workloads',
  'service-ports',
  'secret-references',
  'migration-jobs',
  'helm-release',
].reduce((world, probe) => withFailing(world, probe), healthy)

function wanting(world: World, replicas: number): World {
  return withValue(world, signals.workloadDesired, { component }, replicas)
}

function statesOf(played: ReturnType<typeof playScenes>): readonly string[] {
  const checks = checkStatesOf(played, 'ready-sts')
  return stopStatesOf(played, 'sts-unready').map((state, n) => `${checks[n]} ${state}`)
}

describe('every replica that a workload wants proves readiness', () => {
  const cases: readonly Case[] = [
    [[signals.workloadDesired, { component }, 3], ['sts/3 replicas unmet too_few_replicas']],
    [[signals.workloadDesired, { component }, 1], []],
    [[signals.workloadDesired, { component }, 'blind'], ['sts unknown cannot_tell']],
    [[signals.workloadProgressing, { component }, 0, 'crash_loop: it crashes'], ['sts unmet crash_loop']],
    [[signals.workloadProgressing, { component }, 'blind'], ['sts unknown cannot_tell']],
    [[signals.workloadProgressing, { component }, 'silent'], ['sts unknown never_measured']],
    [[signals.workloadDesired, { component: 'api' }, 9], []],
  ]
  it.each(cases.map((one) => [named(one), ...one] as const))('%s', (_, change, faults) => {
    expect(faultsIn(condition, changed(healthy, change))).toEqual(faults)
  })

  it('R39: counts the replicas that proved it against those that are wanted', () => {
    expect(faultsIn(condition, healthy)).toEqual([])
    expect(faultsIn(condition, oneGone)).toEqual(['sts/2 replicas unmet too_few_replicas'])
    expect(findingsIn(condition, oneGone)[0]).toMatchObject({
      message: '1 of 2 sts replicas have proven readiness',
      observed: { value: 1, unit: 'replicas' },
      threshold: { op: '>=', value: 2 },
    })
    expect(faultsIn(condition, bothGone)).toEqual(['sts/2 replicas unmet too_few_replicas'])
  })

  it('R39: accepts more than are wanted', () => {
    expect(faultsIn(condition, wanting(healthy, 1))).toEqual([])
  })

  it('R39: does not count a replica that cannot be seen, for or against', () => {
    expect(faultsIn(condition, oneHidden)).toEqual(['sts/sts-1 unknown unreachable'])
    expect(findingsIn(condition, oneHidden).map(({ key }) => key)).toEqual(['sts/sts-1', 'sts/sts-0'])
    expect(faultsIn(condition, wanting(oneHidden, 3))).toEqual([
      'sts/3 replicas unmet too_few_replicas',
      'sts/sts-1 unknown unreachable',
    ])
  })

  it('R39: names the replica and its own reason before the number that it follows', () => {
    expect(faultsIn(condition, oneUnready)).toEqual([
      'sts/sts-1 unmet redis_unavailable',
      'sts/2 replicas unmet too_few_replicas',
    ])
  })

  it('R39: fails where a workload that is expected was scaled to none', () => {
    expect(faultsIn(condition, wanting(bothGone, 0))).toEqual(['sts/0 replicas unmet scaled_to_zero'])
  })

  it('R37: fails where there is no workload, and is unknown where the cluster was never seen', () => {
    const bare = [signals.workloadDesired, signals.workloadProgressing].reduce(
      (world, signal) => withSilence(world, signal, { component }),
      bothGone,
    )
    expect(faultsIn(condition, bare)).toEqual(['sts unmet no_workload'])
    expect(faultsIn(condition, without(bothGone, 'workloads', ''))).toEqual(['sts unknown never_measured'])
  })

  it('R41: says that what is missing is unknown where the cluster is not seen, and no loss of readiness', () => {
    const found = findingsIn(condition, blindCluster).filter(({ answer }) => answer !== 'met')
    expect(found).toMatchObject([{ key: 'kubernetes', answer: 'unknown', indirect: true }])
    expect(findingsIn(condition, oneHidden)[0]?.indirect).toBeUndefined()
  })

  it('asks the cluster nothing in an installation without one', () => {
    const plain = replicasReady(component, 'configuration')
    expect(faultsIn(plain, wanting(blindCluster, 9))).toEqual([])
    expect(plain.signals).not.toContain(signals.workloadDesired)
  })
})

describe('a rolling update', () => {
  it('R40: leaves the gate pending and fires nothing while it replaces one replica after the other', () => {
    const firstGone = without(healthy, 'readiness', 'sts/sts-0')
    const played = playScenes([
      { world: healthy, seconds: 1, command: inPhase('rolling') },
      { world: oneGone, seconds: 140 },
      { world: oneUnready, seconds: 100 },
      { world: healthy, seconds: 1 },
      { world: firstGone, seconds: 100 },
      { world: healthy, seconds: 6, command: inPhase('verifying') },
    ])
    expect(statesOf(played)).toEqual([
      'pass clear',
      'pending pending',
      'pending pending',
      'pass clear',
      'pending pending',
      'pass clear',
    ])
    expect(played.at(-1)?.stops.get('sts-unready')?.firings).toBe(0)
  })

  it('R40: does not count its time for the readiness that is missing at its end', () => {
    const played = playScenes([
      { world: healthy, seconds: 1, command: inPhase('rolling') },
      { world: oneGone, seconds: 150 },
      { world: oneGone, seconds: 100, command: inPhase('verifying') },
      { world: oneGone, seconds: 100 },
    ])
    expect(statesOf(played)).toEqual(['pass clear', 'pending pending', 'pending pending', 'fail firing'])
  })

  it('R40: fires where it takes more than one away', () => {
    const played = playScenes([
      { world: healthy, seconds: 1, command: inPhase('rolling') },
      { world: bothGone, seconds: 58 },
      { world: bothGone, seconds: 2 },
    ])
    expect(stopStatesOf(played, 'sts-unready')).toEqual(['clear', 'pending', 'firing'])
    expect(played.at(-1)?.stops.get('sts-unready')?.latch?.culprits).toEqual(['sts/2 replicas'])
  })

  it('R40: fires for a new replica that has not become ready within the time of a start', () => {
    const played = playScenes([
      { world: healthy, seconds: 1, command: inPhase('rolling') },
      { world: oneGone, seconds: 10 },
      { world: oneUnready, seconds: 178 },
      { world: oneUnready, seconds: 2 },
    ])
    expect(stopStatesOf(played, 'sts-unready')).toEqual(['clear', 'pending', 'pending', 'firing'])
    expect(played.at(-1)?.stops.get('sts-unready')?.cause?.key).toBe('sts/sts-1')
  })

  it('R42: fires at once when its workload cannot go on, also at first sight', () => {
    const stuck = withValue(oneGone, signals.workloadProgressing, { component }, 0, 'crash_loop: it crashes')
    for (const scenes of [[healthy, stuck], [stuck]]) {
      const played = playScenes(
        scenes.map((world) => ({ world, seconds: 0 })),
        platformRules(),
      )
      expect(statesOf(played).at(-1)).toBe('fail firing')
      expect(played.at(-1)?.stops.get('sts-unready')?.cause).toMatchObject({
        reason: 'crash_loop',
        message: "the workload of sts can't go on: it crashes",
      })
      expect(played.at(-1)?.stops.get('gateway-unready')?.state).not.toBe('firing')
    }
  })
})

describe('without a rollout', () => {
  it('R39: fires when fewer are ready than are wanted for a minute', () => {
    const played = playScenes([
      { world: healthy, seconds: 1 },
      { world: oneGone, seconds: 59 },
      { world: oneGone, seconds: 1 },
    ])
    expect(statesOf(played)).toEqual(['pass clear', 'fail pending', 'fail firing'])
  })

  it('T40: follows the number that the workload wants, which an upgrade sets back and an autoscaler raises', () => {
    const played = playScenes([
      { world: healthy, seconds: 1 },
      { world: wanting(oneGone, 1), seconds: 10 },
      { world: wanting(oneGone, 2), seconds: 170 },
      { world: wanting(oneGone, 2), seconds: 10 },
    ])
    expect(statesOf(played)).toEqual(['pass clear', 'pass clear', 'pending pending', 'fail firing'])
  })
})

describe('a cluster that cannot be seen', () => {
  it('R41: makes the gate unknown and the stop unknown, and never fires it', () => {
    const played = playScenes([
      { world: healthy, seconds: 1 },
      { world: blindCluster, seconds: 600 },
      { world: healthy, seconds: 6 },
    ])
    expect(statesOf(played)).toEqual(['pass clear', 'unknown unknown', 'pass clear'])
    expect(played.at(-1)?.stops.get('sts-unready')?.firings).toBe(0)
  })

  it('R41: is no reason to fire for a daemon that starts and knows no replica', () => {
    const nothing = blindCluster.filter(({ probe }) => probe !== 'readiness')
    const played = playScenes([{ world: nothing, seconds: 600 }])
    expect(statesOf(played)).toEqual(['unknown unknown'])
  })

  it('R41: excuses no known replica that is not ready, or can no longer be asked', () => {
    for (const loss of [
      withValue(blindCluster, signals.ready, last, 0),
      withFailing(blindCluster, 'readiness', 'sts/sts-1'),
    ]) {
      const played = playScenes([
        { world: healthy, seconds: 1 },
        { world: loss, seconds: 61 },
      ])
      expect(stopStatesOf(played, 'sts-unready')).toEqual(['clear', 'firing'])
    }
  })

  it('R41: does not end a stop that fires', () => {
    const played = playScenes([
      { world: healthy, seconds: 1 },
      { world: oneGone, seconds: 61 },
      { world: blindCluster, seconds: 100 },
    ])
    expect(stopStatesOf(played, 'sts-unready')).toEqual(['clear', 'firing', 'firing'])
  })
})

describe('what was remembered of a replica', () => {
  it('R43: is forgotten with it: a new pod under its name has the time of a start', () => {
    const played = playScenes([
      { world: healthy, seconds: 1, command: inPhase('rolling') },
      // Another replica cannot be seen meanwhile, which must not keep the name alive.
      { world: withFailing(oneGone, 'readiness', 'sts/sts-0'), seconds: 5 },
      { world: oneUnready, seconds: 170 },
    ])
    expect(stopStatesOf(played, 'sts-unready')).toEqual(['clear', 'pending', 'pending'])
  })
})
