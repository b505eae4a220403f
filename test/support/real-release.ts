import type { ControlPlane } from '../../rig/kubernetes.ts'
import type { KubernetesObject } from '../../rig/kubernetes/objects.ts'
import { renderChart } from './chart.ts'
import { chartValues } from './chart-values.ts'
import { releaseObject } from './fake-release.ts'

/** Namespace of a release `caracal` in a control plane. */
export const namespace = 'caracal'
/** The service account that watches it. */
export const account = 'gate'

export function labelled(name: string, component: string) {
  const labels = {
    'app.kubernetes.io/instance': 'caracal',
    'app.kubernetes.io/component': component,
    app: name,
  }
  return { name, namespace, labels }
}

export function templateOf(name: string, component: string, image: string) {
  const ports = [{ name: 'http', containerPort: 3000 }]
  return {
    metadata: { labels: labelled(name, component).labels },
    spec: { containers: [{ name, image, ports }] },
  }
}

export function apply(controlPlane: ControlPlane, object: object): Promise<KubernetesObject> {
  return controlPlane.apply(object as KubernetesObject)
}

/** Creates the API's Deployment, or has it roll out another image. */
export function deployApi(controlPlane: ControlPlane, image: string): Promise<KubernetesObject> {
  const name = 'caracal-api'
  const template = templateOf(name, 'api', image)
  const spec = { replicas: 2, selector: { matchLabels: { app: name } }, template }
  return apply(controlPlane, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: labelled(name, 'api'),
    spec,
  })
}

/** A Deployment with Service and autoscaler, a StatefulSet with one that has no label, a release of Helm and a Secret. */
export async function installRelease(controlPlane: ControlPlane): Promise<void> {
  await deployApi(controlPlane, 'api:1')
  const name = 'caracal-sts'
  await apply(controlPlane, {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: labelled(name, 'sts'),
    spec: {
      replicas: 1,
      serviceName: name,
      selector: { matchLabels: { app: name } },
      template: templateOf(name, 'sts', 'sts:1'),
    },
  })
  await apply(controlPlane, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: labelled('caracal-api', 'api'),
    spec: { selector: { app: 'caracal-api' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  })
  await apply(controlPlane, {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: labelled('caracal-api', 'api'),
    spec: {
      maxReplicas: 2,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'caracal-api' },
    },
  })
  // As `kubectl autoscale` makes one.
  await apply(controlPlane, {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace },
    spec: { maxReplicas: 2, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'StatefulSet', name } },
  })
  const release = releaseObject(1, 'deployed')
  await apply(controlPlane, { apiVersion: 'v1', kind: 'Secret', ...release })
  await apply(controlPlane, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'runtime', namespace },
    data: { redisUrl: 'c2VjcmV0' },
  })
}

/** The Role that our chart makes for the namespace of the release. */
export async function chartRules(): Promise<unknown> {
  const values = {
    ...chartValues['minimal'],
    release: { name: 'caracal', namespace },
    kubernetes: { helmSecrets: { enabled: true }, secretReferences: { names: ['runtime'] } },
  }
  const rendered = await renderChart(values)
  const role = rendered.find(({ kind, metadata }) => kind === 'Role' && metadata.name.endsWith('-release'))
  return role?.['rules']
}

/** Gives the account these rules of a Role, and no others. */
export async function grant(controlPlane: ControlPlane, rules: unknown): Promise<void> {
  const rbac = 'rbac.authorization.k8s.io'
  await apply(controlPlane, {
    apiVersion: `${rbac}/v1`,
    kind: 'Role',
    metadata: { name: account, namespace },
    rules,
  })
  await apply(controlPlane, {
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: { name: account, namespace },
    roleRef: { apiGroup: rbac, kind: 'Role', name: account },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
  })
}
