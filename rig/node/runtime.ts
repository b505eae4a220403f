import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { launch, waitUntilReady } from '../processes.ts'
import { podSubnet } from './network.ts'

/** The image of the process that holds a pod's namespaces. */
export const pauseImage = 'gate.test/pause:1'

/** A containerd of our own, with Debian's CNI plugins. */
export type Runtime = {
  readonly socket: string
  /** Takes in the image of an OCI archive, which names its tag only, and gives it further names. */
  load(archive: string, image: string, names?: readonly string[]): Promise<void>
  /** SIGKILL to the first process of a container. */
  kill(container: string): Promise<void>
  output(): string
  stop(): Promise<void>
}

/** Starts containerd with all that it keeps below `folder` and in `/run`. */
export async function startRuntime(folder: string): Promise<Runtime> {
  const socket = join(folder, 'containerd.sock')
  await mkdir(join(folder, 'cni'), { recursive: true })
  await writeFile(join(folder, 'cni', '10-pods.conflist'), JSON.stringify(podNetwork(folder)))
  const config = join(folder, 'containerd.toml')
  await writeFile(config, configuration(folder, socket))
  const server = launch({
    command: 'containerd',
    args: ['--config', config, '--log-level', 'warn'],
    folder,
    endSignal: 'SIGKILL',
  })
  const ctr = async (...args: readonly string[]) =>
    (await promisify(execFile)('ctr', ['--address', socket, '--namespace', 'k8s.io', ...args])).stdout
  const why = (reason: string) => new Error(`containerd did not start: ${reason}\n${server.output()}`)
  const ready = () =>
    ctr('version').then(
      () => true,
      () => false,
    )
  await waitUntilReady(server, ready, why, 60_000)
  return {
    socket,
    async load(archive, image, names = []) {
      const [repository = ''] = image.split(':')
      await ctr('images', 'import', '--base-name', repository, archive)
      for (const name of names) await ctr('images', 'tag', '--force', image, name)
    },
    kill: async (container) => void (await ctr('tasks', 'kill', '--signal', 'SIGKILL', container)),
    output: () => server.output(),
    stop: () => server.end('SIGKILL'),
  }
}

/** Each pod is linked to the node alone, and reaches what the node routes. */
function podNetwork(folder: string): object {
  const ipam = {
    type: 'host-local',
    ranges: [[{ subnet: podSubnet }]],
    routes: [{ dst: '0.0.0.0/0' }],
    dataDir: join(folder, 'addresses'),
  }
  return {
    cniVersion: '0.4.0',
    name: 'pods',
    plugins: [
      { type: 'ptp', ipMasq: false, ipam },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  }
}

function configuration(folder: string, socket: string): string {
  const cri = `plugins."io.containerd.grpc.v1.cri"`
  return `version = 2
root = "${join(folder, 'containerd')}"
state = "/run/containerd"
[grpc]
  address = "${socket}"
[${cri}]
  sandbox_image = "${pauseImage}"
  disable_apparmor = true
  # Where root lacks CAP_SYS_RESOURCE, runc could not lower the score and would fail.
  restrict_oom_score_adj = true
  [${cri}.cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${join(folder, 'cni')}"
  [${cri}.containerd]
    snapshotter = "overlayfs"
    [${cri}.containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [${cri}.containerd.runtimes.runc.options]
        SystemdCgroup = false
`
}
