import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startControlPlane, type ControlPlane } from '../../rig/kubernetes.ts'
import { startKubelet, type Kubelet } from '../../rig/kubernetes/kubelet.ts'
import { openCluster } from '../../src/kubernetes/cluster.ts'
import type { Cluster, Kind, Kinds, Seen } from '../../src/kubernetes/model.ts'
import { openKubernetes } from '../../src/connections/kubernetes.ts'
import { kinds } from '../support/cluster-kinds.ts'
import {
  account,
  apply,
  chartRules,
  deployApi,
  grant,
  installRelease,
  labelled,
  namespace,
  templateOf,
} from '../support/real-release.ts'

let folder: string
let controlPlane: ControlPlane
let kubelet: Kubelet
let cluster: Cluster

async function auditingArgs(): Promise<readonly string[]> {
  const policy = join(folder, 'policy.yaml')
  const rules = [
    { level: 'Metadata', userGroups: [`system:serviceaccounts:${namespace}`] },
    { level: 'None' },
  ]
  await writeFile(policy, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules }))
  return [`--audit-policy-file=${policy}`, `--audit-log-path=${join(folder, 'audit.log')}`]
}

/** What the account asked for so far, as `group/resource verb`. */
async function audited(): Promise<readonly string[]> {
  interface Entry {
    readonly verb: string
    readonly requestURI: string
    readonly objectRef?: { readonly apiGroup?: string; readonly resource: string }
  }
  const lines = (await readFile(join(folder, 'audit.log'), 'utf8')).split('\n').filter(Boolean)
  const asked = lines.map((line) => {
    const { verb, requestURI, objectRef } = JSON.parse(line) as Entry
    return objectRef === undefined
      ? `${requestURI} ${verb}`
      : `${objectRef.apiGroup ?? ''}/${objectRef.resource} ${verb}`
  })
  return [...new Set(asked)].toSorted()
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubernetes-real-'))
  controlPlane = await startControlPlane({ apiServerArgs: await auditingArgs() })
  await controlPlane.createNamespace(namespace)
  kubelet = await startKubelet(controlPlane, { namespace })
  await apply(controlPlane, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: account, namespace },
  })
  await grant(controlPlane, await chartRules())
  await installRelease(controlPlane)
  const { path } = await controlPlane.kubeconfigFor(namespace, account)
  cluster = openCluster({
    kubernetes: openKubernetes({ kubeconfig: path }),
    namespace,
    release: 'caracal',
    helmSecrets: true,
    confirm: () => 1_000,
  })
  cluster.start()
}, 120_000)

afterAll(async () => {
  await cluster?.stop()
  await kubelet?.stop()
  await controlPlane?.stop()
  await rm(folder, { recursive: true })
})

