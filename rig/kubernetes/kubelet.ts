import { setTimeout as delay } from 'node:timers/promises'
import { kubernetesClient, KubernetesRequestError } from './client.ts'
import type { Access, KubernetesClient, WatchEvent } from './client.ts'
import type { KubernetesList, KubernetesObject, Pod } from './objects.ts'
import type { PodAddresses } from './pod-addresses.ts'
import { livePod, type PodLife, type PodPlan, type RunPod } from './pod-life.ts'
import { podRecord } from './pod-record.ts'

export type KubeletOptions = {
  /** Looks after the pods of this namespace only; of all by default. */
  readonly namespace?: string
  /** How many nodes there are; 2 by default. */
  readonly nodes?: number
  /** What becomes of a pod, asked once when it is new; undefined leaves it to the defaults. */
  readonly plan?: (pod: Pod) => PodPlan | undefined
  /** Starts what runs in a pod: its answer carries the readiness probe and how to stop it. */
  readonly run?: RunPod
  /** Where pods get their addresses; without it from 198.18.0.0/16, with nothing to listen there. */
  readonly addresses?: Pick<PodAddresses, 'next'>
}

/** A stand-in for scheduler and kubelet: nothing runs in its pods except what `run` starts. */
export type Kubelet = {
  readonly nodeNames: readonly string[]
  /** The names of the pods that it looks after, in the order in which it met them. */
  podNames(): readonly string[]
  /** Stops looking and ends what runs; pods and nodes stay in the API as they are. */
  stop(): Promise<void>
}

const rewatchMs = 100

/** Makes the nodes Ready and gives pods nodes, addresses and statuses from now on, those that are there first. */
export async function startKubelet(
  controlPlane: { readonly access: Access },
  options: KubeletOptions = {},
): Promise<Kubelet> {
  // Connections of its own, so that it can be stopped while the API server is paused.
  const client = kubernetesClient(controlPlane.access)
  const nodes = Array.from({ length: options.nodes ?? 2 }, (_, index) => ({
    name: `node-${index + 1}`,
    // The last addresses of the pods' range are left to the nodes.
    ip: `198.18.255.${index + 1}`,
  }))
  for (const node of nodes) await writeNode(client, node.name, node.ip)
  const lives = new Map<string, PodLife>()
  const ending = new Set<string>()
  const over = new AbortController()
  let bound = 0
  let unlistened = 0

  function nextAddress(): string {
    if (options.addresses !== undefined) return options.addresses.next()
    unlistened += 1
    return `198.18.${unlistened >> 8}.${unlistened & 0xff}`
  }

  function begin(uid: string, pod: Pod): void {
    const node = nodes[bound % nodes.length] ?? { name: 'node-1', ip: '198.18.255.1' }
    bound += 1
    const record = podRecord(pod, node.ip, client, over.signal)
    const around = { nodeName: node.name, nextAddress, run: options.run }
    lives.set(uid, livePod(record, pod, planOf(pod, options), around))
  }

  function see(pod: Pod): void {
    const uid = pod.metadata.uid ?? ''
    const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
    const leaving = pod.metadata.deletionTimestamp !== undefined
    if (!lives.has(uid) && (leaving || !ended)) begin(uid, pod)
    if (!leaving || ending.has(uid)) return
    ending.add(uid)
    void lives.get(uid)?.end()
  }

  function lose(uid: string): void {
    const life = lives.get(uid)
    lives.delete(uid)
    ending.delete(uid)
    void life?.forget()
  }

  const path =
    options.namespace === undefined ? '/api/v1/pods' : `/api/v1/namespaces/${options.namespace}/pods`
  const watching = follow<Pod>(client, path, over.signal, {
    all: (pods) => {
      const present = new Set(pods.map(({ metadata }) => metadata.uid))
      for (const uid of lives.keys()) if (!present.has(uid)) lose(uid)
      for (const pod of pods) see(pod)
    },
    seen: see,
    gone: (pod) => lose(pod.metadata.uid ?? ''),
  })

  return {
    nodeNames: nodes.map(({ name }) => name),
    podNames: () => [...lives.values()].map(({ pod }) => pod.metadata.name),
    stop: async () => {
      over.abort()
      client.close()
      await watching
      await Promise.all([...lives.values()].map((life) => life.forget()))
    },
  }
}

function planOf(pod: Pod, options: KubeletOptions): PodPlan {
  const ofJob = pod.metadata.ownerReferences?.some(({ kind }) => kind === 'Job') === true
  return { outcome: ofJob ? 'succeed' : 'run', ...options.plan?.(pod) }
}

/** Lists and watches until `signal` aborts, and starts over whenever the server ends the watch or is away. */
async function follow<T extends KubernetesObject>(
  client: KubernetesClient,
  path: string,
  signal: AbortSignal,
  hear: { all(objects: readonly T[]): void; seen(object: T): void; gone(object: T): void },
): Promise<void> {
  function onEvent({ type, object }: WatchEvent<T>): void {
    if (type === 'ADDED' || type === 'MODIFIED') hear.seen(object)
    if (type === 'DELETED') hear.gone(object)
  }
  while (!signal.aborted) {
    try {
      const list = await client.request<KubernetesList<T>>('GET', path)
      hear.all(list.items)
      await client.watch(`${path}?watch=1&resourceVersion=${list.metadata.resourceVersion}`, onEvent, signal)
    } catch {
      await delay(rewatchMs, undefined, { signal }).catch(() => {})
    }
  }
}

async function writeNode(client: KubernetesClient, name: string, ip: string): Promise<void> {
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
  const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' }
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } }
  await client.request('POST', '/api/v1/nodes', node).catch((error: unknown) => {
    if (!(error instanceof KubernetesRequestError && error.reason === 'AlreadyExists')) throw error
  })
  const resources = { cpu: '8', memory: '32Gi', pods: '250' }
  const stamp = { lastHeartbeatTime: now, lastTransitionTime: now }
  await client.request('PATCH', `/api/v1/nodes/${name}/status`, {
    status: {
      addresses: [
        { type: 'InternalIP', address: ip },
        { type: 'Hostname', address: name },
      ],
      capacity: resources,
      allocatable: resources,
      conditions: [
        { type: 'MemoryPressure', status: 'False', reason: 'KubeletHasSufficientMemory', ...stamp },
        { type: 'DiskPressure', status: 'False', reason: 'KubeletHasNoDiskPressure', ...stamp },
        { type: 'PIDPressure', status: 'False', reason: 'KubeletHasSufficientPID', ...stamp },
        { type: 'Ready', status: 'True', reason: 'KubeletReady', ...stamp },
      ],
    },
  })
  // The API server taints new nodes; a controller that watches nodes would take this away.
  await client.request('PATCH', `/api/v1/nodes/${name}`, { spec: { taints: null } })
}
