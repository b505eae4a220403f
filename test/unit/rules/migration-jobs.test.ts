import { describe, expect, it } from 'vitest'
import { migrationJobsDone, noMigrationJobFailed } from '../../../src/rules/migration-jobs.ts'
import * as signals from '../../../src/rules/signals.ts'
import type { Recollection } from '../../../src/core/finding.ts'
import { components } from '../../../src/core/replica.ts'
import { REVISION_CREATED } from '../../../src/core/rollout.ts'
import { changed, faultsIn, findingsIn, named, remembering, type Case } from './judging.ts'
import { healthyWorld, type World } from './platform-world.ts'
import { checkStatesOf, inPhase, playScenes, stopStatesOf } from './playing.ts'
import { withFailing, without, withSilence, withValue } from './world-changes.ts'

const healthy = healthyWorld()
const migrate = { kind: 'migrate' }
const auth = { kind: 'auth-migrate' }
const unrun = withValue(healthy, signals.migrationJobSucceeded, migrate, 0)
const running = withValue(unrun, signals.migrationJobActive, migrate, 1, { uid: 'a' })
const early = withValue(healthy, signals.migrationEarlyPods, {}, 2, 'sts-0, api-1')

function failedRun(uid: string, kind: { readonly kind: string } = migrate): World {
  return withValue(
    withValue(healthy, signals.migrationJobSucceeded, kind, 0),
    signals.migrationJobFailed,
    kind,
    1,
    { uid, detail: 'BackoffLimitExceeded: Job has reached its backoff limit' },
  )
}

/** The world in which the release has no such Job. */
function withoutJob(world: World, kind: { readonly kind: string }): World {
  return [signals.migrationJobActive, signals.migrationJobFailed, signals.migrationJobSucceeded].reduce(
    (rest, signal) => withSilence(rest, signal, kind),
    world,
  )
}

describe('every migration Job has succeeded', () => {
  const condition = migrationJobsDone(components)
  const cases: readonly Case[] = [
    [[signals.migrationJobSucceeded, migrate, 0], ['migrate unmet migration_job_missing']],
    [[signals.migrationJobSucceeded, auth, 0], ['auth-migrate unmet migration_job_missing']],
    [[signals.migrationJobSucceeded, migrate, 'blind'], ['migrate unknown cannot_tell']],
    [[signals.migrationEarlyPods, {}, 1, 'sts-0'], ['new pods unmet pods_before_migration']],
    [[signals.migrationEarlyPods, {}, 'blind'], ['kubernetes unknown cannot_tell']],
    [[signals.migrationEarlyPods, {}, 'silent'], ['new pods unknown never_measured']],
  ]
  it.each(cases.map((one) => [named(one), ...one] as const))('%s', (_, change, faults) => {
    expect(faultsIn(condition, changed(healthy, change))).toEqual(faults)
  })

  it('T39: is met by what was seen to succeed, not by a Job that is not there', () => {
    expect(faultsIn(condition, healthy)).toEqual([])
    const unseen = changed(healthy, [signals.migrationJobSucceeded, migrate, 'blind'])
    expect(faultsIn(condition, unseen)).toEqual(['migrate unknown cannot_tell'])
    expect(faultsIn(condition, withFailing(healthy, 'migration-jobs'))).toEqual([
      'kubernetes unknown unreachable',
    ])
    expect(faultsIn(condition, without(healthy, 'migration-jobs', 'kubernetes'))).toEqual([
      'migrate unknown no_migration_job',
      'new pods unknown never_measured',
    ])
  })

  it('R44: asks nothing of a kind that the release does not have, while the other is seen', () => {
    expect(faultsIn(condition, withoutJob(healthy, auth))).toEqual([])
    expect(faultsIn(condition, withoutJob(healthy, migrate))).toEqual([])
    expect(faultsIn(condition, withoutJob(withoutJob(healthy, auth), migrate))).toEqual([
      'migrate unknown no_migration_job',
    ])
  })

  it('R44: without Web counts of its Job only what is seen', () => {
    const small = migrationJobsDone(['api', 'sts'])
    const hidden = changed(healthy, [signals.migrationJobSucceeded, auth, 'blind'])
    expect(faultsIn(small, hidden)).toEqual([])
    expect(faultsIn(small, failedRun('a', auth))).toEqual(['auth-migrate unmet migration_job_failed'])
    expect(faultsIn(small, withFailing(healthy, 'migration-jobs'))).toEqual([
      'kubernetes unknown unreachable',
    ])
  })

  it('says why a Job failed, and names pods that came before it was done', () => {
    expect(findingsIn(condition, failedRun('a'))[0]?.message).toContain(
      'the Job migrate has failed: BackoffLimitExceeded: Job has reached its backoff limit',
    )
    expect(findingsIn(condition, early)[0]?.message).toBe(
      '2 pods of a new revision were created before the migrations were done: sts-0, api-1',
    )
  })

  it('R44: is pending while a Job runs, and fails when the Job does', () => {
    const played = playScenes([
      { world: healthy, seconds: 1, command: inPhase('migrating') },
      { world: running, seconds: 900 },
      { world: failedRun('a'), seconds: 0 },
    ])
    expect(checkStatesOf(played, 'migration-jobs')).toEqual(['pass', 'pending', 'fail'])
  })

  it.each([
    ['preflight', 'pending'],
    ['migrating', 'pending'],
    ['rolling', 'fail'],
    ['verifying', 'fail'],
  ] as const)('R44: a Job that has not run for the newest revision in phase %s: %s', (phase, state) => {
    const played = playScenes([{ world: unrun, seconds: 30, command: inPhase(phase) }])
    expect(checkStatesOf(played, 'migration-jobs')).toEqual([state])
    expect(faultsIn(condition, unrun, remembering())).toEqual(['migrate unmet migration_job_missing'])
  })

  it('R44: fails when a pod of a new revision came before, although both Jobs succeeded', () => {
    expect(checkStatesOf(playScenes([{ world: early, seconds: 0 }]), 'migration-jobs')).toEqual(['fail'])
  })
})

