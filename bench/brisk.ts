import { setTimeout as pause } from 'node:timers/promises'
import { costOf, redisTimePerSecond, type Cost } from './cost.ts'
import type { Variant } from './daemon.ts'
import { within } from './deadline.ts'
import type { Extent } from './extent.ts'
import { faults, isWell, type BenchFault } from './faults.ts'
import { briskLatency, type Latency } from './latency.ts'
import { workOf, type PlatformWork } from './processor-time.ts'
import type { Running } from './results.ts'
import type { Scene, Watched } from './scene.ts'
import { serve, type Serving } from './serving.ts'
import { memoryOf } from './usage.ts'

export type Brisk = {
  readonly cost: Cost
  readonly redisTime: number
  readonly work: PlatformWork
  readonly latencies: readonly Latency[]
  readonly serving: Serving
  readonly running: Running
}

/** One daemon with a rollout under way: what it costs, how soon it sees, how it serves, what memory it has then. */
export async function whileBrisk(
  scene: Scene,
  variant: Variant,
  extent: Extent,
  say: (text: string) => void,
): Promise<Brisk> {
  const { platform, stores } = scene
  const watched = await roll(scene, 'brisk', variant)
  say('the cost of a brisk daemon ...')
  const short = 60 + 10 * extent.seconds
  const [redisTime, work] = await within('the work of the platform', 60 + 2 * extent.workSeconds, () =>
    Promise.all([
      redisTimePerSecond(stores, extent.workSeconds),
      workOf(platform, stores, extent.workSeconds),
    ]),
  )
  const [cost] = await within('the cost of a brisk daemon', short, () =>
    costOf([watched], scene, extent.seconds),
  )
  if (cost === undefined) throw new RangeError('the cost was not measured')
  say('requests ...')
  const serving = await within('requests', 120 + short, () => serve(watched, extent))
  const latencies: Latency[] = []
  await platform.strike('pool-armed')
  for (const fault of faults) {
    say(`brisk: ${fault.name} ...`)
    const repetitions = repetitionsOf(fault, extent)
    const measure = () => briskLatency(fault, watched.gates, scene, repetitions)
    latencies.push(await within(fault.name, 60 + 20 * repetitions, measure))
  }
  await platform.fix('pool-armed')
  const memory = memoryOf(watched.daemon.pid)
  await scene.stop(watched)
  const running: Running = { variant: variant.name, cadence: 'brisk', cpu: cost.cpu, ...memory }
  return { cost, redisTime, work, latencies, serving, running }
}

/** A daemon that has seen that all is well, has a rollout under way since, and has had time to settle. */
export async function roll(scene: Scene, name: string, variant: Variant): Promise<Watched> {
  const watched = await scene.start(name, variant)
  await watched.gates.until('all is well', isWell, 60_000)
  await watched.gates.post('/rollouts', { id: 'bench', phase: 'rolling' })
  await pause(5_000)
  return watched
}

/** A server that hangs, and then catches up, takes seconds. */
function repetitionsOf({ way }: BenchFault, { repetitions }: Extent): number {
  return way === 'hung' ? Math.ceil(repetitions / 3) : repetitions
}

/** What another way to run the daemon costs. */
export async function briskRunning(scene: Scene, variant: Variant, seconds: number): Promise<Running> {
  const watched = await roll(scene, 'variant', variant)
  const [cost] = await costOf([watched], scene, seconds)
  const memory = memoryOf(watched.daemon.pid)
  await scene.stop(watched)
  if (cost === undefined) throw new RangeError('the cost was not measured')
  return { variant: variant.name, cadence: 'brisk', cpu: cost.cpu, ...memory }
}
