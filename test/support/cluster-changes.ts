import type { Cluster } from '../../rig/cluster.ts'
import type { KubernetesObject } from '../../rig/kubernetes/objects.ts'

/** What `kubectl patch` and `kubectl delete` do to objects of the release. */
export interface ClusterChanges {
  /** Changes the only container of the api's Deployment: what is in lists is joined by name. */
  patchContainer(change: Readonly<Record<string, unknown>>): Promise<void>
  scaleApi(replicas: number): Promise<void>
  setServicePort(component: string, targetPort: number | string): Promise<void>
  /** Takes a key of the release's Secret away. */
  dropSecretKey(key: string): Promise<void>
  deleteSecret(): Promise<void>
  deletePod(name: string): Promise<void>
}

export function changesOf({ controlPlane, namespace, release }: Cluster): ClusterChanges {
  const core = `/api/v1/namespaces/${namespace}`
  const api = `/apis/apps/v1/namespaces/${namespace}/deployments/${release}-platform-api`
  const secret = `${core}/secrets/platform-runtime`

  async function send(method: string, path: string, body?: unknown, type?: string): Promise<void> {
    await controlPlane.request(method, path, body, type)
  }

  return {
    patchContainer(change) {
      const spec = { template: { spec: { containers: [{ name: 'api', ...change }] } } }
      return send('PATCH', api, { spec }, 'application/strategic-merge-patch+json')
    },
    scaleApi: (replicas) => send('PATCH', `${api}/scale`, { spec: { replicas } }),
    async setServicePort(component, targetPort) {
      const path = `${core}/services/${release}-platform-${component}`
      const { spec } = await controlPlane.request<Service>('GET', path)
      await send('PATCH', path, { spec: { ports: spec.ports.map((port) => ({ ...port, targetPort })) } })
    },
    dropSecretKey: (key) => send('PATCH', secret, { data: { [key]: null } }),
    deleteSecret: () => send('DELETE', secret),
    deletePod: (name) => send('DELETE', `${core}/pods/${name}`),
  }
}

interface Service extends KubernetesObject {
  readonly spec: { readonly ports: readonly object[] }
}