describe('no migration Job fails', () => {
  it('is met while none has failed, running or gone', () => {
    expect(faultsIn(noMigrationJobFailed, healthy)).toEqual([])
    expect(faultsIn(noMigrationJobFailed, running)).toEqual([])
    expect(faultsIn(noMigrationJobFailed, withoutJob(withoutJob(healthy, auth), migrate))).toEqual([])
  })

  it('names the run by its uid, and the kind where nobody knows it', () => {
    expect(faultsIn(noMigrationJobFailed, failedRun('4f-1'))).toEqual([
      'migrate/4f-1 unmet migration_job_failed',
    ])
    const told = changed(healthy, [signals.migrationJobFailed, auth, 1, 'hook_failed: Helm says so'])
    expect(faultsIn(noMigrationJobFailed, told)).toEqual(['auth-migrate/last run unmet migration_job_failed'])
  })

  it('R01: is unknown where the cluster is not seen, or was never asked', () => {
    expect(faultsIn(noMigrationJobFailed, withFailing(healthy, 'migration-jobs'))).toEqual([
      'kubernetes unknown unreachable',
    ])
    expect(faultsIn(noMigrationJobFailed, without(healthy, 'migration-jobs', 'kubernetes'))).toEqual([
      'evidence unknown never_measured',
    ])
    expect(
      faultsIn(noMigrationJobFailed, changed(healthy, [signals.migrationJobFailed, migrate, 'blind'])),
    ).toEqual(['migrate unknown cannot_tell'])
  })

  const id = 'migration-job-failed'

  it('fires at first sight, and stays latched when the Job is gone', () => {
    const played = playScenes([
      { world: running, seconds: 3, command: inPhase('migrating') },
      { world: failedRun('a'), seconds: 0 },
      { world: healthy, seconds: 30 },
    ])
    expect(stopStatesOf(played, id)).toEqual(['clear', 'firing', 'clear'])
    expect(played.map(({ verdict }) => verdict.verdict)).toEqual(['hold', 'stop', 'stop'])
    expect(played.at(-1)?.stops.get(id)?.latch).toMatchObject({ culprits: ['migrate/a'], preexisting: false })
  })

  it('R45: fires again for a second run that fails, also when nobody saw the time between', () => {
    const played = playScenes([
      { world: failedRun('a'), seconds: 2, command: inPhase('migrating') },
      { world: failedRun('b'), seconds: 2 },
    ])
    expect(played.map(({ stops }) => stops.get(id)?.firings)).toEqual([1, 2])
    expect(played.at(-1)?.stops.get(id)?.latch?.culprits).toEqual(['migrate/a'])
  })

  it('R45: takes a Job that failed before the rollout for preexisting, and one that fails in it for its own', () => {
    const before = playScenes([{ world: failedRun('a'), seconds: 2 }])
    const played = playScenes(
      [
        { world: failedRun('a'), seconds: 2, command: inPhase('migrating') },
        { world: failedRun('b'), seconds: 2 },
      ],
      undefined,
      before.at(-1),
    )
    expect(played.map(({ stops }) => stops.get(id)?.latch)).toMatchObject([
      { preexisting: true, culprits: ['migrate/a'] },
      { preexisting: false, culprits: ['migrate/b'] },
    ])
  })

  it('R45: takes a failed Job that could not be seen for a while for the one that it was', () => {
    const before = playScenes([{ world: failedRun('a'), seconds: 2 }])
    const played = playScenes(
      [
        { world: failedRun('a'), seconds: 2, command: inPhase('migrating') },
        { world: withFailing(healthy, 'migration-jobs'), seconds: 100 },
        { world: failedRun('a'), seconds: 2 },
      ],
      undefined,
      before.at(-1),
    )
    expect(played.map(({ stops }) => stops.get(id)?.firings)).toEqual([1, 1, 1])
    expect(played.at(-1)?.stops.get(id)?.latch?.preexisting).toBe(true)
  })

  it.each([
    [900, 'preexisting', false],
    [998, 'preexisting', false],
    [999, 'its own', true],
    [2_000, 'its own', true],
  ])('R63: a run of second %i in a rollout whose revision came in second 1000 is %s', (created, _, own) => {
    const world = withValue(failedRun('a'), signals.migrationJobCreated, migrate, created)
    const rollout = { id: 'r', startedAt: 0, phase: 'migrating', detectedBy: 'helm-revision' } as const
    const baselines = { [REVISION_CREATED]: 1_000_000 }
    const judged = (recollection: Recollection) =>
      findingsIn(noMigrationJobFailed, world, recollection).find(({ answer }) => answer === 'unmet')?.own
    expect(judged(remembering(baselines, rollout))).toBe(own)
    expect(judged(remembering(baselines))).toBeUndefined()
    expect(judged(remembering({}, rollout))).toBeUndefined()
  })
})
