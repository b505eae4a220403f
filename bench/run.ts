import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { writeConfiguration, type Deviations } from './configuration.ts'
import { costOf, redisTimePerSecond, type Cost } from './cost.ts'
import { fromSource, startDaemon, variants, type Daemon, type Variant } from './daemon.ts'
import { within } from './deadline.ts'
import type { Extent } from './extent.ts'
import { explainStatements } from './explain.ts'
import { faults, isWell, quietFaults, type BenchFault, type Hands } from './faults.ts'
import { gatesAt, type Gates } from './gates.ts'
import { briskLatency, quietLatency, untilQuiet, type Latency } from './latency.ts'
import { startPlatform } from './platform.ts'
import type { Results, Running, Serving } from './results.ts'
import { latencyOf, loadOf, longPollers } from './serving.ts'
import { workOf, type PlatformWork } from './processor-time.ts'
import { openStores } from './stores.ts'
import { machineLoad, residentOf } from './usage.ts'

const metricsBearer = 'bench-bearer'

/** A daemon and the way to it. */
type Watched = { readonly daemon: Daemon; readonly gates: Gates }

type Scene = Hands & {
  readonly extent: Extent
  readonly say: (text: string) => void
  start(name: string, variant: Variant, deviations?: Deviations): Promise<Watched>
  stop(watched: Watched): Promise<void>
}

