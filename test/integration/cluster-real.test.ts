import { copyFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startControlPlane, type ControlPlane } from '../../rig/kubernetes.ts'
import { writeKubeconfig } from '../../rig/kubernetes/credentials.ts'
import { openCluster } from '../../src/kubernetes/cluster.ts'
import type { Cluster } from '../../src/kubernetes/model.ts'
import { openKubernetes } from '../../src/connections/kubernetes.ts'
import { MINUTE } from '../../src/core/time.ts'
import { ProbeError } from '../../src/probes/probe.ts'
import { workloads } from '../../src/probes/workloads.ts'
import { kinds } from '../support/cluster-kinds.ts'
import { account, apply, chartRules, grant, installRelease, namespace } from '../support/real-release.ts'
import { firstLook } from '../unit/probes/watching.ts'
import { until } from '../support/waiting.ts'

let controlPlane: ControlPlane
const clusters: Cluster[] = []

beforeAll(async () => {
  controlPlane = await startControlPlane()
  await controlPlane.createNamespace(namespace)
  const metadata = { name: account, namespace }
  await apply(controlPlane, { apiVersion: 'v1', kind: 'ServiceAccount', metadata })
  await grant(controlPlane, await chartRules())
  await installRelease(controlPlane)
}, 120_000)

afterAll(async () => {
  await Promise.all(clusters.map((cluster) => cluster.stop()))
  await controlPlane?.stop()
})

async function following(kubeconfig: string): Promise<Cluster> {
  const cluster = openCluster({
    kubernetes: openKubernetes({ kubeconfig }),
    namespace,
    release: 'caracal',
    helmSecrets: true,
    confirm: () => 500,
  })
  clusters.push(cluster)
  cluster.start()
  await until(() => kinds.every((kind) => cluster.of(kind).ok))
  return cluster
}

/** A token that lives for as long as a Secret does, at most for the ten minutes that are the least there is. */
async function boundToken(secret: string): Promise<string> {
  await apply(controlPlane, { apiVersion: 'v1', kind: 'Secret', metadata: { name: secret, namespace } })
  const boundObjectRef = { apiVersion: 'v1', kind: 'Secret', name: secret }
  const { status } = await controlPlane.request<{ status: { token: string } }>(
    'POST',
    `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
    {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 600, boundObjectRef },
    },
  )
  return status.token
}

describe('a real API server', () => {
  it('tells of a change in a tenth of a second', async () => {
    const { path } = await controlPlane.kubeconfigFor(namespace, account, 600)
    const cluster = await following(path)
    const took: number[] = []
    for (let turn = 1; turn <= 21; turn += 1) {
      const told = new Promise<number>((resolve) => {
        const unsubscribe = cluster.subscribe(() => {
          const seen = cluster.of('services')
          const isTold = seen.ok && seen.items.some(({ ports }) => ports[0]?.port === 8_000 + turn)
          if (!isTold) return
          unsubscribe()
          resolve(performance.now())
        })
      })
      const startedAt = performance.now()
      await controlPlane.request('PATCH', `/api/v1/namespaces/${namespace}/services/caracal-api`, {
        spec: { ports: [{ name: 'http', port: 8_000 + turn, targetPort: 'http' }] },
      })
      took.push((await told) - startedAt)
    }
    const median = took.toSorted((a, b) => a - b)[10] ?? Infinity
    expect(median).toBeLessThan(100)
  })

  it('that takes a token back is asked again with the one that came in its place', async () => {
    const first = await boundToken('first')
    const { path, server, ca } = await controlPlane.kubeconfigFor(namespace, account)
    await writeKubeconfig(path, { server, ca, token: first }, namespace)
    const cluster = await following(path)
    await controlPlane.request('DELETE', `/api/v1/namespaces/${namespace}/secrets/first`)
    await until(() => !cluster.of('pods').ok)
    const seen = cluster.of('pods')
    expect(seen).toMatchObject({ unavailable: { unknownReason: 'unauthorized', reason: 'token_refused' } })

    const second = `${path}.next`
    await writeKubeconfig(second, { server, ca, token: await boundToken('second') }, namespace)
    await copyFile(second, path)
    await until(() => kinds.every((kind) => cluster.of(kind).ok))
  })

  it('X93: whose workload alone has the label of another release is told by the pods that have ours', async () => {
    const { path } = await controlPlane.kubeconfigFor(namespace, account, 600)
    const cluster = await following(path)
    const isOfApi = ({ component }: { readonly component: string }) => component === 'api'
    const countOf = (kind: 'pods' | 'workloads') => {
      const seen = cluster.of(kind)
      return seen.ok ? seen.items.filter(isOfApi).length : -1
    }
    await until(() => countOf('pods') === 2 && countOf('workloads') === 1)
    // As Argo CD tracks an Application by label that is not named like the release.
    await controlPlane.request('PATCH', `/apis/apps/v1/namespaces/${namespace}/deployments/caracal-api`, {
      metadata: { labels: { 'app.kubernetes.io/instance': 'production' } },
    })
    await until(() => countOf('workloads') === 0)
    const look = await firstLook(workloads(cluster, { now: () => 0 }, MINUTE))
    const spots = look instanceof ProbeError ? [] : (look.blindSpots ?? [])
    expect(spots.filter(({ labels }) => labels['component'] === 'api')[0]).toMatchObject({
      reason: 'workload_unlabelled',
      message: expect.stringContaining('Deployment/caracal-api runs the pods of api') as string,
    })
  })
})
