import { describe, expect, it } from 'vitest'
import {
  migrationEarlyPods,
  migrationJobActive,
  migrationJobCreated,
  migrationJobFailed,
  migrationJobSucceeded,
} from '../../../src/rules/signals.ts'
import type { ReleaseContent, ReplicaSet } from '../../../src/kubernetes/model.ts'
import { migrationJobs } from '../../../src/probes/migration-jobs.ts'
import { ProbeError, type Look } from '../../../src/probes/probe.ts'
import { clusterOf, job, pod, refused, release, workload, type GivenCluster } from '../../support/cluster.ts'
import { firstLook, following, readingOf } from './watching.ts'

const schema = { kind: 'migrate' }
const complete = job('migrate', { active: 0, outcome: 'complete', endedAt: 5_000 })
const noSecrets = { unknownReason: 'not_configured', reason: 'off', message: 'not read' } as const

function withPhase(revision: number, phase: ReleaseContent['hookJobs'][number]['phase']) {
  const { content, ...rest } = release(revision)
  const plain = content as ReleaseContent
  const hookJobs = plain.hookJobs.map((hook) => ({ ...hook, phase, completedAt: revision * 1_000 + 500 }))
  return { ...rest, content: { ...plain, hookJobs } }
}

/** What is said after each of these changes; the first is what is there from the start. */
async function looksAfter(...changes: Parameters<GivenCluster['set']>[0][]): Promise<(Look | ProbeError)[]> {
  const [first = {}, ...rest] = changes
  const cluster = clusterOf(first)
  const watch = following(migrationJobs(cluster))
  for (const change of rest) cluster.set(change)
  await watch.stop()
  return watch.said
}

describe('migration Jobs', () => {
  it('are active while they run', async () => {
    const look = await firstLook(migrationJobs(clusterOf({ jobs: [job('migrate')], releases: noSecrets })))
    expect(readingOf(look, migrationJobActive, schema)?.value).toBe(1)
    expect(readingOf(look, migrationJobFailed, schema)?.value).toBe(0)
    expect(readingOf(look, migrationJobSucceeded, schema)?.value).toBe(0)
  })

  it('fail with reason, message and uid, so that two runs of one name are told apart', async () => {
    const failed = job('migrate', {
      active: 0,
      outcome: 'failed',
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    })
    const look = await firstLook(migrationJobs(clusterOf({ jobs: [failed] })))
    expect(readingOf(look, migrationJobFailed, schema)).toMatchObject({
      value: 1,
      detail:
        'BackoffLimitExceeded: Job has reached the specified backoff limit (job caracal-migrate, uid uid-migrate)',
    })
    expect(readingOf(look, migrationJobSucceeded, schema)?.value).toBe(0)
    expect(readingOf(look, migrationJobActive, schema)?.value).toBe(0)
  })

  it('say when the run was created that they tell of, also when its Job is gone', async () => {
    const createdIn = async (given: Parameters<typeof clusterOf>[0]) =>
      readingOf(await firstLook(migrationJobs(clusterOf(given))), migrationJobCreated, schema)?.value
    const gone = { ...complete, createdAt: 2_000, deleted: true } as const
    expect(await createdIn({ jobs: [job('migrate', { createdAt: 3_000 })] })).toBe(3)
    expect(await createdIn({ jobs: [gone], releases: [release(2)] })).toBe(2)
    // Helm tells of a run that nobody saw.
    expect(await createdIn({ jobs: [gone], releases: [withPhase(3, 'Failed')] })).toBeUndefined()
    expect(await createdIn({ releases: [withPhase(3, 'Succeeded')] })).toBeUndefined()
  })

  it('T39: have succeeded when they were seen to, although Helm deleted them at once', async () => {
    const looks = await looksAfter(
      { jobs: [job('migrate')], releases: noSecrets },
      // That it completed and that it was deleted may arrive together.
      { jobs: [{ ...complete, deleted: true }] },
    )
    expect(readingOf(looks.at(-1), migrationJobSucceeded, schema)?.value).toBe(1)
    expect(readingOf(looks.at(-1), migrationJobActive, schema)?.value).toBe(0)
  })

  it('T39: have neither succeeded nor failed when they vanished while they ran', async () => {
    const looks = await looksAfter(
      { jobs: [job('migrate')], releases: noSecrets },
      { jobs: [{ ...job('migrate'), deleted: true }] },
    )
    expect(readingOf(looks.at(-1), migrationJobSucceeded, schema)).toBeUndefined()
    expect(looks.at(-1)).toMatchObject({
      blindSpots: expect.arrayContaining([
        expect.objectContaining({ labels: schema, reason: 'migration_job_unseen' }),
      ]) as unknown,
    })
  })

  it('T39: absence alone proves nothing', async () => {
    const look = await firstLook(migrationJobs(clusterOf({ releases: noSecrets })))
    expect(readingOf(look, migrationJobSucceeded, schema)).toBeUndefined()
  })

  describe('with the record that Helm keeps', () => {
    it.each([
      ['Succeeded', 1, 0],
      ['Failed', 0, 1],
      ['Running', 0, 0],
      ['', 0, 0],
    ] as const)('%j and no Job left', async (phase, succeeded, failed) => {
      const look = await firstLook(migrationJobs(clusterOf({ releases: [withPhase(4, phase)] })))
      expect(readingOf(look, migrationJobSucceeded, schema)?.value).toBe(succeeded)
      expect(readingOf(look, migrationJobFailed, schema)?.value).toBe(failed)
    })

    it('do not count a Job of an earlier revision', async () => {
      const looks = await looksAfter(
        { jobs: [complete], releases: [withPhase(1, 'Running')] },
        { jobs: [{ ...complete, deleted: true }] },
        { releases: [withPhase(1, 'Succeeded'), withPhase(9, 'Running')] },
      )
      expect(looks.map((look) => readingOf(look, migrationJobSucceeded, schema)?.value)).toEqual([1, 1, 0])
    })

    it('give nothing of a Job that the release does not have', async () => {
      const bare = release(2)
      const content = { ...(bare.content as ReleaseContent), hookJobs: [] }
      const look = await firstLook(migrationJobs(clusterOf({ releases: [{ ...bare, content }] })))
      for (const signal of [migrationJobActive, migrationJobFailed, migrationJobSucceeded])
        expect(readingOf(look, signal)).toBeUndefined()
      expect(look).toMatchObject({ blindSpots: [] })
    })
  })

  it('are unknown while Jobs cannot be listed', async () => {
    expect(await firstLook(migrationJobs(clusterOf({ jobs: refused })))).toBeInstanceOf(ProbeError)
  })
})