/** Starts everything, measures everything, stops everything. */
export async function measureAll(extent: Extent, say: (text: string) => void): Promise<Results> {
  const folder = mkdtempSync(join(tmpdir(), 'caracal-gate-bench-'))
  say(`starting Redis, Postgres with ${extent.rows} dispatched rows and 12 replicas ...`)
  const platform = await startPlatform({ metricsBearer, seedRows: extent.rows }, 180)
  const running = new Set<Watched>()
  try {
    const stores = await openStores(platform)
    const scene: Scene = {
      platform,
      stores,
      extent,
      say,
      async start(name, variant, deviations) {
        const config = writeConfiguration(folder, name, platform, metricsBearer, deviations)
        const daemon = await startDaemon(config, variant)
        const watched = { daemon, gates: gatesAt(daemon.url) }
        running.add(watched)
        return watched
      },
      async stop(watched) {
        running.delete(watched)
        await watched.gates.close()
        await watched.daemon.stop()
      },
    }
    try {
      return await within('the whole benchmark', extent.minutes * 60, () => measure(scene))
    } finally {
      await within('the logins', 5, () => stores.close()).catch((fault: unknown) => say(String(fault)))
    }
  } finally {
    for (const { daemon, gates } of running) {
      await within('the clients of a daemon', 5, () => gates.close()).catch((fault: unknown) =>
        say(String(fault)),
      )
      await daemon.stop()
    }
    await platform.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measure(scene: Scene): Promise<Results> {
  const { platform, stores, extent, say } = scene
  // With ballast a few per cent of Redis' memory are more than the platform's own work comes and goes with.
  await stores.redis.setrange('caracal-rig:ballast', 48 * 1024 * 1024, 'x')
  await pause(3_000)
  say('the platform alone ...')
  const load = machineLoad()
  const short = 60 + 10 * extent.seconds
  const without = await within('time in Redis', short, () => redisTimePerSecond(stores, extent.seconds))
  const loadBefore = load()
  const idle = await within('the work of the platform', short, () => workOf(platform, stores, extent.seconds))
  const plans = await within('plans', 60, () => explainStatements(platform))
  const one = await whileBrisk(scene)
  const running: Running[] = [{ variant: fromSource.name, cadence: 'brisk', ...one.cost }]
  for (const variant of variants().slice(1))
    running.push(await within(variant.name, 120 + short, () => briskRunning(scene, variant)))
  const fleet = await whileQuiet(scene)
  return {
    repetitions: extent.repetitions,
    rows: extent.rows,
    latencies: [...one.latencies, ...fleet.latencies],
    brisk: one.cost,
    quiet: fleet.cost,
    redisTime: { without, withBrisk: one.redisTime },
    work: { idle, brisk: one.work, quiet: fleet.work },
    quietDaemons: extent.quietDaemons,
    running: [...running, ...fleet.running],
    serving: one.serving,
    plans,
    loadBefore,
  }
}

type Brisk = {
  readonly cost: Cost
  readonly redisTime: number
  readonly work: PlatformWork
  readonly latencies: readonly Latency[]
  readonly serving: Serving
}

/** One daemon from its sources with a rollout under way: what it costs, how soon it sees, how it serves. */
async function whileBrisk(scene: Scene): Promise<Brisk> {
  const { platform, stores, extent, say } = scene
  const watched = await scene.start('brisk', fromSource)
  const { daemon, gates } = watched
  await gates.until('all is well', isWell, 60_000)
  await gates.post('/rollouts', { id: 'bench', phase: 'rolling' })
  await pause(5_000)
  say('the cost of a brisk daemon ...')
  const short = 60 + 10 * extent.seconds
  const redisTime = await within('time in Redis', short, () => redisTimePerSecond(stores, extent.seconds))
  const work = await within('the work of the platform', short, () => workOf(platform, stores, extent.seconds))
  const [cost] = await within('the cost of a brisk daemon', short, () =>
    costOf([watched], scene, extent.seconds),
  )
  if (cost === undefined) throw new RangeError('the cost was not measured')
  say('requests ...')
  const serving = await within('requests', 120 + short, () => serve(daemon, gates, extent))
  const latencies: Latency[] = []
  await platform.strike('pool-armed')
  for (const fault of faults) {
    say(`brisk: ${fault.name} ...`)
    const repetitions = repetitionsOf(fault, extent)
    latencies.push(
      await within(fault.name, 60 + 20 * repetitions, () => briskLatency(fault, gates, scene, repetitions)),
    )
  }
  await platform.fix('pool-armed')
  await scene.stop(watched)
  return { cost, redisTime, work, latencies, serving }
}

/** A server that hangs, and then catches up, takes seconds. */
function repetitionsOf({ way }: BenchFault, { repetitions }: Extent): number {
  return way === 'hung' ? Math.ceil(repetitions / 3) : repetitions
}

async function serve({ url, pid }: Daemon, gates: Gates, extent: Extent): Promise<Serving> {
  const seconds = extent.seconds / 4
  await loadOf(url, pid, '/gates', 8, seconds)
  const load = await loadOf(url, pid, '/gates', 8, seconds)
  const index = async () => (await gates.report()).index
  const leave = await longPollers(url, extent.waiting, index)
  const gatesWhileWaiting = await latencyOf(url, '/gates', 300)
  const metricsWhileWaiting = await latencyOf(url, '/metrics', 300)
  leave()
  return {
    gates: load,
    waiting: extent.waiting,
    gatesWhileWaiting,
    metricsWhileWaiting,
    saturated: load.latency,
    residentAfter: residentOf(pid),
  }
}

async function briskRunning(scene: Scene, variant: Variant): Promise<Running> {
  scene.say(`brisk: ${variant.name} ...`)
  const watched = await scene.start('variant', variant)
  await watched.gates.until('all is well', isWell, 60_000)
  await pause(5_000)
  const [cost] = await costOf([watched], scene, scene.extent.seconds)
  await scene.stop(watched)
  if (cost === undefined) throw new RangeError('the cost was not measured')
  return { variant: variant.name, cadence: 'brisk', cpu: cost.cpu, resident: cost.resident }
}

/** Measures again when one of them found a reason to look often meanwhile: that is another cadence. */
async function quietCosts(fleet: readonly Watched[], scene: Scene): Promise<readonly Cost[]> {
  for (let attempt = 1; ; attempt += 1) {
    const costs = await costOf(fleet, scene, scene.extent.seconds)
    const reports = await Promise.all(fleet.map(({ gates }) => gates.report()))
    const disturbed = reports.find(({ evaluator }) => evaluator.cadence !== 'quiet')
    if (disturbed === undefined) return costs
    scene.say(`a daemon does not stay quiet: ${disturbed.summary}`)
    if (attempt === 3) return costs
    await Promise.all(fleet.map(({ gates }) => untilQuiet(gates)))
  }
}

type Quiet = {
  readonly cost: Cost
  readonly work: PlatformWork
  readonly running: readonly Running[]
  readonly latencies: readonly Latency[]
}

/**
 * Several daemons at once, since each quiet fault takes half a minute. A fault turns all of them brisk together, which
 * the limits of API and Coordinator would not grant so many: their /ready is asked more rarely then.
 */
async function whileQuiet(scene: Scene): Promise<Quiet> {
  const { extent, say } = scene
  const kinds = variants()
  const fleet: Watched[] = []
  for (let index = 0; index < extent.quietDaemons; index += 1) {
    const variant = kinds[index % kinds.length] ?? fromSource
    fleet.push(
      await scene.start(`quiet-${index}`, variant, { probes: { 'ready-endpoint': { brisk: '15s' } } }),
    )
  }
  say(`${fleet.length} daemons become quiet ...`)
  await Promise.all(fleet.map(({ gates }) => untilQuiet(gates)))
  const short = 360 + 30 * extent.seconds
  const costs = await within('the cost of quiet daemons', short, () => quietCosts(fleet, scene))
  const work = await within('the work of the platform', short, () =>
    workOf(scene.platform, scene.stores, extent.seconds),
  )
  const running = fleet.map(({ daemon }, index): Running => {
    const { cpu = Number.NaN, resident = Number.NaN } = costs[index] ?? {}
    return { variant: daemon.variant.name, cadence: 'quiet', cpu, resident }
  })
  const latencies: Latency[] = []
  const daemons = fleet.map(({ gates }) => gates)
  for (const fault of extent.allQuietFaults ? quietFaults : quietFaults.slice(0, 1)) {
    say(`quiet, ${fleet.length} daemons: ${fault.name} ...`)
    try {
      latencies.push(await within(fault.name, 180, () => quietLatency(fault, daemons, scene)))
    } catch (problem) {
      // Ten minutes of other results are worth keeping.
      say(`not measured: ${String(problem)}`)
    }
  }
  for (const watched of fleet) await scene.stop(watched)
  const [cost] = costs
  if (cost === undefined) throw new RangeError('the cost was not measured')
  return { cost, work, running, latencies }
}
