import { setTimeout as pause } from 'node:timers/promises'
import { setClusterGround, type ClusterGround } from '../test/support/cluster-ground.ts'
import { author } from '../test/support/daemon.ts'
import { gatesAt } from '../demo/gates.ts'
import { shipped, startDaemon, type Daemon } from './daemon.ts'
import { linesAMinute, type Logged } from './log-lines.ts'
import { now, short } from './statistics.ts'
import { table } from './table.ts'
import { cpuOf, memoryOf, type Memory } from './usage.ts'

/** A chart of six services, two replicas of each. */
const values = {
  'services.web.port': '4300',
  'services.web.kind': 'Deployment',
  'services.web.replicas': '2',
  'autoscaling.enabled': 'false',
  cpu: '100m',
}
const pods = 12

type Spent = Memory & {
  readonly cadence: string
  /** Milliseconds in a second. */
  readonly cpu: number
  /** A minute and replica, because of the daemon. */
  readonly lines: Logged
}

/**
 * Measures a daemon that watches a real API server, as the chart installs it: quiet, and then for `minutes` brisk.
 * @returns a table; log lines are those that the daemon causes beside the kubelet
 */
export async function measureCluster(minutes: number, say: (text: string) => void): Promise<string> {
  say('starting a control plane and a release of 12 pods ...')
  const ground = await setClusterGround()
  try {
    await ground.cluster.upgrade(values)
    ground.configure((configuration) => {
      // As installed.
      delete configuration['limits']
      delete configuration['rollout']
    })
    while (ground.cluster.platform.running().length < pods) await pause(100)
    const alone = await linesWithout(ground)
    const daemon = await startDaemon(ground.files.config, shipped())
    try {
      return report(await measured(daemon, ground, { minutes, alone, say }))
    } finally {
      await daemon.stop()
    }
  } finally {
    await ground.end()
  }
}

type Extent = { readonly minutes: number; readonly alone: Logged; readonly say: (text: string) => void }

async function measured(
  daemon: Daemon,
  ground: ClusterGround,
  { minutes, alone, say }: Extent,
): Promise<readonly Spent[]> {
  const gates = gatesAt(daemon.url, ground.token)
  const ready = (report: Awaited<ReturnType<typeof gates.report>>) =>
    report.gates.find(({ id }) => id === 'readiness')?.state === 'pass'
  await gates.until('each pod is ready', ready, 120)
  say('until it is quiet ...')
  await gates.until('it is quiet', ({ evaluator }) => evaluator.cadence === 'quiet', 180)
  const quiet = await spentBy(daemon, ground, { cadence: 'quiet', seconds: 60, alone })
  await gates.post('/rollouts', { ...author, id: 'bench', phase: 'rolling' })
  await gates.until('it is brisk', ({ evaluator }) => evaluator.cadence === 'brisk', 60)
  await pause(5_000)
  say(`brisk, ${minutes} minutes ...`)
  return [quiet, await spentBy(daemon, ground, { cadence: 'brisk', seconds: minutes * 60, alone })]
}

async function spentBy(
  { pid }: Daemon,
  ground: ClusterGround,
  { cadence, seconds, alone }: { readonly cadence: string; readonly seconds: number; readonly alone: Logged },
): Promise<Spent> {
  const before = { at: now(), cpu: cpuOf(pid), lines: linesOf(ground) }
  await pause(seconds * 1_000)
  const passed = (now() - before.at) / 1_000
  const all = linesAMinute(before.lines, linesOf(ground), { seconds: passed, replicas: 2, daemons: 1 })
  const lines = Object.entries(all).map(([service, each]) => [service, each - (alone[service] ?? 0)] as const)
  return {
    cadence,
    cpu: (cpuOf(pid) - before.cpu) / passed,
    lines: Object.fromEntries(lines),
    ...memoryOf(pid),
  }
}

/** What the kubelet's own probes make the services write. */
async function linesWithout(ground: ClusterGround): Promise<Logged> {
  const [at, before] = [now(), linesOf(ground)]
  await pause(60_000)
  const times = { seconds: (now() - at) / 1_000, replicas: 2, daemons: 1 }
  return linesAMinute(before, linesOf(ground), times)
}

function linesOf({ cluster: { platform } }: ClusterGround): Logged {
  const sums: Record<string, number> = {}
  for (const { service, name } of platform.running())
    sums[service] = (sums[service] ?? 0) + platform.logged(name).lines
  return sums
}

/** Of the table of aims, those that hold where Kubernetes is watched. */
const aims = 'Aims: CPU 35 brisk and 4 quiet, RSS 110, anonymous 55, log lines 30 brisk and 10 quiet.'

function report(spent: readonly Spent[]): string {
  const services = ['api', 'coordinator', 'web']
  const rows = spent.map(({ cadence, cpu, resident, anonymous, lines }) => [
    cadence,
    ...[cpu, resident, anonymous, ...services.map((service) => lines[service] ?? 0)].map(short),
  ])
  const head = [
    'cadence',
    'CPU ms/s',
    'RSS MB',
    'of that anonymous',
    ...services.map((name) => `${name}, log lines a minute and replica`),
  ]
  return `${table(head, rows)}\n\n${aims}`
}