describe('pods of a new revision that start before the schema is ready', () => {
  const set = (revision: string, hash: string, createdAt: number): ReplicaSet => ({
    name: `api-${hash}`,
    uid: `uid-${hash}`,
    createdAt,
    component: 'api',
    owner: 'uid-api',
    revision,
    hash,
    replicas: 2,
  })
  const rolling = [workload('api', { revision: '2' })]
  const sets = [set('1', 'old', 0), set('2', 'new', 2_000)]

  async function early(given: Parameters<typeof clusterOf>[0]): Promise<number | undefined> {
    const cluster = clusterOf({ workloads: rolling, replicaSets: sets, releases: noSecrets, ...given })
    return readingOf(await firstLook(migrationJobs(cluster)), migrationEarlyPods)?.value
  }

  it.each([
    ['while the Job runs', job('migrate'), 3_000, 1],
    ['after it failed', job('migrate', { outcome: 'failed', endedAt: 2_000 }), 3_000, 1],
    ['after it succeeded', complete, 5_000, 0],
    ['after it was deleted while it ran', { ...job('migrate'), deleted: true } as const, 3_000, 0],
    ['before it began', job('migrate', { createdAt: 4_000 }), 3_000, 0],
  ])('are counted %s', async (_, migrating, createdAt, count) => {
    const pods = [pod('api-new', { revision: 'new', createdAt })]
    expect(await early({ jobs: [migrating], pods })).toBe(count)
  })

  it('are not pods of the old revision that are replaced meanwhile', async () => {
    const pods = [pod('api-old', { revision: 'old', createdAt: 3_000 })]
    expect(await early({ jobs: [job('migrate')], pods })).toBe(0)
  })

  it('are not pods of a target revision that was there before', async () => {
    const pods = [pod('api-again', { revision: 'new', createdAt: 3_000 })]
    const replicaSets = [set('1', 'old', 0), set('2', 'new', 500)]
    expect(await early({ jobs: [job('migrate')], pods, replicaSets })).toBe(0)
  })

  it('are told of a StatefulSet by its own revision and its oldest pod', async () => {
    const stateful = [workload('sts', { kind: 'StatefulSet', revision: 'new' })]
    const young = pod('sts-1', { component: 'sts', revision: 'new', createdAt: 3_000 })
    const oldest = pod('sts-0', { component: 'sts', revision: 'new', createdAt: 500 })
    const jobs = [job('migrate')]
    expect(await early({ jobs, workloads: stateful, pods: [young] })).toBe(1)
    expect(await early({ jobs, workloads: stateful, pods: [young, oldest] })).toBe(0)
  })

  it('are not told by the time that Helm wrote, which is that of another machine', async () => {
    const pods = [pod('api-new', { revision: 'new', createdAt: 3_000 })]
    const replicaSets = [set('1', 'old', 0), set('2', 'new', 2_500)]
    const { content, ...rest } = withPhase(2, 'Succeeded')
    const hookJobs = content.hookJobs.map((hook) => ({ ...hook, completedAt: 9_000 }))
    expect(
      await early({ releases: [{ ...rest, content: { ...content, hookJobs } }], pods, replicaSets }),
    ).toBe(0)
    expect(await early({ releases: [withPhase(2, 'Failed')], pods, replicaSets })).toBe(1)
  })

  it('are none when nobody migrates', async () => {
    expect(await early({ pods: [pod('api-new', { revision: 'new', createdAt: 3_000 })] })).toBe(0)
  })
})
