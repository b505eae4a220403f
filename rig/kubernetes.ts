import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { locateControlPlane } from './kubernetes/binaries.ts'
import { kubernetesClient } from './kubernetes/client.ts'
import type { Access, KubernetesClient } from './kubernetes/client.ts'
import { writeCredentials, writeKubeconfig } from './kubernetes/credentials.ts'
import type { KubernetesObject } from './kubernetes/objects.ts'
import { applier } from './kubernetes/resources.ts'
import { launchApiServer, launchControllerManager, launchEtcd, pause } from './kubernetes/servers.ts'
import type { Site } from './kubernetes/servers.ts'
import type { ControlPlaneBinaries } from './kubernetes/binaries.ts'
import { freePort, removeFolder, temporaryFolder } from './processes.ts'
import type { ServerProcess } from './processes.ts'

export type ControlPlaneOptions = {
  /** Further flags of kube-apiserver; a flag given twice counts as written last. */
  readonly apiServerArgs?: readonly string[]
  /** IPv4 addresses by which the API server is reached, beside the loopback one. */
  readonly addresses?: readonly string[]
  /** Controllers beside those that turn a release into pods. */
  readonly controllers?: readonly string[]
}

/** How a service account reaches the API server: a kubeconfig, and its parts. */
export type AccountAccess = {
  readonly path: string
  readonly server: string
  readonly ca: string
  readonly token: string
}

/** A real etcd, kube-apiserver and kube-controller-manager. Nodes and what runs pods: see `startKubelet`. */
export type ControlPlane = {
  /** `https://127.0.0.1:<port>` */
  readonly url: string
  /** PEM text of the authority that signed the server's certificate. */
  readonly caPem: string
  readonly adminKubeconfigPath: string
  /** What the administrator shows the server, for further clients. */
  readonly access: Access
  /** Speaks as the administrator. */
  readonly client: KubernetesClient
  /** One request as the administrator; throws a KubernetesRequestError when it is refused. */
  readonly request: KubernetesClient['request']
  /** Creates or changes one object, as `kubectl apply --server-side` does; its namespace must exist. */
  apply<T extends KubernetesObject>(object: T): Promise<KubernetesObject>
  /** Creates a namespace and waits until pods may be created in it. */
  createNamespace(name: string, labels?: Readonly<Record<string, string>>): Promise<void>
  /** A token of a service account that exists, by the TokenRequest API: at least 600 s, an hour by default. */
  kubeconfigFor(namespace: string, serviceAccount: string, expirationSeconds?: number): Promise<AccountAccess>
  /** SIGSTOP: connections stay open and nothing answers. */
  pauseApiServer(): void
  resumeApiServer(): void
  /** SIGKILL: connections break, the port refuses; the data stays for `startApiServer`. */
  stopApiServer(): Promise<void>
  /** Starts it again on the same port; resolves when it is ready. */
  startApiServer(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts a control plane of its own on free loopback ports and waits until its controllers work.
 * Throws when the programs are not there (see `locateControlPlane`) or one does not start.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const located = locateControlPlane()
  if (!located.found) throw new Error(`No Kubernetes control plane: ${located.why}`)
  const { binaries } = located
  // A port that was free a moment ago may have been lent out since: then others are.
  return startOnce(binaries, options).catch(() => startOnce(binaries, options))
}

async function startOnce(
  binaries: ControlPlaneBinaries,
  { apiServerArgs = [], addresses = [], controllers = [] }: ControlPlaneOptions,
): Promise<ControlPlane> {
  const folder = await temporaryFolder('kubernetes')
  try {
    const site: Site = {
      folder,
      etcdPort: await freePort(),
      apiServerPort: await freePort(),
      credentials: await writeCredentials(folder, addresses),
      apiServerArgs,
      controllers,
    }
    return await startAt(binaries, site)
  } catch (error) {
    await removeFolder(folder)
    throw error
  }
}

async function startAt(binaries: ControlPlaneBinaries, site: Site): Promise<ControlPlane> {
  const { admin, caPem } = site.credentials
  const url = `https://127.0.0.1:${site.apiServerPort}`
  const access: Access = { server: url, ca: caPem, cert: admin.cert, key: admin.key }
  const adminKubeconfigPath = join(site.folder, 'admin.kubeconfig')
  await writeKubeconfig(adminKubeconfigPath, access)
  const client = kubernetesClient(access)
  const started: ServerProcess[] = []

  function startApiServer(): Promise<ServerProcess> {
    return launchApiServer(binaries, site, () => succeeds(client.request('GET', '/readyz')))
  }
  async function stop(): Promise<void> {
    client.close()
    for (const server of started.toReversed()) await server.end('SIGKILL')
    await removeFolder(site.folder)
  }

  try {
    started.push(launchEtcd(binaries, site))
    let apiServer = await startApiServer()
    started.push(apiServer)
    const working = () =>
      succeeds(client.request('GET', '/api/v1/namespaces/default/serviceaccounts/default'))
    started.push(await launchControllerManager(binaries, site, adminKubeconfigPath, working))
    return {
      url,
      caPem,
      adminKubeconfigPath,
      access,
      client,
      request: client.request,
      apply: applier(client),
      createNamespace: (name, labels = {}) => createNamespace(client, name, labels),
      kubeconfigFor: (namespace, account, seconds) =>
        kubeconfigFor(client, { server: url, ca: caPem }, site.folder, namespace, account, seconds),
      pauseApiServer: () => pause(apiServer),
      resumeApiServer: () => apiServer.signal('SIGCONT'),
      stopApiServer: () => apiServer.end('SIGKILL'),
      startApiServer: async () => {
        apiServer = await startApiServer()
        started.push(apiServer)
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function succeeds(request: Promise<unknown>): Promise<boolean> {
  return request.then(
    () => true,
    () => false,
  )
}

async function createNamespace(
  client: KubernetesClient,
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  await client.request('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels },
  })
  // Until a controller has made the account `default`, the API server refuses every pod.
  const account = `/api/v1/namespaces/${name}/serviceaccounts/default`
  for (let turn = 1; !(await succeeds(client.request('GET', account))); turn += 1) {
    if (turn === 400) throw new Error(`No service account appeared in the namespace ${name}`)
    await delay(25)
  }
}

async function kubeconfigFor(
  client: KubernetesClient,
  server: { readonly server: string; readonly ca: string },
  folder: string,
  namespace: string,
  account: string,
  expirationSeconds = 3_600,
): Promise<AccountAccess> {
  const { status } = await client.request<{ status: { token: string } }>(
    'POST',
    `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds } },
  )
  const access = { ...server, token: status.token }
  const path = join(folder, `${namespace}-${account}-${Date.now()}.kubeconfig`)
  await writeKubeconfig(path, access, namespace)
  return { path, ...access }
}
