import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startControlPlane, type ControlPlane } from '../../rig/kubernetes.ts'
import { startKubelet, type Kubelet } from '../../rig/kubernetes/kubelet.ts'
import type { KubernetesList, KubernetesObject } from '../../rig/kubernetes/objects.ts'
import { helmBinary } from '../../scripts/helm.ts'
import { releaseContent } from '../../src/kubernetes/helm-release.ts'
import type { ReleaseContent } from '../../src/kubernetes/model.ts'
import { differences } from '../../src/kubernetes/manifest/differences.ts'
import { digestOf, documents } from '../../src/kubernetes/manifest/documents.ts'
import { nameOf, textAt } from '../../src/kubernetes/manifest/objects.ts'

const namespace = 'drift'
const release = 'small'
const chart = resolve(import.meta.dirname, '../fixtures/chart-drift')

const paths: Readonly<Record<string, string>> = {
  Deployment: `/apis/apps/v1/namespaces/${namespace}/deployments`,
  StatefulSet: `/apis/apps/v1/namespaces/${namespace}/statefulsets`,
  Service: `/api/v1/namespaces/${namespace}/services`,
}

let controlPlane: ControlPlane
let kubelet: Kubelet
let program: string

beforeAll(async () => {
  const found = await helmBinary()
  if (found === undefined) throw new Error('there is no helm: node scripts/helm.ts says why')
  program = found
  controlPlane = await startControlPlane()
  await controlPlane.createNamespace(namespace)
  kubelet = await startKubelet(controlPlane, { namespace })
})

afterAll(async () => {
  await kubelet?.stop()
  await controlPlane?.stop()
})

async function helm(...args: readonly string[]): Promise<string> {
  const env = { ...process.env, KUBECONFIG: controlPlane.adminKubeconfigPath }
  const options = { env, timeout: 60_000, maxBuffer: 16 * 1024 * 1024 }
  const { stdout } = await promisify(execFile)(program, [...args, '--namespace', namespace], options)
  return stdout
}

/** What a pipeline finds that has the chart and the values, but no cluster. */
async function renderedDigest(...options: readonly string[]): Promise<string> {
  return digestOf(documents(await helm('template', release, chart, ...options)))
}

interface Secret extends KubernetesObject {
  readonly data: { readonly release: string }
}

async function stored(revision: number): Promise<ReleaseContent> {
  const name = `sh.helm.release.v1.${release}.v${revision}`
  const secret = await controlPlane.request<Secret>('GET', `/api/v1/namespaces/${namespace}/secrets/${name}`)
  const content = releaseContent(secret.data.release)
  if ('unknownReason' in content) throw new Error(content.message)
  return content
}

/** How the live objects differ from the manifest of a revision, by what they are. */
async function driftFrom(revision: number): Promise<readonly string[]> {
  const { objects } = await stored(revision)
  const found: string[] = []
  for (const [kind, path] of Object.entries(paths)) {
    const { items } = await controlPlane.request<KubernetesList<KubernetesObject>>('GET', path)
    for (const manifest of objects.filter((object) => textAt(object, 'kind') === kind)) {
      const live = items.find(({ metadata }) => metadata.name === nameOf(manifest))
      if (live === undefined) throw new Error(`${kind}/${nameOf(manifest)} is missing`)
      const ownedByAutoscaler = kind === 'StatefulSet'
      for (const { path: field, expected, actual } of differences(
        manifest,
        { ...live },
        { ownedByAutoscaler },
      ))
        found.push(`${kind} ${field}: ${expected} -> ${actual}`)
    }
  }
  return found
}

/** A change as `kubectl patch` makes it. */
async function patch(kind: string, name: string, body: unknown): Promise<void> {
  await controlPlane.request(
    'PATCH',
    `${paths[kind]}/${name}`,
    body,
    'application/strategic-merge-patch+json',
  )
}

describe('a release that Helm stored', () => {
  it('has the digest of what helm template renders, at install and at upgrade', async () => {
    await helm('install', release, chart)
    await helm('upgrade', release, chart, '--set', 'tag=v2')
    const [first, second] = [await stored(1), await stored(2)]
    expect(first.digest).toBe(await renderedDigest())
    expect(second.digest).toBe(await renderedDigest('--is-upgrade', '--set', 'tag=v2'))
    expect(first.digest).not.toBe(second.digest)
    expect(await renderedDigest('--skip-tests')).toBe(first.digest)
    expect(await renderedDigest('--no-hooks')).not.toBe(first.digest)
  })

  it('tells chart, objects and how its hooks ended, and no value of a Secret', async () => {
    const content = await stored(2)
    expect(content).toMatchObject({ chart: 'drift-1.2.3', appVersion: '4.5', hasValues: true })
    expect(content.objects.map((object) => textAt(object, 'kind')).toSorted()).toEqual([
      'Deployment',
      'HorizontalPodAutoscaler',
      'Secret',
      'Service',
      'StatefulSet',
    ])
    expect(content.hookJobs).toMatchObject([
      { name: 'small-migrate', component: 'migrate', phase: 'Succeeded' },
    ])
    expect(Math.abs((content.hookJobs[0]?.completedAt ?? 0) - Date.now())).toBeLessThan(120_000)
    expect(JSON.stringify(content)).not.toContain('nobody-may-show')
  })

  it('has no drift from what the API server makes of it', async () => {
    expect(await driftFrom(2)).toEqual([])
    expect(await driftFrom(1)).toEqual([
      'Deployment initContainers[prepare].image: registry.example/prepare:v1 -> registry.example/prepare:v2',
      'Deployment containers[api].image: registry.example/api:v1 -> registry.example/api:v2',
      'StatefulSet containers[sts].image: registry.example/sts:v1 -> registry.example/sts:v2',
    ])
  })

  it('has none from a restart, or from scaling by an autoscaler', async () => {
    const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() }
    await patch('Deployment', 'small-api', { spec: { template: { metadata: { annotations } } } })
    await patch('StatefulSet', 'small-sts', { spec: { replicas: 3 } })
    expect(await driftFrom(2)).toEqual([])
  })

  it('has drift from every change that somebody makes', async () => {
    const env = [
      { name: 'LOG_LEVEL', value: 'debug' },
      { name: 'ADDED', value: 'nobody-may-show' },
      { name: 'API_TOKEN', value: 'nobody-may-show', valueFrom: null },
    ]
    const api = { name: 'api', env, args: ['--inspect'], resources: { limits: { memory: '2Gi' } } }
    const containers = [api, { name: 'debug', image: 'registry.example/debug:1' }]
    await patch('Deployment', 'small-api', { spec: { replicas: 3, template: { spec: { containers } } } })
    await patch('Service', 'small-api', { spec: { selector: { canary: 'true' } } })
    expect((await driftFrom(2)).toSorted()).toEqual([
      'Deployment containers[api].args: [/app/main.js] -> [--inspect]',
      'Deployment containers[api].env[ADDED]: (absent) -> (set)',
      'Deployment containers[api].env[API_TOKEN]: key token of Secret small-runtime -> plain text',
      'Deployment containers[api].env[LOG_LEVEL]: info -> debug',
      'Deployment containers[api].resources.limits[memory]: 1Gi -> 2Gi',
      'Deployment containers[debug]: (absent) -> (set)',
      'Deployment spec.replicas: 2 -> 3',
      'Service spec.selector[canary]: (absent) -> (set)',
    ])
  })
})
