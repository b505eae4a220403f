import type { Reading } from '../../../src/core/signal.ts'
import { describe, expect, it } from 'vitest'
import {
  workloadAvailable,
  workloadDesired,
  workloadProgressing,
  workloadRolledOut,
  workloadTemplate,
  workloadUpdated,
} from '../../../src/rules/signals.ts'
import type { Pod, Workload } from '../../../src/kubernetes/model.ts'
import { MINUTE } from '../../../src/core/time.ts'
import { ProbeError } from '../../../src/probes/probe.ts'
import { workloads } from '../../../src/probes/workloads.ts'
import { clusterOf, pod, refused, running, workload } from '../../support/cluster.ts'
import { firstLook, following, readingOf } from './watching.ts'

const api = { component: 'api' }
const still = { now: () => 0 }

function seen(given: Partial<Workload>, pods: readonly Pod[] = []) {
  return firstLook(workloads(clusterOf({ workloads: [workload('api', given)], pods }), still, 10 * MINUTE))
}

/** The reason of a reading and what it says of it. */
function told(reading: Reading | undefined): string {
  return `${reading?.facts?.code}: ${reading?.detail}`
}

describe('workloads', () => {
  it('give their counts, their images and that they are rolled out', async () => {
    const look = await seen({ fingerprint: 77 })
    expect(readingOf(look, workloadDesired, api)?.value).toBe(2)
    expect(readingOf(look, workloadUpdated, api)?.value).toBe(2)
    expect(readingOf(look, workloadAvailable, api)?.value).toBe(2)
    expect(readingOf(look, workloadRolledOut, api)).toMatchObject({ value: 1 })
    expect(readingOf(look, workloadProgressing, api)).toMatchObject({ value: 1 })
    expect(readingOf(look, workloadTemplate, api)).toMatchObject({
      value: 77,
      facts: { images: ['registry.example/api:v1'] },
    })
  })

  it('give nothing of a component that has none', async () => {
    expect(readingOf(await seen({}), workloadDesired, { component: 'sts' })).toBeUndefined()
  })

  const replicaSet = {
    name: 'caracal-api-1',
    uid: 'rs',
    createdAt: 0,
    component: 'api',
    revision: '1',
    hash: 'a',
  }
  it.each([
    [
      { owner: 'rs', ownedBy: 'ReplicaSet/caracal-api-1' },
      { ...replicaSet, replicas: 1, owner: 'x', ownedBy: 'Deployment/caracal-api' },
      'Deployment/caracal-api runs the pods of api and is no workload of the release',
    ],
    [
      { owner: 'rs', ownedBy: 'ReplicaSet/caracal-api-1' },
      { ...replicaSet, replicas: 1, owner: 'x', ownedBy: 'Rollout/caracal-api' },
      'Rollout/caracal-api runs the pods of api',
    ],
    [{ owner: 's', ownedBy: 'StatefulSet/caracal-api' }, undefined, 'StatefulSet/caracal-api runs the pods'],
    [{ owner: 'rs', ownedBy: 'ReplicaSet/bare' }, undefined, 'ReplicaSet/bare runs the pods of api'],
  ])('R128: X93: cannot be told where %j run without a workload', async (given, owned, message) => {
    const cluster = clusterOf({
      pods: [pod('api-1', given)],
      replicaSets: owned === undefined ? [] : [owned],
    })
    const watch = workloads(cluster, still, 10 * MINUTE)
    const look = await firstLook(watch)
    if (look instanceof ProbeError) throw look
    expect(look.blindSpots?.map(({ signal }) => signal)).toEqual(watch.provides.map(({ name }) => name))
    expect(look.blindSpots?.[0]).toMatchObject({
      labels: api,
      unknownReason: 'ambiguous',
      reason: 'workload_unlabelled',
      message: expect.stringContaining(message) as string,
    })
  })

  it.each([
    ['a Job', { owner: 'j', ownedBy: 'Job/migrate' }],
    ['nothing', {}],
    ['what is going away', { owner: 's', ownedBy: 'StatefulSet/caracal-api', deleting: true }],
  ])('R128: X93: are none where pods are of %s', async (_, given) => {
    const look = await firstLook(workloads(clusterOf({ pods: [pod('api-1', given)] }), still, 10 * MINUTE))
    expect(look).toMatchObject({ readings: [], blindSpots: [] })
  })

  it.each([
    [{ generation: 2 }, 'not_observed'],
    [{ replicas: { desired: 2, total: 3, updated: 1 } }, 'waiting: 1 of 2 replicas updated'],
    [{ replicas: { desired: 2, total: 3, updated: 2 } }, 'old_replicas_left: 1'],
    [{ available: 1 }, 'unavailable: 1 of 2 replicas available'],
  ])('are not rolled out with %j', async (given, detail) => {
    const reading = readingOf(await seen(given), workloadRolledOut, api)
    expect(reading?.value).toBe(0)
    expect(told(reading)).toContain(detail)
  })

  it('name the pod that no node takes', async () => {
    const look = await seen({ available: 1 }, [pod('api-2', { unschedulable: 'no memory' })])
    expect(readingOf(look, workloadRolledOut, api)?.detail).toContain('no node takes api-2: no memory')
  })

  const container = { ...running('api', 'x'), ready: false, restarts: 3, runs: false }
  it.each([
    ['CrashLoopBackOff', 'crash_loop: container api of api-1 crashes over and over, 3 restarts'],
    ['ImagePullBackOff', "cannot_start: container api of api-1 can't start, ImagePullBackOff"],
    ['CreateContainerConfigError', "cannot_start: container api of api-1 can't start"],
  ])('cannot go on when a container waits for %s', async (waiting, detail) => {
    const look = await seen({}, [pod('api-1', { containers: [{ ...container, waiting }] })])
    expect(told(readingOf(look, workloadProgressing, api))).toContain(detail)
  })

  it.each(['ContainerCreating', 'PodInitializing', 'ErrImagePull'])(
    'go on when a container waits for %s',
    async (waiting) => {
      const look = await seen({}, [pod('api-1', { containers: [{ ...container, waiting }] })])
      expect(readingOf(look, workloadProgressing, api)?.value).toBe(1)
    },
  )

  it('do not mind a pod that is going away', async () => {
    const leaving = pod('api-1', {
      deleting: true,
      containers: [{ ...container, waiting: 'CrashLoopBackOff' }],
    })
    expect(readingOf(await seen({}, [leaving]), workloadProgressing, api)?.value).toBe(1)
  })

  it('cannot go on after the progress deadline of a Deployment', async () => {
    const look = await seen({ deadlineExceeded: 'ReplicaSet has timed out progressing' })
    expect(told(readingOf(look, workloadProgressing, api))).toBe(
      'progress_deadline_exceeded: ReplicaSet has timed out progressing',
    )
  })

  describe('of kind StatefulSet, for which the cluster waits for ever', () => {
    const rolling = { kind: 'StatefulSet', replicas: { desired: 2, total: 2, updated: 1 } } as const
    const of = (given: Partial<Workload>) => ({ workloads: [workload('sts', given)] })
    const sts = { component: 'sts' }

    it('have a deadline of our own, counted from when the revision was first seen', async () => {
      let now = 0
      const cluster = clusterOf(of(rolling))
      const watch = following(workloads(cluster, { now: () => now }, 10 * MINUTE))
      now = 10 * MINUTE
      cluster.set({})
      now += 1
      cluster.set({})
      await watch.stop()
      const [first, at, after] = watch.said
      expect(readingOf(first, workloadProgressing, sts)?.value).toBe(1)
      expect(readingOf(at, workloadProgressing, sts)?.value).toBe(1)
      expect(readingOf(after, workloadProgressing, sts)?.facts?.code).toBe('rollout_deadline_exceeded')
    })

    it('begin anew with another revision, and when they were rolled out in between', async () => {
      let now = 0
      const cluster = clusterOf(of(rolling))
      const watch = following(workloads(cluster, { now: () => now }, MINUTE))
      now = 2 * MINUTE
      cluster.set(of({ ...rolling, revision: '2' }))
      cluster.set(of({ kind: 'StatefulSet', revision: '2' }))
      now = 4 * MINUTE
      cluster.set(of({ ...rolling, revision: '2' }))
      await watch.stop()
      for (const look of watch.said) expect(readingOf(look, workloadProgressing, sts)?.value).toBe(1)
    })
  })

  it('T05: are told by label, and two with one label are ambiguous, not added up', async () => {
    const twins = [workload('api', { name: 'old-api' }), workload('api', { name: 'new-api' })]
    const look = await firstLook(workloads(clusterOf({ workloads: twins }), still, MINUTE))
    expect(readingOf(look, workloadDesired, api)).toBeUndefined()
    expect(look).toMatchObject({
      blindSpots: expect.arrayContaining([
        expect.objectContaining({ unknownReason: 'ambiguous', labels: api }),
      ]) as unknown,
    })
  })

  it('are not spoken of before they were listed once', async () => {
    const unlisted = { unknownReason: 'never_measured', reason: 'not_listed', message: 'not yet' } as const
    const cluster = clusterOf({ workloads: unlisted })
    const watch = following(workloads(cluster, still, MINUTE))
    expect(watch.said).toEqual([])
    cluster.set({ workloads: [workload('api')] })
    await watch.stop()
    expect(watch.said).toHaveLength(1)
  })

  it.each(['workloads', 'pods'] as const)('are unknown while %s cannot be listed', async (kind) => {
    const look = await firstLook(workloads(clusterOf({ [kind]: refused }), still, MINUTE))
    expect(look).toBeInstanceOf(ProbeError)
    expect(look).toMatchObject(refused)
  })
})
