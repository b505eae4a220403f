import { KubernetesRequestError, type KubernetesClient } from './client.ts'
import type { KubernetesObject } from './objects.ts'

type ResourceList = {
  readonly resources: readonly {
    readonly name: string
    readonly kind: string
    readonly namespaced: boolean
  }[]
}

/** A request for a kind that the server does not know yet is repeated: definitions take a moment. */
const unknownKindTries = 20

/** Writes objects as `kubectl apply --server-side --force-conflicts` does, finding their paths by discovery. */
export function applier(client: KubernetesClient): (object: KubernetesObject) => Promise<KubernetesObject> {
  const groups = new Map<string, ResourceList>()

  async function resourceOf(apiVersion: string, kind: string): Promise<ResourceList['resources'][number]> {
    const root = groupPath(apiVersion)
    for (let turn = 1; ; turn += 1) {
      const list =
        groups.get(root) ??
        (await client.request<ResourceList>('GET', root).catch((error: unknown) => {
          if (error instanceof KubernetesRequestError && error.status === 404) return { resources: [] }
          throw error
        }))
      const found = list.resources.find((resource) => resource.kind === kind && !resource.name.includes('/'))
      if (found !== undefined) {
        groups.set(root, list)
        return found
      }
      groups.delete(root)
      if (turn === unknownKindTries) throw new Error(`The API server knows no ${kind} of ${apiVersion}`)
      await new Promise((done) => setTimeout(done, 100))
    }
  }

  return async (object) => {
    const { apiVersion, kind, metadata } = object
    if (apiVersion === undefined || kind === undefined) throw new Error('apiVersion and kind are needed')
    const resource = await resourceOf(apiVersion, kind)
    const namespace = resource.namespaced ? `/namespaces/${metadata.namespace ?? 'default'}` : ''
    const path = `${groupPath(apiVersion)}${namespace}/${resource.name}/${metadata.name}`
    const query = '?fieldManager=rig&force=true'
    return client.request('PATCH', path + query, object, 'application/apply-patch+yaml')
  }
}

function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
}
