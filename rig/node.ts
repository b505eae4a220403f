import { mkdir } from 'node:fs/promises'
import { startControlPlane, type ControlPlane } from './kubernetes.ts'
import type { KubernetesList, KubernetesObject } from './kubernetes/objects.ts'
import { apiServiceAddress, nodeAddress, setNetworkUp, startNameServer } from './node/network.ts'
import { startRuntime, type Runtime } from './node/runtime.ts'
import { launchNode, nodeName } from './node/servers.ts'

export type NodeOptions = {
  /** Folder of kubelet, kube-scheduler and kube-proxy. */
  readonly programs: string
  /** A folder on a disk, for what containers write. */
  readonly folder: string
  /** The control group below which those of pods are made; it is there. */
  readonly cgroup: string
}

/** A control plane with one real node: this machine, in a network namespace of its own. */
export type KubernetesNode = {
  readonly controlPlane: ControlPlane
  readonly runtime: Runtime
  /** What the servers of the node said last, for a failure. */
  output(): string
}

/** How long a node may take to call itself ready: a machine with both cores busy takes a multiple of its 11 s. */
const patienceSeconds = 180

/**
 * Starts everything in the network, mount and process namespaces that this process runs in; it ends with them.
 * Throws with what the servers said when the node does not become ready.
 */
export async function startNode(options: NodeOptions): Promise<KubernetesNode> {
  await setNetworkUp()
  await mkdir(options.folder, { recursive: true })
  const runtime = await startRuntime(options.folder)
  const controlPlane = await startControlPlane({
    addresses: [nodeAddress, apiServiceAddress],
    apiServerArgs: [
      '--bind-address=0.0.0.0',
      `--advertise-address=${nodeAddress}`,
      '--kubelet-preferred-address-types=InternalIP',
    ],
    controllers: ['node-lifecycle-controller', 'taint-eviction-controller'],
  })
  const servers = await launchNode(controlPlane, { ...options, runtime: runtime.socket })
  const output = () => [runtime, ...servers].map((server) => server.output().slice(-2_000)).join('\n\n')
  await publishApiServer(controlPlane)
  await serveNames(controlPlane)
  await waitForNode(controlPlane, output)
  return { controlPlane, runtime, output }
}

/** Gives the Service `kubernetes` its address, which a lone API server on the loopback address must not do itself. */
async function publishApiServer(controlPlane: ControlPlane): Promise<void> {
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { 'kubernetes.io/service-name': 'kubernetes' },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: [nodeAddress] }],
    ports: [{ name: 'https', port: Number(new URL(controlPlane.url).port) }],
  }
  await controlPlane.apply(slice)
}

type Service = KubernetesObject & { readonly spec: { readonly clusterIP?: string } }

/** Has the name server know every Service that has an address, from now on. */
async function serveNames({ client }: ControlPlane): Promise<void> {
  const names = await startNameServer()
  const services = new Map<string, string>()
  const path = '/api/v1/services'
  const { items, metadata } = await client.request<KubernetesList<Service>>('GET', path)
  const key = ({ metadata: { name, namespace } }: Service) => `${name}.${namespace ?? ''}`
  for (const service of items) services.set(key(service), service.spec.clusterIP ?? '')
  await names.know(services)
  const query = `?watch=true&resourceVersion=${metadata.resourceVersion}&timeoutSeconds=86400`
  const over = new AbortController()
  client
    .watch<Service>(
      path + query,
      ({ type, object }) => {
        if (type === 'DELETED') services.delete(key(object))
        else services.set(key(object), object.spec.clusterIP ?? '')
        void names.know(services)
      },
      over.signal,
    )
    .catch(() => over.abort())
}

type NodeObject = KubernetesObject & {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
  readonly spec: { readonly taints?: readonly unknown[] }
}

async function waitForNode({ request }: ControlPlane, output: () => string): Promise<void> {
  const deadline = performance.now() + patienceSeconds * 1_000
  for (;;) {
    const node = await request<NodeObject>('GET', `/api/v1/nodes/${nodeName}`).catch(() => undefined)
    const isReady = node?.status?.conditions?.some(
      ({ type, status }) => type === 'Ready' && status === 'True',
    )
    if (isReady === true && (node?.spec.taints ?? []).length === 0) return
    if (performance.now() > deadline)
      throw new Error(`the node is not ready within ${patienceSeconds} s\n${output()}`)
    await new Promise((done) => setTimeout(done, 100))
  }
}
