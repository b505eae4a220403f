import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startControlPlane, type ControlPlane } from '../../rig/kubernetes.ts'
import {
  kubernetesClient,
  KubernetesRequestError,
  type KubernetesClient,
} from '../../rig/kubernetes/client.ts'
import type { KubernetesObject } from '../../rig/kubernetes/objects.ts'
import { openCluster } from '../../src/kubernetes/cluster.ts'
import type { Kind } from '../../src/kubernetes/model.ts'
import { openKubernetes } from '../../src/connections/kubernetes.ts'
import { argoHook, helmHook } from '../support/clients/hooks.ts'
import { chartFolder, helm, renderChart, type Rendered, type Values } from '../support/chart.ts'
import { chartValues } from '../support/chart-values.ts'
import { monitoringDefinitions } from '../support/monitoring-definitions.ts'
import { eventually } from '../support/waiting.ts'

// The chart on a real kube-apiserver. What helmBinary gives is the real Helm.

const account = 'gate-caracal-gate-exporter'
const state = '/api/v1/namespaces/gate/configmaps/gate-caracal-gate-exporter-state'

let controlPlane: ControlPlane
let exporter: KubernetesClient
let kubeconfig: string

const paths: Readonly<Record<string, string>> = {
  ConfigMap: 'configmaps',
  Deployment: 'deployments',
  Ingress: 'ingresses',
  Job: 'jobs',
  NetworkPolicy: 'networkpolicies',
  Pod: 'pods',
  CronJob: 'cronjobs',
  PodDisruptionBudget: 'poddisruptionbudgets',
  PrometheusRule: 'prometheusrules',
  Role: 'roles',
  RoleBinding: 'rolebindings',
  Service: 'services',
  ServiceAccount: 'serviceaccounts',
  ServiceMonitor: 'servicemonitors',
}

/** What the API server has to say of an object, which it does not keep. */
async function refusalOf({ apiVersion, kind, metadata, ...rest }: Rendered): Promise<string | undefined> {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const path = `${root}/namespaces/${metadata.namespace ?? ''}/${paths[kind] ?? kind}`
  const query = '?dryRun=All&fieldValidation=Strict'
  try {
    await controlPlane.request('POST', path + query, { apiVersion, kind, metadata, ...rest })
    return undefined
  } catch (error) {
    return `${kind} ${metadata.name}: ${error instanceof Error ? error.message : String(error)}`
  }
}

function release(verb: string, values: Values = {}, more: readonly string[] = []) {
  const chart = verb === 'uninstall' ? [] : [chartFolder]
  return helm([verb, 'gate', ...chart, '--namespace', 'gate', ...more], values, {
    KUBECONFIG: controlPlane.adminKubeconfigPath,
  })
}

beforeAll(async () => {
  controlPlane = await startControlPlane()
  for (const namespace of ['gate', 'caracal', 'elsewhere', 'monitoring', 'open'])
    await controlPlane.createNamespace(namespace)
  for (const definition of monitoringDefinitions) await controlPlane.apply(definition)
  for (const kind of ['servicemonitors', 'prometheusrules'])
    await eventually(`${kind} are known`, async () => {
      await controlPlane.request('GET', `/apis/monitoring.coreos.com/v1/${kind}`)
      return true
    })
}, 120_000)

afterAll(async () => {
  exporter?.close()
  await controlPlane.stop()
})

describe('a real API server', () => {
  it('takes the hooks of the recipes for pipelines, field by field', async () => {
    const asking = { url: '', rollout: 'caracal/47', token: '', patience: 3 }
    const hooks = [
      ...['PreSync', 'PostSync', 'SyncFail'].map((phase) => argoHook(phase, asking)),
      ...(['Job', 'Pod'] as const).map((kind) => helmHook(kind, asking)),
    ] as unknown as readonly Rendered[]
    const placed = hooks.map((hook) => ({ ...hook, metadata: { ...hook.metadata, namespace: 'caracal' } }))
    expect((await Promise.all(placed.map(refusalOf))).filter((refusal) => refusal !== undefined)).toEqual([])
  })

  it.each(Object.keys(chartValues))('takes every object, field by field: %s', async (name) => {
    const objects = await renderChart(chartValues[name] ?? {})
    const refusals = await Promise.all(objects.map(refusalOf))
    expect(refusals.filter((refusal) => refusal !== undefined)).toEqual([])
  })

  it('would refuse a field that it does not know', async () => {
    const spec = { selector: {}, endpoints: [{ port: 'http', bearerTokenFile: '/token' }] }
    const metadata = { name: 'wrong', namespace: 'gate' }
    const wrong = { apiVersion: 'monitoring.coreos.com/v1', kind: 'ServiceMonitor', metadata, spec }
    expect(await refusalOf(wrong)).toContain('unknown field')
  })
})

