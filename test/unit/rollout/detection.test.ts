import { describe, expect, it } from 'vitest'
import {
  waiting,
  watching,
  standings,
  last,
  pending,
  migrating,
  between,
  failing,
  rolling,
  upgraded,
  clean,
  unseen,
} from './upgrade-worlds.ts'
import { calm, lasting, look, restarted, standing, started, told, watch, type World } from './upgrading.ts'

describe('an upgrade', () => {
  it('R50: begins by what changes and nothing else', () => {
    expect(standings(lasting(calm, 20), started()).at(-1)).toBe('none')
    const kinds: readonly (readonly [Partial<World>, string])[] = [
      [{ release: [6, 'pending-upgrade'] }, 'caracal-r6 preflight'],
      [{ release: [6, 'pending-rollback'] }, 'caracal-r6 preflight'],
      [{ release: [6, 'deployed'] }, 'caracal-r6 verifying'],
      [{ jobs: { migrate: 'active aaaaaaaa-1' } }, 'caracal-job-aaaaaaaa migrating'],
      [{ jobs: { migrate: 'failed aaaaaaaa-1' } }, 'caracal-job-aaaaaaaa migrating'],
      [{ workloads: { ...calm.workloads, api: [101, waiting] } }, 'caracal-w1 rolling'],
      [{ workloads: { ...calm.workloads, api: [101] } }, 'caracal-w1 verifying'],
      [{ workloads: { ...calm.workloads, web: [300, waiting] } }, 'caracal-w1 rolling'],
      [{ workloads: { ...calm.workloads, api: [100, waiting] } }, 'none'],
      [{ workloads: { ...calm.workloads, web: [300] } }, 'none'],
      [{ release: [5, 'failed'] }, 'none'],
    ]
    for (const [change, expected] of kinds)
      expect([change, standings(lasting({ ...calm, ...change }, 2)).at(-1)]).toEqual([change, expected])
  })

  it('R52: that Helm shows goes through its phases to the end', () => {
    const states = watch(watching(), [...clean, ...lasting(upgraded, 7)])
    expect(states.map(standing)).toEqual([
      'caracal-r6 preflight',
      'caracal-r6 migrating',
      'caracal-r6 migrating',
      'caracal-r6 rolling',
      'caracal-r6 rolling',
      ...lasting(upgraded, 6).map(() => 'caracal-r6 verifying'),
      'caracal-r6 done',
      'caracal-r6 done',
    ])
    expect(told(last(states))).toEqual([
      'caracal-r6 begun preflight',
      'caracal-r6 phase migrating',
      'caracal-r6 phase rolling',
      'caracal-r6 phase verifying',
      'caracal-r6 finished done',
    ])
    expect(last(states).snapshot.rollout).toMatchObject({
      detectedBy: 'helm-revision',
      actor: 'detection',
      revision: '6',
      chart: 'caracal-1.0.6',
      images: { api: 'caracal/api:101', sts: 'caracal/sts:201' },
    })
  })

  it('R52: that Helm does not show is known by its Job, and is the same rollout all the way', () => {
    const from = last(watch(started(), lasting(unseen(calm), 12)))
    const states = watch(from, [...clean, ...lasting(upgraded, 7)].map(unseen))
    expect(told(last(states))).toEqual([
      'caracal-job-aaaaaaaa begun migrating',
      'caracal-job-aaaaaaaa phase rolling',
      'caracal-job-aaaaaaaa phase verifying',
      'caracal-job-aaaaaaaa finished done',
    ])
    expect(last(states).snapshot.rollout?.revision).toBeUndefined()
  })

  it('R52: that only migrates is verified when no Job has run for the steady time', () => {
    const from = last(watch(started(), lasting(unseen(calm), 12)))
    const after = unseen({ ...calm, versions: between.versions })
    const states = watch(from, [unseen(migrating), ...lasting(after, 20)])
    expect(told(last(states))).toEqual([
      'caracal-job-aaaaaaaa begun migrating',
      'caracal-job-aaaaaaaa phase verifying',
      'caracal-job-aaaaaaaa finished done',
    ])
    expect(states.slice(0, 7).map(standing)).toEqual(
      lasting(calm, 7).map(() => 'caracal-job-aaaaaaaa migrating'),
    )
  })

  it('R52: has the verdict that ended it in its ledger, before its end', () => {
    const verifying = last(watch(watching(), clean))
    const { memory } = last(watch(restarted(verifying), lasting(upgraded, 8)))
    const ledger = memory.history.at(-1)?.ledger ?? []
    expect(ledger.slice(-2).map(({ kind, subject, to }) => [kind, subject, to])).toEqual([
      ['transition', 'verdict', 'proceed'],
      ['rollout-finished', 'caracal-r6', 'done'],
    ])
  })

  it('R52: of a revision that finds workloads rolling begins there, and is not over before them', () => {
    const stuck: World = { ...rolling, release: [6, 'failed'] }
    const back: World = { ...stuck, release: [7, 'pending-rollback'] }
    const done: World = { ...stuck, release: [7, 'deployed'] }
    const still: World = { ...done, workloads: { api: [101], sts: [200] } }
    expect(standings([pending, rolling, stuck, back, done, still]).slice(2)).toEqual([
      'caracal-r6 rolling',
      'caracal-r7 rolling',
      'caracal-r7 rolling',
      'caracal-r7 verifying',
    ])
  })

  it('R52: X65: migrates between its two Jobs, although a workload is stuck since before', () => {
    const stuck: World = { ...calm, workloads: { api: [100], sts: [200, waiting] } }
    const from = last(watch(watching(), lasting(stuck, 3)))
    const held = (world: World): World => ({ ...world, workloads: stuck.workloads })
    const second: World = { ...between, jobs: { ...calm.jobs, 'auth-migrate': 'active bbbbbbbb-2' } }
    const worlds = [held(pending), held(migrating), held(between), held(second), held(between), rolling]
    expect(standings(worlds, from).slice(1)).toEqual([
      ...lasting(calm, 4).map(() => 'caracal-r6 migrating'),
      'caracal-r6 rolling',
    ])
  })

  it('R52: without any change of a workload is verified once Helm says that it is deployed', () => {
    const states = watch(watching(), [pending, { ...calm, release: [6, 'deployed'] }])
    expect(states.map(standing)).toEqual(['caracal-r6 preflight', 'caracal-r6 verifying'])
  })

  it('R52: rolls as long as Helm waits for it', () => {
    const waitingFor: World = { ...upgraded, release: [6, 'pending-upgrade'] }
    expect(standings([pending, rolling, waitingFor, upgraded]).slice(-2)).toEqual([
      'caracal-r6 rolling',
      'caracal-r6 verifying',
    ])
  })

  it('R52: goes back when a workload rolls again', () => {
    const again: World = { ...upgraded, workloads: { api: [101], sts: [202, waiting] } }
    expect(standings([pending, upgraded, again, upgraded]).slice(1)).toEqual([
      'caracal-r6 verifying',
      'caracal-r6 rolling',
      'caracal-r6 verifying',
    ])
  })

  it('R52: stays where it is while its Job has failed, and ends by the next revision', () => {
    const retried: World = { ...failing, release: [7, 'pending-upgrade'] }
    const second: World = { ...retried, jobs: { ...calm.jobs, migrate: 'active bbbbbbbb-2' } }
    const finished: World = { ...upgraded, release: [7, 'deployed'] }
    const states = watch(watching(), [
      pending,
      migrating,
      ...lasting(failing, 20),
      retried,
      second,
      ...lasting(finished, 10),
    ])
    expect(states.slice(2, 22).every((state) => standing(state) === 'caracal-r6 migrating')).toBe(true)
    expect(told(last(states))).toEqual([
      'caracal-r6 begun preflight',
      'caracal-r6 phase migrating',
      'caracal-r6 revision failed',
      'caracal-r6 finished superseded',
      'caracal-r7 begun preflight',
      'caracal-r7 phase migrating',
      'caracal-r7 phase verifying',
      'caracal-r7 finished done',
    ])
    expect(last(states).memory.history.map(({ rollout }) => [rollout.id, rollout.phase])).toEqual([
      ['caracal-r6', 'failed'],
      ['caracal-r7', 'done'],
    ])
  })

  it('R52: that is rolled back runs no Job and ends as another one', () => {
    const back: World = { ...failing, release: [7, 'pending-rollback'] }
    const done: World = { ...failing, release: [7, 'deployed'] }
    const states = watch(watching(), [pending, migrating, failing, back, done])
    expect(states.map(standing).slice(2)).toEqual([
      'caracal-r6 migrating',
      'caracal-r7 preflight',
      'caracal-r7 verifying',
    ])
  })

  it('R50: is not begun by an autoscaler, nor moved by one', () => {
    const scaled: World = {
      ...calm,
      workloads: { api: [100, 'waiting: 2 of 4 replicas updated'], sts: [200] },
    }
    expect(standings([scaled, scaled, calm])).toEqual(['none', 'none', 'none'])
    const later: World = { ...upgraded, workloads: { api: [101], sts: [200, waiting] } }
    const before: World = { ...upgraded, workloads: { api: [101], sts: [200] } }
    expect(standings([pending, before, later]).slice(1)).toEqual([
      'caracal-r6 verifying',
      'caracal-r6 verifying',
    ])
  })

  it('R50: one after the other are two, each with its own baseline', () => {
    const next: World = { ...upgraded, release: [7, 'pending-upgrade'] }
    const states = watch(watching(), [...clean, ...lasting(upgraded, 8), next])
    const { snapshot } = last(states)
    expect(standing({ snapshot })).toBe('caracal-r7 preflight')
    expect(snapshot.baselines.get('rollout:release-revision')).toBe(6)
    expect(snapshot.baselines.get('rollout:template/api')).toBe(101)
    expect(snapshot.baselines.has('rollout:caracal_migration_applied/0003')).toBe(true)
  })

  it('R50: by hand is one for each time that the same workload changes after it was verified', () => {
    const from = last(watch(started(), lasting(unseen(calm), 12)))
    const shownOf = (api: number, lacks?: string): World =>
      unseen({ ...calm, workloads: { api: lacks === undefined ? [api] : [api, lacks], sts: [200] } })
    const states = watch(from, [
      shownOf(101, waiting),
      shownOf(102, waiting),
      shownOf(102),
      shownOf(103, waiting),
    ])
    expect(states.map(standing)).toEqual([
      'caracal-w1 rolling',
      'caracal-w1 rolling',
      'caracal-w1 verifying',
      'caracal-w2 rolling',
    ])
    const other = look(
      states[2] ?? from,
      unseen({ ...calm, workloads: { api: [102], sts: [201, waiting] } }),
      300_000,
    )
    expect(standing(other)).toBe('caracal-w1 rolling')
  })
})
