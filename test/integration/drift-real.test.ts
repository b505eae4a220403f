import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startControlPlane, type ControlPlane } from '../../rig/kubernetes.ts'
import type { KubernetesObject } from '../../rig/kubernetes/objects.ts'
import { differences } from '../../src/kubernetes/manifest/differences.ts'
import { documents } from '../../src/kubernetes/manifest/documents.ts'
import { nameOf, textAt, type PlainObject } from '../../src/kubernetes/manifest/objects.ts'

const namespace = 'drift-real'
const paths: Readonly<Record<string, string>> = {
  Deployment: `/apis/apps/v1/namespaces/${namespace}/deployments`,
  StatefulSet: `/apis/apps/v1/namespaces/${namespace}/statefulsets`,
  Service: `/api/v1/namespaces/${namespace}/services`,
}

const pod = (kind: string) => `
spec:
  ${kind === 'StatefulSet' ? 'serviceName: app' : 'strategy: {type: RollingUpdate}'}
  selector: {matchLabels: {app: ${kind}}}
  template:
    metadata: {labels: {app: ${kind}}}
    spec:
      automountServiceAccountToken: false
      hostUsers: false
      hostNetwork: false
      serviceAccountName: caracal
      securityContext: {runAsUser: 0, fsGroup: 65532}
      initContainers:
      - {name: first, image: example/first:1}
      - {name: second, image: example/second:1}
      containers:
      - name: app
        image: example/app:1
        securityContext: {allowPrivilegeEscalation: false, privileged: false}
        readinessProbe: {httpGet: {path: /ready, port: 8080}, initialDelaySeconds: 0, timeoutSeconds: 0}
        ports: [{containerPort: 8080}]
        volumeMounts: [{name: secret, mountPath: /secret, readOnly: false}]
      volumes:
      - {name: secret, secret: {secretName: app, defaultMode: 0o644}}
      - {name: host, hostPath: {path: /x}}
`

const manifests = documents(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: app}${pod('Deployment')}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: app}${pod('StatefulSet')}
---
apiVersion: v1
kind: Service
metadata: {name: app}
spec:
  selector: {app: Deployment}
  ports: [{port: 80}]
