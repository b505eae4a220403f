import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { openCluster } from '../../src/kubernetes/cluster.ts'
import { openKubernetes } from '../../src/connections/kubernetes.ts'
import { root } from './cli-process.ts'

/** What a process that follows a cluster says of itself. */
export interface ClusterReport {
  readonly pods: number
  /** Bytes after a collection of garbage. */
  readonly heapUsed: number
  readonly rss: number
}

/** Follows a release in a process of its own, which ends by itself when nothing holds it any more. */
export function startClusterProcess(kubeconfig: string) {
  const program = ['--expose-gc', 'test/support/cluster-process.ts', kubeconfig]
  const child = spawn(process.execPath, program, { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)))

  async function ask(command: string): Promise<string> {
    child.stdin.write(`${command}\n`)
    const { value } = await lines.next()
    if (value === undefined) throw new Error('the process has ended')
    return value
  }

  return {
    ended,
    /** Waits until so many pods are seen. */
    async untilPods(count: number): Promise<ClusterReport> {
      for (;;) {
        const report = JSON.parse(await ask('report')) as ClusterReport
        if (report.pods === count) return report
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    },
    /** Ends the following; resolves when the process says that it has. */
    stop: () => ask('stop'),
    async kill(): Promise<void> {
      child.kill('SIGKILL')
      await ended
    },
  }
}

async function follow(kubeconfig: string): Promise<void> {
  const cluster = openCluster({
    kubernetes: openKubernetes({ kubeconfig }),
    namespace: 'caracal',
    release: 'caracal',
    helmSecrets: true,
    confirm: () => 10_000,
  })
  cluster.start()
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'stop') break
    global.gc?.()
    const seen = cluster.of('pods')
    const { heapUsed, rss } = process.memoryUsage()
    console.log(JSON.stringify({ pods: seen.ok ? seen.items.length : -1, heapUsed, rss }))
  }
  process.stdin.destroy()
  await cluster.stop()
  console.log('stopped')
}

const [, program = '', kubeconfig] = process.argv
if (program.endsWith('cluster-process.ts') && kubeconfig !== undefined) await follow(kubeconfig)
