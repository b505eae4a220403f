import { describe, expect, it } from 'vitest'
import { stopOf } from '../core/small-rules.ts'
import { watching, last, pending, migrating, between, failing, rolling, upgraded } from './upgrade-worlds.ts'
import { calm, look, restarted, standing, watch, type World } from './upgrading.ts'

describe('what a rollout is measured against', () => {
  it('R51: is what was known before its first trigger', () => {
    const all: World = { ...rolling, jobs: migrating.jobs }
    const { baselines } = look(watching(), all, 100_000).snapshot
    const expected = {
      'rollout:release-revision': 5,
      'rollout:template/api': 100,
      'rollout:template/sts': 200,
      'rollout:migration-job/migrate': 0,
      'rollout:caracal_migration_applied/0002': 1,
    }
    for (const [key, value] of Object.entries(expected))
      expect([key, baselines.get(key)]).toEqual([key, value])
    expect(baselines.has('rollout:caracal_migration_applied/0003')).toBe(false)
  })

  it('R51: does not take up migrations that ran while the cluster was hidden', () => {
    const hidden: World = {
      ...calm,
      blind: ['helm-release', 'migration-jobs', 'workloads'],
      versions: between.versions,
    }
    const { snapshot } = last(watch(watching(), [hidden, hidden, upgraded]))
    expect(standing({ snapshot })).toBe('caracal-r6 verifying')
    expect(snapshot.baselines.has('rollout:caracal_migration_applied/0003')).toBe(false)
    expect(snapshot.baselines.has('rollout:caracal_migration_applied/0002')).toBe(true)
  })

  it('R51: goes back before a rollout that it superseded and that never ended', () => {
    const retried: World = { ...between, release: [7, 'pending-upgrade'] }
    const { snapshot } = last(
      watch(watching(), [pending, migrating, { ...failing, versions: between.versions }, retried]),
    )
    expect(snapshot.rollout?.id).toBe('caracal-r7')
    expect(snapshot.baselines.has('rollout:caracal_migration_applied/0003')).toBe(false)
  })

  it('R22: a stop that fires with the first trigger is the rollout’s own, one that fired before is not', () => {
    const together = look(watching(), { ...pending, arrivals: 8 }, 100_000)
    expect(stopOf(together.snapshot).latch).toMatchObject({ preexisting: false, at: 100_000 })
    const before = last(
      watch(watching(), [
        { ...calm, arrivals: 8 },
        { ...pending, arrivals: 8 },
      ]),
    )
    expect(stopOf(before.snapshot).latch).toMatchObject({ preexisting: true })
  })

  it('R22: a stop that fired before a restart is not blamed on what began meanwhile', () => {
    const firing = look(watching(), { ...calm, arrivals: 8 }, 100_000)
    const { snapshot } = look(restarted(firing), { ...pending, arrivals: 8 }, 130_000)
    expect(standing({ snapshot })).toBe('caracal-r6 preflight')
    expect(stopOf(snapshot).latch).toMatchObject({ preexisting: true })
  })

  it('R22: a stop that fires while the triggers are still coming in is the rollout’s own', () => {
    const job: World = { ...migrating, arrivals: 8, silent: ['helm-release'] }
    const early = look(restarted(watching()), job, 100_000)
    expect(standing(early)).toBe('none')
    const { snapshot } = look(early, { ...job, silent: [] }, 100_050)
    expect(standing({ snapshot })).toBe('caracal-r6 migrating')
    expect(stopOf(snapshot).latch).toMatchObject({ preexisting: false })
  })
})
