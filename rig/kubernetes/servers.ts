import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { launch, waitUntilReady } from '../processes.ts'
import type { ServerProcess } from '../processes.ts'
import type { ControlPlaneBinaries } from './binaries.ts'
import type { Credentials } from './credentials.ts'

/** Where the servers of one control plane live; all listen on the loopback address unless an argument says otherwise. */
export type Site = {
  readonly folder: string
  readonly etcdPort: number
  readonly apiServerPort: number
  readonly credentials: Credentials
  readonly apiServerArgs: readonly string[]
  /** Controllers beside those that turn a release into pods. */
  readonly controllers: readonly string[]
}

/** With two cores busy the API server takes a multiple of its usual 4 s. */
const patienceMs = 90_000

/** The controllers that turn a release into pods and addresses; those for nodes, clouds and volumes stay off. */
const controllers = [
  'cronjob-controller',
  'daemonset-controller',
  'deployment-controller',
  'disruption-controller',
  'endpointslice-controller',
  'garbage-collector-controller',
  'job-controller',
  'namespace-controller',
  'pod-garbage-collector-controller',
  'replicaset-controller',
  'replicationcontroller-controller',
  'resourcequota-controller',
  'root-ca-certificate-publisher-controller',
  'serviceaccount-controller',
  'statefulset-controller',
  'ttl-after-finished-controller',
]

/** Starts etcd without waiting for it: the API server does that. */
export function launchEtcd(binaries: ControlPlaneBinaries, site: Site): ServerProcess {
  const client = `http://127.0.0.1:${site.etcdPort}`
  return launch({
    command: binaries.etcd,
    args: [
      `--data-dir=${join(site.folder, 'etcd')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      // A member alone hears no peers; any free port will do.
      '--listen-peer-urls=http://127.0.0.1:0',
      '--unsafe-no-fsync',
      '--log-level=error',
    ],
    folder: site.folder,
    endSignal: 'SIGKILL',
  })
}

/** Starts kube-apiserver and waits until it calls itself ready, roles for RBAC included. */
export async function launchApiServer(
  binaries: ControlPlaneBinaries,
  site: Site,
  ready: () => Promise<boolean>,
): Promise<ServerProcess> {
  const { credentials } = site
  const server = launch({
    command: binaries.apiServer,
    args: [
      `--etcd-servers=http://127.0.0.1:${site.etcdPort}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${site.apiServerPort}`,
      `--tls-cert-file=${credentials.servingCertFile}`,
      `--tls-private-key-file=${credentials.servingKeyFile}`,
      `--client-ca-file=${credentials.caFile}`,
      '--authorization-mode=RBAC',
      '--allow-privileged=true',
      '--service-cluster-ip-range=10.96.0.0/16',
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${credentials.serviceAccountKeyFile}`,
      `--service-account-signing-key-file=${credentials.serviceAccountKeyFile}`,
      // Else it writes its own address into the Service `kubernetes`, which may not be a loopback one.
      '--endpoint-reconciler-type=none',
      '--profiling=false',
      ...site.apiServerArgs,
    ],
    folder: site.folder,
    endSignal: 'SIGKILL',
  })
  return untilReady('kube-apiserver', server, ready)
}

/** Starts kube-controller-manager and waits until `ready` sees its first work. */
export async function launchControllerManager(
  binaries: ControlPlaneBinaries,
  site: Site,
  kubeconfig: string,
  ready: () => Promise<boolean>,
): Promise<ServerProcess> {
  const server = launch({
    command: binaries.controllerManager,
    args: [
      `--kubeconfig=${kubeconfig}`,
      `--controllers=${[...controllers, ...site.controllers].join(',')}`,
      `--root-ca-file=${site.credentials.caFile}`,
      '--leader-elect=false',
      // No port: it gets no requests.
      '--secure-port=0',
      '--controller-start-interval=0s',
      '--kube-api-qps=500',
      '--kube-api-burst=1000',
      '--profiling=false',
    ],
    folder: site.folder,
    endSignal: 'SIGKILL',
  })
  return untilReady('kube-controller-manager', server, ready)
}

/** SIGSTOP, and returns when no thread runs any more: on a busy machine that takes milliseconds. */
export function pause(server: ServerProcess): void {
  server.signal('SIGSTOP')
  const threads = `/proc/${server.pid}/task`
  const deadline = performance.now() + 1_000
  while (existsSync(threads) && performance.now() < deadline) {
    const states = readdirSync(threads).map((thread) => stateOf(join(threads, thread, 'stat')))
    if (states.every((state) => state === 'T')) return
  }
}

/** The letter behind the program's name in parentheses; a thread that is gone counts as stopped. */
function stateOf(file: string): string {
  try {
    const text = readFileSync(file, 'utf8')
    return text.charAt(text.lastIndexOf(')') + 2)
  } catch {
    return 'T'
  }
}

async function untilReady(
  name: string,
  server: ServerProcess,
  ready: () => Promise<boolean>,
): Promise<ServerProcess> {
  function explain(why: string): Error {
    return new Error(`${name} did not start: ${why}\n${server.output()}`)
  }
  try {
    await waitUntilReady(server, ready, explain, patienceMs)
    return server
  } catch (error) {
    await server.end('SIGKILL')
    throw error
  }
}
