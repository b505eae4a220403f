import { packed } from '../unit/kubernetes/packed-release.ts'
import type { ApiObject } from './fake-kubernetes-store.ts'

const instance = 'app.kubernetes.io/instance'
const component = 'app.kubernetes.io/component'

function metadata(name: string, release: string, own: string) {
  return { name, namespace: 'caracal', labels: { [instance]: release, [component]: own } }
}

/** A running pod as the API server gives it, with what nobody needs. */
export function podObject(name: string, release = 'caracal', own = 'api'): ApiObject {
  const { labels, ...rest } = metadata(name, release, own)
  return {
    metadata: {
      ...rest,
      labels: { ...labels, 'pod-template-hash': 'abc' },
      managedFields: [{ manager: 'kubelet', fieldsV1: { 'f:status': {} } }],
      ownerReferences: [{ kind: 'ReplicaSet', name: 'rs', uid: 'uid-rs', controller: true }],
    },
    spec: { containers: [{ name: own, image: `${own}:1`, ports: [{ name: 'http', containerPort: 3000 }] }] },
    status: {
      phase: 'Running',
      podIP: '198.18.0.1',
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [
        { name: own, image: `${own}:1`, ready: true, restartCount: 0, state: { running: {} } },
      ],
    },
  }
}

/** A Deployment of two replicas that is rolled out. */
export function deploymentObject(name: string, release = 'caracal', own = 'api'): ApiObject {
  const counts = { replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 }
  return {
    metadata: { ...metadata(name, release, own), annotations: { 'deployment.kubernetes.io/revision': '3' } },
    spec: { replicas: 2, template: { spec: { containers: [{ name: own, image: `${own}:1` }] } } },
    status: { observedGeneration: 1, ...counts },
  }
}

export function jobObject(name: string, own: string, status: object = { active: 1 }): ApiObject {
  return { metadata: metadata(name, 'caracal', own), spec: {}, status }
}

/** What Helm keeps of a revision, with a chart of that version. */
export function releaseObject(revision: number, status: string, release = 'caracal'): ApiObject {
  const chart = { metadata: { name: 'caracal', version: `${revision}.0.0` }, values: { a: 1 } }
  return {
    metadata: {
      name: `sh.helm.release.v1.${release}.v${revision}`,
      namespace: 'caracal',
      labels: { owner: 'helm', name: release, status, version: String(revision) },
    },
    type: 'helm.sh/release.v1',
    data: { release: packed({ chart, manifest: 'kind: ConfigMap\nmetadata: { name: a }\n', hooks: [] }) },
  }
}