`)

let controlPlane: ControlPlane

beforeAll(async () => {
  controlPlane = await startControlPlane()
  await controlPlane.createNamespace(namespace)
  for (const manifest of manifests)
    await controlPlane.request('POST', paths[textAt(manifest, 'kind')] ?? '', manifest)
})

afterAll(() => controlPlane?.stop())

function pathOf(manifest: PlainObject): string {
  return `${paths[textAt(manifest, 'kind')]}/${nameOf(manifest)}`
}

async function driftOf(manifest: PlainObject): Promise<readonly string[]> {
  const live = await controlPlane.request<KubernetesObject>('GET', pathOf(manifest))
  return differences(manifest, { ...live }, { ownedByAutoscaler: false }).map(
    ({ path, expected, actual }) => `${path}: ${expected} -> ${actual}`,
  )
}

/** The drift after a JSON patch that is taken back again. */
async function after(manifest: PlainObject, patch: readonly object[]): Promise<readonly string[]> {
  const before = await controlPlane.request<KubernetesObject>('GET', pathOf(manifest))
  await controlPlane.request('PATCH', pathOf(manifest), patch, 'application/json-patch+json')
  const found = await driftOf(manifest)
  const { metadata, ...rest } = before
  const { resourceVersion: _, ...identity } = metadata
  await controlPlane.request('PUT', pathOf(manifest), { ...rest, metadata: identity })
  return found
}

const template = '/spec/template/spec'
const container = `${template}/containers/0`
const gone = (path: string) => ({ op: 'remove', path })
const put = (path: string, value: unknown) => ({ op: 'add', path, value })

describe('X05: what a real API server makes of a manifest', () => {
  it.each(manifests)('is no drift: $kind', async (manifest) => {
    expect(await driftOf(manifest)).toEqual([])
  })

  describe.each(manifests.slice(0, 2))('of a live $kind', (manifest) => {
    it.each<[string, readonly object[], string]>([
      [
        'a hardening that is gone',
        [gone(`${container}/securityContext/allowPrivilegeEscalation`)],
        'containers[app].securityContext.allowPrivilegeEscalation: false -> (absent)',
      ],
      [
        'a token that is mounted again',
        [gone(`${template}/automountServiceAccountToken`)],
        'automountServiceAccountToken: false -> (absent)',
      ],
      ['user namespaces that are gone', [gone(`${template}/hostUsers`)], 'hostUsers: false -> (absent)'],
      [
        'a user that is gone',
        [gone(`${template}/securityContext/runAsUser`)],
        'securityContext.runAsUser: 0 -> (absent)',
      ],
      [
        'capabilities',
        [put(`${container}/securityContext/capabilities`, { add: ['NET_ADMIN'] })],
        'containers[app].securityContext.capabilities: (absent) -> (set)',
      ],
      [
        'the network of the node',
        [gone(`${template}/hostUsers`), put(`${template}/hostNetwork`, true)],
        'hostUsers: false -> (absent); hostNetwork: false -> true',
      ],
      [
        'the processes of the node',
        [gone(`${template}/hostUsers`), put(`${template}/hostPID`, true)],
        'hostUsers: false -> (absent); hostPID: (absent) -> (set)',
      ],
      [
        'another account',
        [put(`${template}/serviceAccountName`, 'admin'), put(`${template}/serviceAccount`, 'admin')],
        'serviceAccountName: caracal -> admin',
      ],
      [
        'a hook',
        [put(`${container}/lifecycle`, { preStop: { exec: { command: ['sh'] } } })],
        'containers[app].lifecycle: (absent) -> (set)',
      ],
      [
        'a probe',
        [put(`${container}/livenessProbe`, { tcpSocket: { port: 1 } })],
        'containers[app].livenessProbe: (absent) -> (set)',
      ],
      [
        'a default that was changed',
        [put(`${template}/terminationGracePeriodSeconds`, 1)],
        'terminationGracePeriodSeconds: (absent) -> (set)',
      ],
      [
        'a toleration',
        [put(`${template}/tolerations`, [{ operator: 'Exists' }])],
        'tolerations: (absent) -> (set)',
      ],
      [
        'the order of init containers',
        [{ op: 'move', from: `${template}/initContainers/1`, path: `${template}/initContainers/0` }],
        'initContainers: [first, second] -> [second, first]',
      ],
      [
        'a mode',
        [put(`${template}/volumes/0/secret/defaultMode`, 0o600)],
        'volumes[secret].secret.defaultMode: 420 -> 384',
      ],
    ])('finds %s', async (_, patch, expected) => {
      expect((await after(manifest, patch)).join('; ')).toBe(expected)
    })
  })

  it('finds a Deployment that is paused, and one that is recreated', async () => {
    const [deployment = {}] = manifests
    expect(await after(deployment, [put('/spec/paused', true)])).toEqual(['spec.paused: (absent) -> (set)'])
    expect(await after(deployment, [put('/spec/strategy', { type: 'Recreate' })])).toEqual([
      'spec.strategy.type: RollingUpdate -> Recreate',
    ])
  })

  it('leaves replicas that the manifest does not set to who scales', async () => {
    const [deployment = {}] = manifests
    expect(await after(deployment, [put('/spec/replicas', 5)])).toEqual([])
  })

  it('finds a Service that is of another type', async () => {
    const [, , service = {}] = manifests
    expect(await after(service, [put('/spec/type', 'NodePort')])).toEqual(['spec.type: (absent) -> (set)'])
    expect(await after(service, [put('/spec/externalIPs', ['203.0.113.1'])])).toEqual([
      'spec.externalIPs: (absent) -> (set)',
    ])
  })
})
