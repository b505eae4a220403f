import { describe, expect, it } from 'vitest'
import { workloadDrift } from '../../../src/rules/signals.ts'
import type { Cluster } from '../../../src/kubernetes/model.ts'
import { helmRelease } from '../../../src/probes/helm-release.ts'
import { ProbeError, type Look } from '../../../src/probes/probe.ts'
import { clusterOf, refused, release, type GivenCluster } from '../../support/cluster.ts'
import { containerOf, contentOf, liveAfter, revision, type Objects, type Sources } from './release-world.ts'
import { firstLook } from './watching.ts'

type Given = Parameters<GivenCluster['set']>[0]

async function lookAt(cluster: Cluster): Promise<Look> {
  const look = await firstLook(helmRelease(cluster))
  if (look instanceof ProbeError) throw look
  return look
}

/** Drift by component, as `[count, detail]`, of a deployed revision. */
async function drift(objects: Objects, more: Given = {}): Promise<Record<string, readonly unknown[]>> {
  const { readings } = await lookAt(clusterOf({ ...objects, releases: [revision(2, 'deployed')], ...more }))
  const own = readings.filter((reading) => reading.signal === workloadDrift.name)
  return Object.fromEntries(
    own.map(({ labels, value, detail }) => [
      labels['component'],
      detail === undefined ? [value] : [value, detail],
    ]),
  )
}

const after = (change: (sources: Sources) => void) => drift(liveAfter('v2', change))

async function blindSpots(given: Given): Promise<readonly unknown[]> {
  const look = await lookAt(clusterOf({ ...liveAfter('v2'), releases: [revision(2, 'deployed')], ...given }))
  expect(look.readings.filter((reading) => reading.signal === workloadDrift.name)).toEqual([])
  return (look.blindSpots ?? []).filter((spot) => spot.signal === workloadDrift.name)
}