async function until<K extends Kind>(
  kind: K,
  holds: (seen: Seen<Kinds[K]>) => boolean,
): Promise<Seen<Kinds[K]>> {
  const deadline = performance.now() + 25_000
  for (;;) {
    const seen = cluster.of(kind)
    if (holds(seen)) return seen
    if (performance.now() > deadline) throw new Error(`${kind} stayed ${JSON.stringify(seen).slice(0, 500)}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function untilAll(ok: boolean): Promise<void> {
  for (const kind of kinds) await until(kind, (seen) => seen.ok === ok)
}

describe('a release in a real cluster, with the rights of the chart', () => {
  it('is seen in all its kinds', async () => {
    await untilAll(true)
    await until('pods', (seen) => seen.ok && seen.items.filter(({ ready }) => ready).length === 3)
    const workloads = await until(
      'workloads',
      (seen) => seen.ok && seen.items.every((one) => one.available > 0),
    )
    expect(workloads).toMatchObject({
      items: [
        { kind: 'Deployment', name: 'caracal-api', component: 'api', revision: '1', images: ['api:1'] },
        { kind: 'StatefulSet', name: 'caracal-sts', component: 'sts', images: ['sts:1'] },
      ],
    })
    await until('endpointSlices', (seen) => seen.ok && seen.items[0]?.endpoints.length === 2)
    expect(cluster.of('endpointSlices')).toMatchObject({
      items: [{ service: 'caracal-api', component: 'api', ports: [{ port: 3000 }] }],
    })
    expect(cluster.of('replicaSets')).toMatchObject({ items: [{ revision: '1' }] })
    const releases = await until('releases', ({ ok }) => ok)
    expect(releases).toMatchObject({ items: [{ revision: 1, content: { chart: 'caracal-1.0.0' } }] })
    const deadline = AbortSignal.timeout(5_000)
    expect(await cluster.secretKeys('runtime', deadline)).toEqual(['redisUrl'])
  })

  it('X18: is seen with the autoscalers that scale it, whatever their labels', async () => {
    const seen = await until('autoscalers', ({ ok }) => ok)
    const targets = seen.ok ? seen.items.map(({ target }) => target.name).toSorted() : []
    expect(targets).toEqual(['caracal-api', 'caracal-sts'])
  })

  it('that rolls out another image is followed to its end, and its fingerprint is another one', async () => {
    const before = cluster.of('workloads')
    const [api] = before.ok ? before.items : []
    await deployApi(controlPlane, 'api:2')
    const after = await until(
      'workloads',
      (seen) => seen.ok && seen.items.some((one) => one.revision === '2' && one.replicas.updated === 2),
    )
    expect(after.ok && after.items[0]?.fingerprint !== api?.fingerprint).toBe(true)
    await until(
      'pods',
      (seen) => seen.ok && seen.items.some(({ containers }) => containers[0]?.image === 'api:2'),
    )
  })

  it('keeps how a Job ended that is deleted in the moment in which it succeeds', async () => {
    const template = templateOf('caracal-migrate', 'migrate', 'postgres:1')
    const spec = {
      backoffLimit: 0,
      template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } },
    }
    await apply(controlPlane, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: labelled('caracal-migrate', 'migrate'),
      spec,
    })
    await until('jobs', (seen) => seen.ok && seen.items[0]?.active === 1)
    const path = `/apis/batch/v1/namespaces/${namespace}/jobs/caracal-migrate`
    const now = new Date().toISOString()
    const conditions = ['SuccessCriteriaMet', 'Complete'].map((type) => ({
      type,
      status: 'True',
      lastTransitionTime: now,
      lastProbeTime: now,
    }))
    const { status } = await controlPlane.request<{ status: object }>('GET', path)
    const done = { ...status, active: 0, ready: 0, succeeded: 1, completionTime: now, conditions }
    await controlPlane.request('PATCH', `${path}/status`, { status: done })
    await controlPlane.request('DELETE', `${path}?propagationPolicy=Background`)
    const seen = await until('jobs', (one) => one.ok && one.items[0]?.deleted === true)
    expect(seen).toMatchObject({ items: [{ outcome: 'complete' }] })
  })

  it('is unknown within three seconds of the API server hanging, and seen again after it goes on', async () => {
    controlPlane.pauseApiServer()
    const startedAt = performance.now()
    await untilAll(false)
    expect(performance.now() - startedAt).toBeLessThan(3_500)
    controlPlane.resumeApiServer()
    await untilAll(true)
  })

  it('is seen again after the API server was killed and came back', async () => {
    await controlPlane.stopApiServer()
    await untilAll(false)
    await controlPlane.startApiServer()
    await untilAll(true)
    await deployApi(controlPlane, 'api:3')
    await until('workloads', (seen) => seen.ok && seen.items.some(({ images }) => images[0] === 'api:3'))
  })

  it('uses each right of the chart and no other', async () => {
    const watched = [
      '/pods',
      '/secrets',
      '/services',
      'apps/deployments',
      'apps/replicasets',
      'apps/statefulsets',
      'autoscaling/horizontalpodautoscalers',
      'batch/jobs',
      'discovery.k8s.io/endpointslices',
    ]
    const rights = ['/secrets get', ...watched.flatMap((one) => [`${one} list`, `${one} watch`])]
    expect(await audited()).toEqual(rights.toSorted())
  })

  it('hides the one kind whose right is taken away, and names the account that lacks it', async () => {
    const rules = (await chartRules()) as readonly { readonly resources: readonly string[] }[]
    await grant(
      controlPlane,
      rules.filter(({ resources }) => !resources.includes('jobs')),
    )
    const seen = await until('jobs', ({ ok }) => !ok)
    expect(seen.ok ? '' : seen.unavailable.message).toBe(
      'system:serviceaccount:caracal:gate may not list jobs.batch in namespace caracal: the API server forbids it: grant it with the Role of the chart (helm/templates/role.yaml)',
    )
    for (const kind of kinds) if (kind !== 'jobs') await until(kind, ({ ok }) => ok)
    await grant(controlPlane, rules)
    await until('jobs', ({ ok }) => ok)
  })
})