describe('an installation', () => {
  it('is made, says what is still open, and is what was rendered', async () => {
    const { code, stdout, stderr } = await release('install', { release: { namespace: 'caracal' } })
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('watches the release caracal in the namespace caracal')
    expect(stdout).toContain('caracal-runtime, key metricsBearer')
    expect(stdout).toContain('Writing is off')
    const access = await controlPlane.kubeconfigFor('gate', account)
    kubeconfig = access.path
    exporter = kubernetesClient(access)
  })

  it('keeps what the exporter wrote over an upgrade', async () => {
    const before = await exporter.request<KubernetesObject>('GET', state)
    const binaryData = { state: Buffer.from('remembered').toString('base64') }
    await exporter.request('PUT', state, { ...before, binaryData })
    const { code, stderr } = await release('upgrade', {
      release: { namespace: 'caracal' },
      commonLabels: { team: 'platform' },
    })
    expect([code, stderr]).toEqual([0, ''])
    expect(await exporter.request('GET', state)).toMatchObject({
      binaryData,
      metadata: { labels: { team: 'platform' } },
    })
  })
})

describe('the account of the chart', () => {
  it('sees everything that is watched of the release', async () => {
    const cluster = openCluster({
      kubernetes: openKubernetes({ kubeconfig }),
      namespace: 'caracal',
      release: 'caracal',
      helmSecrets: false,
      confirm: () => 60_000,
    })
    cluster.start()
    try {
      const kinds: readonly Kind[] = [
        'pods',
        'workloads',
        'replicaSets',
        'jobs',
        'services',
        'endpointSlices',
        'autoscalers',
      ]
      await eventually('every kind is seen', () => kinds.every((kind) => cluster.of(kind).ok))
      const deadline = AbortSignal.timeout(5_000)
      expect(await cluster.secretKeys('caracal-runtime', deadline)).toBeUndefined()
      await expect(cluster.secretKeys('another', deadline)).rejects.toMatchObject({
        unknownReason: 'unauthorized',
      })
    } finally {
      await cluster.stop()
    }
  })

  const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'own', namespace: 'gate' } }
  it.each([
    ['another Secret', 'GET', '/api/v1/namespaces/caracal/secrets/another'],
    ['all Secrets', 'GET', '/api/v1/namespaces/caracal/secrets'],
    ['Secrets of its own namespace', 'GET', '/api/v1/namespaces/gate/secrets'],
    ['pods of other namespaces', 'GET', '/api/v1/namespaces/elsewhere/pods'],
    ['nodes', 'GET', '/api/v1/nodes'],
    ['another ConfigMap', 'GET', '/api/v1/namespaces/gate/configmaps/another'],
    ['a new ConfigMap', 'POST', '/api/v1/namespaces/gate/configmaps'],
    ['the end of its ConfigMap', 'DELETE', state],
    ['the end of a pod', 'DELETE', '/api/v1/namespaces/caracal/pods/any'],
    ['another number of replicas', 'PATCH', '/apis/apps/v1/namespaces/caracal/deployments/any/scale'],
    ['a log', 'GET', '/api/v1/namespaces/caracal/pods/any/log'],
  ])('may not ask for %s', async (_, method, path) => {
    const asked = exporter.request(method, path, method === 'GET' ? undefined : config)
    await expect(asked).rejects.toMatchObject({ status: 403 })
    await expect(asked).rejects.toBeInstanceOf(KubernetesRequestError)
  })

  it('sees the releases of Helm once that is consented to', async () => {
    const values = { release: { namespace: 'caracal' }, kubernetes: { helmSecrets: { enabled: true } } }
    expect(await release('upgrade', values)).toMatchObject({ code: 0 })
    const path = '/api/v1/namespaces/caracal/secrets?labelSelector=owner%3Dhelm'
    await eventually('the Secrets are listed', async () => {
      await exporter.request('GET', path)
      return true
    })
  })
})

describe('the policy in the namespace of the platform', () => {
  const values = { release: { namespace: 'open' }, networkPolicy: { platform: { enabled: true } } }

  it('is refused where it would be the first, and close the platform to everybody else', async () => {
    const { code, stderr } = await release('upgrade', values)
    expect(code).not.toBe(0)
    expect(stderr).toContain('no NetworkPolicy of namespace open restricts who may reach its pods')
  })

  it('is made beside one of the platform, and stays over an upgrade', async () => {
    const metadata = { name: 'caracal-caracal', namespace: 'open' }
    const spec = { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }
    await controlPlane.apply({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec,
    } as KubernetesObject)
    for (let turn = 0; turn < 2; turn += 1)
      expect(await release('upgrade', values)).toMatchObject({ code: 0, stderr: '' })
    const path = '/apis/networking.k8s.io/v1/namespaces/open/networkpolicies'
    const { items } = await controlPlane.request<{ items: readonly KubernetesObject[] }>('GET', path)
    expect(items.map((policy) => policy.metadata.name)).toEqual(['caracal-caracal', `${account}-looks`])
  })
})

describe('an uninstallation', () => {
  it('leaves nothing but the memory, which a new installation takes up again', async () => {
    expect(await release('uninstall')).toMatchObject({ code: 0 })
    const left = await controlPlane.request<KubernetesObject>('GET', state)
    expect(left).toMatchObject({ binaryData: { state: expect.any(String) as string } })
    const deployments = '/apis/apps/v1/namespaces/gate/deployments'
    await eventually('the Deployment is gone', async () => {
      const { items } = await controlPlane.request<{ items: readonly object[] }>('GET', deployments)
      return items.length === 0
    })
    expect(await release('install')).toMatchObject({ code: 0, stderr: '' })
    expect(await controlPlane.request('GET', state)).toMatchObject({
      metadata: { uid: left.metadata.uid },
      binaryData: { state: expect.any(String) as string },
    })
  })
})
