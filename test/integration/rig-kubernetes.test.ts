import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startControlPlane, type ControlPlane } from '../../rig/kubernetes.ts'
import { kubernetesClient } from '../../rig/kubernetes/client.ts'
import { startKubelet, type Kubelet } from '../../rig/kubernetes/kubelet.ts'
import type { KubernetesList, Pod } from '../../rig/kubernetes/objects.ts'
import { podAddresses, type PodAddresses } from '../../rig/kubernetes/pod-addresses.ts'
import type { PodOutcome, PodPlan } from '../../rig/kubernetes/pod-life.ts'
import { job, podsDeletedDuring, untilObject, workload } from '../support/kubernetes.ts'

const namespace = 'caracal'
const core = `/api/v1/namespaces/${namespace}`
const apps = `/apis/apps/v1/namespaces/${namespace}`
const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`

function here(name: string) {
  return { name, namespace }
}

interface Conditions {
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly reason?: string }[] }
}

let controlPlane: ControlPlane
let kubelet: Kubelet
let addresses: PodAddresses

/** Pods say by a label what becomes of them. */
function planOf(pod: Pod): PodPlan {
  return { outcome: (pod.metadata.labels?.['outcome'] ?? 'run') as PodOutcome }
}

beforeAll(async () => {
  controlPlane = await startControlPlane()
  await controlPlane.createNamespace(namespace)
  addresses = await podAddresses()
  kubelet = await startKubelet(controlPlane, {
    namespace,
    addresses,
    plan: planOf,
    run: (pod, ip) => (pod.metadata.labels?.['app'] === 'listening' ? listenAt(ip) : undefined),
  })
}, 120_000)

afterAll(async () => {
  await kubelet.stop()
  await addresses.release()
  await controlPlane.stop()
})

async function listenAt(ip: string) {
  const server = createServer((_, response) => response.end(ip))
  await new Promise<void>((done) => server.listen(4_000, ip, done))
  return { ready: () => server.listening, stop: () => void server.close() }
}

function podsOf(app: string): string {
  return `${core}/pods?labelSelector=app%3D${app}`
}

function until<T>(path: string, holds: (object: T) => boolean): Promise<T> {
  return untilObject(controlPlane, path, holds)
}

function untilAvailable(name: string): Promise<unknown> {
  type Deployment = { status: { availableReplicas?: number } }
  return until<Deployment>(`${apps}/deployments/${name}`, ({ status }) => status.availableReplicas === 2)
}

function has(type: string): (object: Conditions) => boolean {
  return ({ status }) => status.conditions?.some((condition) => condition.type === type) === true
}

describe('the control plane with a kubelet of ours', () => {
  test('a deployment becomes available, and its pods are the endpoints of its service', async () => {
    await controlPlane.apply(workload('Deployment', here('listening')))
    const ports = [{ port: 80, targetPort: 4_000 }]
    const spec = { selector: { app: 'listening' }, ports }
    const metadata = { name: 'listening', namespace }
    await controlPlane.apply({ apiVersion: 'v1', kind: 'Service', metadata, spec })
    await untilAvailable('listening')

    type Slice = {
      endpoints: readonly { addresses: readonly string[]; conditions: { ready?: boolean } }[] | null
    }
    const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`
    const slices = await until<KubernetesList<Slice>>(
      path,
      ({ items }) => items[0]?.endpoints?.filter(({ conditions }) => conditions.ready).length === 2,
    )
    const { items: pods } = await controlPlane.request<KubernetesList<Pod>>('GET', podsOf('listening'))
    const endpoints = slices.items.flatMap((slice) => slice.endpoints ?? [])
    expect(new Set(endpoints.flatMap((endpoint) => endpoint.addresses))).toEqual(
      new Set(pods.map(({ status }) => status?.podIP)),
    )
  })

  test('what runs in a pod is reached at its address and ends with it', async () => {
    const { items } = await controlPlane.request<KubernetesList<Pod>>('GET', podsOf('listening'))
    const url = `http://${items[0]?.status?.podIP}:4000/`
    expect(await (await fetch(url)).text()).toBe(items[0]?.status?.podIP)
    await controlPlane.request('DELETE', `${apps}/deployments/listening`)
    await until<KubernetesList<Pod>>(podsOf('listening'), (list) => list.items.length === 0)
    await expect(fetch(url)).rejects.toThrow()
  })

  test('a pod follows its readiness', async () => {
    await controlPlane.apply(workload('Deployment', here('flapping')))
    await untilAvailable('flapping')
    const name = kubelet.podNames().find((pod) => pod.startsWith('flapping-')) ?? ''
    kubelet.setReady(name, false)
    type Deployment = { status: { availableReplicas?: number } }
    await until<Deployment>(`${apps}/deployments/flapping`, ({ status }) => status.availableReplicas === 1)
    kubelet.setReady(name, undefined)
    await untilAvailable('flapping')
  })

  test('a stateful set replaces its pods from the last to the first', async () => {
    await controlPlane.apply(workload('StatefulSet', here('sts')))
    type Set = {
      status: {
        observedGeneration?: number
        readyReplicas?: number
        updateRevision: string
        currentRevision: string
      }
    }
    await until<Set>(`${apps}/statefulsets/sts`, ({ status }) => status.readyReplicas === 2)
    const first = kubelet.podNames().filter((name) => name.startsWith('sts-'))
    expect(first).toEqual(['sts-0', 'sts-1'])

    const order = await podsDeletedDuring(controlPlane, podsOf('sts'), async () => {
      const { metadata } = await controlPlane.apply(
        workload('StatefulSet', here('sts'), { image: 'caracal/sts:2' }),
      )
      await until<Set>(
        `${apps}/statefulsets/sts`,
        ({ status }) =>
          status.observedGeneration === metadata.generation &&
          status.currentRevision === status.updateRevision &&
          status.readyReplicas === 2,
      )
    })
    expect(order).toEqual(['sts-1', 'sts-0'])
  })

  test('a job succeeds', async () => {
    await controlPlane.apply(job(here('migrate'), 'succeed'))
    await until<Conditions>(`${jobs}/migrate`, has('Complete'))
  })

  test('a job fails with BackoffLimitExceeded', async () => {
    await controlPlane.apply(job(here('broken'), 'fail'))
    const failed = await until<Conditions>(`${jobs}/broken`, has('Failed'))
    expect(failed.status.conditions?.find(({ type }) => type === 'Failed')?.reason).toBe(
      'BackoffLimitExceeded',
    )
  })

  test('a crash-looping pod says so and counts its restarts', async () => {
    await controlPlane.apply(workload('Deployment', here('crashing'), { outcome: 'crash-loop' }))
    type Statuses = {
      status: {
        containerStatuses?: readonly {
          restartCount: number
          state: { waiting?: { reason: string } }
          lastState: { terminated?: { exitCode: number } }
        }[]
      }
    }
    const list = await until<KubernetesList<Statuses>>(podsOf('crashing'), ({ items }) =>
      items.some(({ status }) =>
        status.containerStatuses?.some(
          ({ restartCount, state }) => restartCount > 0 && state.waiting !== undefined,
        ),
      ),
    )
    const looping = list.items
      .flatMap(({ status }) => status.containerStatuses ?? [])
      .find(({ state }) => state.waiting !== undefined)
    expect(looping?.state.waiting?.reason).toBe('CrashLoopBackOff')
    expect(looping?.lastState.terminated?.exitCode).toBe(1)
  })

  test('a pod that fits nowhere and one whose image is missing stay pending, each with its reason', async () => {
    await controlPlane.apply(workload('Deployment', here('too-big'), { outcome: 'unschedulable' }))
    await controlPlane.apply(workload('Deployment', here('no-image'), { outcome: 'image-pull-error' }))
    await until<KubernetesList<Conditions>>(podsOf('too-big'), ({ items }) =>
      items.some(({ status }) => status.conditions?.some(({ reason }) => reason === 'Unschedulable')),
    )
    await until<KubernetesList<unknown>>(podsOf('no-image'), (list) =>
      JSON.stringify(list).includes('"ImagePullBackOff"'),
    )
  })

  test('a service account may do what its role says and no more', async () => {
    const metadata = { name: 'gate', namespace }
    const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }]
    const rbac = 'rbac.authorization.k8s.io'
    const roleRef = { apiGroup: rbac, kind: 'Role', name: 'gate' }
    const subjects = [{ kind: 'ServiceAccount', ...metadata }]
    await controlPlane.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata })
    await controlPlane.apply({ apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules })
    const binding = { apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata, roleRef, subjects }
    await controlPlane.apply(binding)

    const client = kubernetesClient(await controlPlane.kubeconfigFor(namespace, 'gate', 600))
    const { items } = await client.request<KubernetesList<Pod>>('GET', `${core}/pods`)
    expect(items.length).toBeGreaterThan(0)
    await expect(client.request('GET', `${core}/secrets`)).rejects.toMatchObject({ status: 403 })
    await expect(client.request('GET', '/api/v1/pods')).rejects.toMatchObject({ status: 403 })
    await expect(client.request('DELETE', `${core}/pods/sts-0`)).rejects.toMatchObject({ status: 403 })
    client.close()
  })

  test('an API server that was stopped or paused comes back with its data, and work goes on', async () => {
    await controlPlane.stopApiServer()
    await expect(controlPlane.request('GET', '/readyz')).rejects.toThrow('ECONNREFUSED')
    await controlPlane.startApiServer()
    controlPlane.pauseApiServer()
    const answer = controlPlane.request('GET', '/readyz')
    const first = await Promise.race([answer, new Promise((done) => setTimeout(done, 300, 'nothing'))])
    expect(first).toBe('nothing')
    controlPlane.resumeApiServer()
    expect(await answer).toBe('ok')
    await controlPlane.apply(workload('Deployment', here('late')))
    await untilAvailable('late')
  })
})
