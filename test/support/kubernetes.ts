import type { ControlPlane } from '../../rig/kubernetes.ts'
import type { KubernetesList, KubernetesObject } from '../../rig/kubernetes/objects.ts'
import type { PodOutcome } from '../../rig/kubernetes/pod-life.ts'

/** Where an object of a test is. */
export interface Place {
  readonly name: string
  readonly namespace: string
}

export interface PodOptions {
  /** Becomes the label `outcome`, which a kubelet's `plan` may read; `run` by default. */
  readonly outcome?: PodOutcome
  readonly image?: string
}

function template(app: string, { outcome = 'run', image = 'caracal/api:1' }: PodOptions) {
  return { metadata: { labels: { app, outcome } }, spec: { containers: [{ name: 'main', image }] } }
}

/** A workload of two replicas whose pods have the label `app`, its name. */
export function workload(
  kind: 'Deployment' | 'StatefulSet',
  place: Place,
  options: PodOptions = {},
): KubernetesObject {
  const selector = { matchLabels: { app: place.name } }
  const service = kind === 'StatefulSet' ? { serviceName: place.name } : {}
  const spec = { replicas: 2, selector, ...service, template: template(place.name, options) }
  const object = { apiVersion: 'apps/v1', kind, metadata: place, spec }
  return object
}

/** A job of one pod that is not tried again. */
export function job(place: Place, outcome: PodOutcome): KubernetesObject {
  const { metadata, spec } = template(place.name, { outcome })
  const once = { backoffLimit: 0, template: { metadata, spec: { ...spec, restartPolicy: 'Never' } } }
  const object = { apiVersion: 'batch/v1', kind: 'Job', metadata: place, spec: once }
  return object
}

/** Reads a path of the API every 50 ms until `holds` of the answer is true; throws what it was after 25 s. */
export async function untilObject<T>(
  controlPlane: ControlPlane,
  path: string,
  holds: (object: T) => boolean,
): Promise<T> {
  const deadline = performance.now() + 25_000
  for (;;) {
    const object = await controlPlane.request<T>('GET', path)
    if (holds(object)) return object
    if (performance.now() > deadline) throw new Error(`${path} stayed ${JSON.stringify(object)}`)
    await new Promise((done) => setTimeout(done, 50))
  }
}

/** The names of the pods of a list that went away during `work`, in their order; `path` has a query. */
export async function podsDeletedDuring(
  controlPlane: ControlPlane,
  path: string,
  work: () => Promise<void>,
): Promise<readonly string[]> {
  const names: string[] = []
  const over = new AbortController()
  const { metadata } = await controlPlane.request<KubernetesList<KubernetesObject>>('GET', path)
  const from = `${path}&watch=1&resourceVersion=${metadata.resourceVersion}`
  const watching = controlPlane.client
    .watch<KubernetesObject>(
      from,
      ({ type, object }) => {
        if (type === 'DELETED') names.push(object.metadata.name)
      },
      over.signal,
    )
    .catch((error: unknown) => {
      if (!over.signal.aborted) throw error
    })
  await work()
  over.abort()
  await watching
  return names
}
