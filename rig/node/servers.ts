import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ControlPlane } from '../kubernetes.ts'
import { launch, type ServerProcess } from '../processes.ts'
import { nodeAddress, podSubnet } from './network.ts'

/** The node's name in the cluster. */
export const nodeName = 'node-1'

export type NodeSite = {
  /** Folder of kubelet, kube-scheduler and kube-proxy. */
  readonly programs: string
  readonly folder: string
  /** The group below which pods' groups are made. */
  readonly cgroup: string
  /** Path of the container runtime's socket. */
  readonly runtime: string
}

/** Starts what makes this machine a node of the control plane, without waiting for it. */
export async function launchNode(
  controlPlane: ControlPlane,
  site: NodeSite,
): Promise<readonly ServerProcess[]> {
  await mkdir(join(site.folder, 'kubelet'), { recursive: true })
  const start = (name: string, args: readonly string[]) =>
    launch({ command: join(site.programs, name), args, folder: site.folder, endSignal: 'SIGKILL' })
  const kubeconfig = controlPlane.adminKubeconfigPath
  const kubelet = await write(site, 'kubelet.json', kubeletConfiguration(site))
  const proxy = await write(site, 'proxy.json', proxyConfiguration(kubeconfig))
  return [
    start('kube-scheduler', [`--kubeconfig=${kubeconfig}`, '--leader-elect=false', '--secure-port=0']),
    start('kubelet', [
      `--config=${kubelet}`,
      `--kubeconfig=${kubeconfig}`,
      `--root-dir=${join(site.folder, 'kubelet')}`,
      `--cert-dir=${join(site.folder, 'kubelet', 'pki')}`,
      `--node-ip=${nodeAddress}`,
      `--hostname-override=${nodeName}`,
    ]),
    start('kube-proxy', [`--config=${proxy}`, `--hostname-override=${nodeName}`]),
  ]
}

async function write(site: NodeSite, name: string, content: object): Promise<string> {
  const file = join(site.folder, name)
  await writeFile(file, JSON.stringify(content))
  return file
}

function kubeletConfiguration({ folder, cgroup, runtime }: NodeSite): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    containerRuntimeEndpoint: `unix://${runtime}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    failCgroupV1: false,
    failSwapOn: false,
    // No other process uses the network namespace.
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    clusterDNS: [nodeAddress],
    clusterDomain: 'cluster.local',
    podLogsDir: join(folder, 'logs'),
    volumePluginDir: join(folder, 'plugins'),
    // A machine that is short of disk keeps its pods; images are few.
    evictionHard: { 'memory.available': '50Mi', 'nodefs.available': '0%', 'imagefs.available': '0%' },
    imageGCHighThresholdPercent: 100,
    registerNode: true,
  }
}

function proxyConfiguration(kubeconfig: string): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clientConnection: { kubeconfig },
    clusterCIDR: podSubnet,
    // The table of connections is the machine's, not ours to size.
    conntrack: { maxPerCore: 0, min: 0 },
    metricsBindAddress: '127.0.0.1:10249',
    healthzBindAddress: '127.0.0.1:10256',
  }
}
