import { releaseContent } from '../../../src/kubernetes/helm-release.ts'
import type {
  Autoscaler,
  ReleaseContent,
  ReleaseSecret,
  Service,
  Workload,
} from '../../../src/kubernetes/model.ts'
import { documents } from '../../../src/kubernetes/manifest/documents.ts'
import { isObject, type PlainObject } from '../../../src/kubernetes/manifest/objects.ts'
import { release, workload } from '../../support/cluster.ts'
import { packed } from '../kubernetes/packed-release.ts'

const labels = (component: string) =>
  `{app.kubernetes.io/instance: caracal, app.kubernetes.io/component: ${component}}`

/** A release of two components, one of which is scaled by an autoscaler, and of what can't be compared. */
function manifestText(tag: string): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: caracal-api, labels: ${labels('api')}}
spec: {selector: {app: api}, ports: [{name: http, port: 3000, targetPort: http}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: caracal-api, labels: ${labels('api')}}
spec:
  replicas: 2
  template:
    spec:
      containers:
      - {name: api, image: "registry.example/team/api:${tag}", env: [{name: LOG_LEVEL, value: info}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: caracal-sts, labels: ${labels('sts')}}
spec:
  replicas: 2
  template:
    spec:
      containers:
      - {name: sts, image: "registry.example/team/sts:${tag}"}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: caracal-sts, labels: ${labels('sts')}}
spec: {scaleTargetRef: {kind: StatefulSet, name: caracal-sts}, maxReplicas: 8}
---
kind: Ingress
metadata: {name: caracal, labels: ${labels('web')}}
---
kind: Deployment
metadata: {name: elsewhere, namespace: other, labels: ${labels('other')}}
---
kind: Deployment
metadata: {name: unlabelled}
`
}

/** What Helm keeps of a release with these images. */
export function contentOf(
  tag: string,
  values: Record<string, unknown> = { logLevel: 'info' },
  description = 'Upgrade complete',
): ReleaseContent {
  const chart = { metadata: { name: 'caracal', version: '1.0.0', appVersion: '1.0.0' } }
  const info = { description }
  const manifest = manifestText(tag)
  const content = releaseContent(packed({ info, chart, config: values, manifest, hooks: [] }))
  if ('unknownReason' in content) throw new Error(content.message)
  return content
}

/** A revision whose images have its number for a tag. */
export function revision(number: number, status: string, given: Partial<ReleaseSecret> = {}): ReleaseSecret {
  return release(number, { status, content: contentOf(`v${number}`), ...given })
}

export interface Objects {
  readonly workloads: readonly Workload[]
  readonly services: readonly Service[]
  readonly autoscalers: readonly Autoscaler[]
}

/** The live objects of such a release, as its manifest says, after `change`. */
export function liveAfter(tag: string, change: (sources: Sources) => void = () => {}): Objects {
  const sources = documents(manifestText(tag)).map((object) => structuredClone(object) as Tree)
  for (const source of sources) (source['metadata'] as Tree)['namespace'] ??= 'caracal'
  const [service = {}, api = {}, sts = {}] = sources
  change({ service, api, sts })
  const autoscaler = {
    name: 'caracal-sts',
    uid: 'uid-autoscaler',
    createdAt: 0,
    component: 'sts',
    target: { kind: 'StatefulSet', name: 'caracal-sts' },
  }
  return {
    workloads: [workload('api', { source: api }), workload('sts', { kind: 'StatefulSet', source: sts })],
    services: [
      {
        name: 'caracal-api',
        uid: 'uid-service',
        createdAt: 0,
        component: 'api',
        selector: {},
        ports: [],
        source: service,
      },
    ],
    autoscalers: [autoscaler],
  }
}

type Tree = Record<string, unknown>

export interface Sources {
  readonly service: Tree
  readonly api: Tree
  readonly sts: Tree
}

/** The first container of a workload, to be changed. */
export function containerOf(source: PlainObject): Tree {
  const pod = ['spec', 'template', 'spec'].reduce<unknown>(
    (inner, field) => (isObject(inner) ? inner[field] : undefined),
    source,
  )
  const [container] = isObject(pod) && Array.isArray(pod['containers']) ? (pod['containers'] as Tree[]) : []
  if (container === undefined) throw new Error('it has no containers')
  return container
}