describe('drift from the manifest', () => {
  it('is 0 for every component whose objects are as the manifest says', async () => {
    expect(await drift(liveAfter('v2'))).toEqual({ api: [0], sts: [0] })
  })

  it('counts the fields of a component and names them with their object', async () => {
    const found = await after(({ api, service }) => {
      Object.assign(containerOf(api), { image: 'registry.example/team/api:v1', args: ['-v'] })
      Object.assign(service['spec'] as object, { type: 'NodePort', selector: { app: 'canary' } })
    })
    expect(found).toEqual({
      api: [
        4,
        'Service/caracal-api spec.selector[app] is canary instead of api; ' +
          'Service/caracal-api spec.type was added; ' +
          'Deployment/caracal-api containers[api].image is registry.example/team/api:v1 instead of registry.example/team/api:v2; ' +
          'and 1 more',
      ],
      sts: [0],
    })
  })

  it('never shows what may be secret', async () => {
    const found = await after(({ api }) => {
      containerOf(api)['env'] = [
        { name: 'LOG_LEVEL', value: 'redis://:hunter2@store' },
        { name: 'API_TOKEN', value: 'hunter2' },
      ]
    })
    expect(found['api']).toEqual([
      2,
      'Deployment/caracal-api containers[api].env[LOG_LEVEL] differs; Deployment/caracal-api containers[api].env[API_TOKEN] was added',
    ])
  })

  it('names as many fields as there is room for, and says how many more there are', async () => {
    const [count, detail] =
      (
        await after(({ api }) => {
          containerOf(api)['env'] = Array.from({ length: 30 }, (_, index) => ({
            name: `ADDED_${index}`,
            value: 'x',
          }))
        })
      )['api'] ?? []
    expect(count).toBe(31)
    expect(String(detail)).toMatch(/; and 2\d more$/)
    expect(String(detail).length).toBeLessThan(260)
  })

  it('names objects of the manifest that are missing', async () => {
    expect(await drift({ workloads: [], services: [], autoscalers: [] })).toMatchObject({
      api: [2, 'Service/caracal-api is missing; Deployment/caracal-api is missing'],
      sts: [2, 'StatefulSet/caracal-sts is missing; HorizontalPodAutoscaler/caracal-sts is missing'],
    })
  })

  it('X18: leaves replicas to an autoscaler, also while that one is missing, and to nobody else', async () => {
    const scaled = liveAfter('v2', ({ api, sts }) => {
      Object.assign(api['spec'] as object, { replicas: 5 })
      Object.assign(sts['spec'] as object, { replicas: 5 })
    })
    const api = [1, 'Deployment/caracal-api spec.replicas is 5 instead of 2']
    expect(await drift(scaled)).toEqual({ api, sts: [0] })
    expect(await drift({ ...scaled, autoscalers: [] })).toEqual({
      api,
      sts: [1, 'HorizontalPodAutoscaler/caracal-sts is missing'],
    })
    const added = {
      ...scaled.autoscalers[0],
      name: 'added',
      target: { kind: 'Deployment', name: 'caracal-api' },
    }
    const autoscalers = [...scaled.autoscalers, added] as Objects['autoscalers']
    expect(await drift({ ...scaled, autoscalers })).toEqual({ api: [0], sts: [0] })
  })

  it('finds an autoscaler that scales something else', async () => {
    const live = liveAfter('v2')
    const autoscalers = live.autoscalers.map((one) => ({ ...one, target: { kind: 'Deployment', name: 'x' } }))
    expect((await drift({ ...live, autoscalers }))['sts']).toEqual([
      1,
      'HorizontalPodAutoscaler/caracal-sts scales Deployment/x instead of StatefulSet/caracal-sts',
    ])
  })

  it('does not compare kinds that are not watched, other namespaces, or objects without the label of the release', async () => {
    expect(Object.keys(await drift(liveAfter('v2')))).toEqual(['api', 'sts'])
    const renamed = release(2, { content: contentOf('v2'), name: 'sh.helm.release.v1.other.v2' })
    expect(await drift(liveAfter('v2'), { releases: [renamed] })).toEqual({})
  })

  it('counts an object without a component by its name', async () => {
    const content = contentOf('v2')
    const labels = { 'app.kubernetes.io/instance': 'caracal' }
    const objects = [{ kind: 'Service', metadata: { name: 'extra', labels } }]
    expect(
      await drift(liveAfter('v2'), { releases: [release(2, { content: { ...content, objects } })] }),
    ).toEqual({
      extra: [1, 'Service/extra is missing'],
    })
  })

  it('is compared with a revision that failed, which says how far Helm came', async () => {
    const found = await drift(liveAfter('v2'), { releases: [revision(3, 'failed'), revision(2, 'deployed')] })
    expect(found['api']?.[0]).toBe(1)
    expect(found['sts']?.[0]).toBe(1)
  })

  it('is unknown until Helm has finished', async () => {
    for (const status of ['pending-install', 'pending-upgrade', 'pending-rollback'])
      expect(await blindSpots({ releases: [revision(3, status), revision(2, 'deployed')] })).toMatchObject([
        { unknownReason: 'ambiguous', reason: 'release_pending', labels: {} },
      ])
    for (const status of ['uninstalling', 'uninstalled', 'superseded', 'unknown'])
      expect(await blindSpots({ releases: [revision(3, status)] })).toMatchObject([
        { reason: 'release_not_deployed' },
      ])
  })

  it('is unknown while a kind that is compared can not be seen', async () => {
    for (const kind of ['workloads', 'services', 'autoscalers'] as const)
      expect(await blindSpots({ [kind]: refused })).toMatchObject([
        { unknownReason: 'unauthorized', labels: {} },
      ])
  })

  it('is judged anew when an object, the revision or its autoscaler changes', async () => {
    const live = liveAfter('v2', ({ api }) => Object.assign(api['spec'] as object, { replicas: 5 }))
    const cluster = clusterOf({ ...live, releases: [revision(2, 'deployed')] })
    const values = async () =>
      (await lookAt(cluster)).readings
        .filter(({ signal }) => signal === workloadDrift.name)
        .map(({ value }) => value)
    expect(await values()).toEqual([1, 0])
    const target = { kind: 'Deployment', name: 'caracal-api' }
    cluster.set({
      autoscalers: [...live.autoscalers, ...live.autoscalers.map((one) => ({ ...one, target, name: 'b' }))],
    })
    expect(await values()).toEqual([0, 0])
    cluster.set({ releases: [revision(3, 'deployed')] })
    expect(await values()).toEqual([1, 1])
    cluster.set({ workloads: liveAfter('v3').workloads })
    expect(await values()).toEqual([0, 0])
  })
})
