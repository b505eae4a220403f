import { setTimeout as pause } from 'node:timers/promises'
import { within } from './deadline.ts'
import type { Extent } from './extent.ts'
import { faults, type BenchFault } from './faults.ts'
import { linesAMinute, type Logged } from './log-lines.ts'
import { rules, startPeers, type Peers } from './peers.ts'
import { workOf, type PlatformWork } from './processor-time.ts'
import { metricsBearer, type Scene } from './scene.ts'
import { now } from './statistics.ts'
import { cpuOf, residentOf } from './usage.ts'

/** What the stack of Prometheus costs, and how soon its rules fire, in the same run and against the same platform. */
export type PeerResults = {
  /** Milliseconds in a second, of its five processes. */
  readonly cpu: number
  /** MB, of its five processes. */
  readonly resident: number
  readonly work: PlatformWork
  /** Log lines a minute of one replica of each service. */
  readonly lines: Logged
  /** By fault, milliseconds from the fault to the alert that fires. */
  readonly latencies: readonly { readonly fault: string; readonly sample: readonly number[] }[]
}

/** How often it is asked whether an alert fires, milliseconds. */
const asking = 10

/** Starts the stack, measures it, and stops it. */
export async function measurePeers(
  scene: Scene,
  { workSeconds, repetitions }: Pick<Extent, 'workSeconds' | 'repetitions'>,
  say: (text: string) => void,
): Promise<PeerResults> {
  const { platform, stores } = scene
  const peers = await startPeers(platform, metricsBearer)
  try {
    // The first scrapes are more work than later ones.
    await pause(5_000)
    say('the cost of Prometheus and its exporters ...')
    const sum = (of: (pid: number) => number) => peers.pids.reduce((all, pid) => all + of(pid), 0)
    const before = { at: now(), cpu: sum(cpuOf), logged: await platform.logged() }
    const work = await workOf(platform, stores, workSeconds)
    const passed = (now() - before.at) / 1_000
    const cpu = (sum(cpuOf) - before.cpu) / passed
    const times = { seconds: passed, replicas: 2, daemons: 1 }
    const lines = linesAMinute(before.logged, await platform.logged(), times)
    const latencies: { fault: string; sample: number[] }[] = []
    await platform.strike('pool-armed')
    for (const fault of faults) {
      if (rules[fault.name] === undefined) continue
      say(`Prometheus: ${fault.name} ...`)
      const sample: number[] = []
      latencies.push({ fault: fault.name, sample })
      for (let turn = 0; turn < repetitions; turn += 1)
        sample.push(await within(fault.name, 90, () => untilItFires(fault, peers, scene)))
    }
    await platform.fix('pool-armed')
    return { cpu, resident: sum(residentOf), work, lines, latencies }
  } finally {
    await peers.stop()
  }
}

/** Makes the fault once, at any time between two scrapes. */
async function untilItFires(fault: BenchFault, peers: Peers, scene: Scene): Promise<number> {
  await until(peers, (firing) => firing.size === 0)
  await pause(1_000 * Math.random())
  const struckAt = await fault.strike(scene)
  try {
    return (await until(peers, (firing) => firing.has(fault.name))) - struckAt
  } finally {
    await fault.fix(scene)
  }
}

async function until(peers: Peers, accept: (firing: ReadonlySet<string>) => boolean): Promise<number> {
  for (;;) {
    const found = await peers.firing()
    if (accept(found)) return now()
    await pause(asking)
  }
}
