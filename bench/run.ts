import { setTimeout as pause } from 'node:timers/promises'
import { briskRunning, whileBrisk } from './brisk.ts'
import { redisTimePerSecond } from './cost.ts'
import { shipped, variants } from './daemon.ts'
import { within } from './deadline.ts'
import { explainStatements } from './explain.ts'
import type { Extent } from './extent.ts'
import { measureGrowth } from './growth.ts'
import { measurePeers } from './peer-latency.ts'
import { workOf } from './processor-time.ts'
import { whileQuiet } from './quiet.ts'
import type { Results, Running } from './results.ts'
import { withScene, type Scene } from './scene.ts'
import { evaluationCosts } from './step.ts'
import { machineLoad } from './usage.ts'

/** Starts everything, measures everything, stops everything. */
export async function measureAll(extent: Extent, say: (text: string) => void): Promise<Results> {
  return within('the whole benchmark', extent.minutes * 60, async () => {
    say(`starting Redis, Postgres with ${extent.rows} dispatched rows and 12 replicas ...`)
    const small = await withScene({ seedRows: extent.rows }, say, (scene) => measure(scene, extent, say))
    const growth = await measureGrowth(shipped(), extent.seconds, say)
    return { ...small, growth, evaluationRatio: evaluationCosts().ratio }
  })
}

async function measure(
  scene: Scene,
  extent: Extent,
  say: (text: string) => void,
): Promise<Omit<Results, 'growth' | 'evaluationRatio'>> {
  const { platform, stores } = scene
  // With ballast a few per cent of Redis' memory are more than the platform's own work comes and goes with.
  await stores.redis.setrange('caracal-rig:ballast', 48 * 1024 * 1024, 'x')
  // Else the server does so by itself, in the middle of a measurement.
  await stores.sql('VACUUM ANALYZE')
  await stores.sql('CHECKPOINT')
  await pause(3_000)
  say('the platform alone ...')
  const load = machineLoad()
  const { seconds, workSeconds } = extent
  const [without, idle] = await within('the platform alone', 60 + 2 * workSeconds, () =>
    Promise.all([redisTimePerSecond(stores, workSeconds), workOf(platform, stores, workSeconds)]),
  )
  const loadBefore = load()
  const plans = await within('plans', 60, () => explainStatements(platform))
  const one = await whileBrisk(scene, shipped(), extent, say)
  const others: Running[] = []
  for (const variant of variants()) {
    if (variant.name === one.running.variant) continue
    say(`brisk: ${variant.name} ...`)
    others.push(await within(variant.name, 180 + 10 * seconds, () => briskRunning(scene, variant, seconds)))
  }
  const peers = extent.peers
    ? await within('Prometheus', 900, () => measurePeers(scene, extent, say))
    : undefined
  const fleet = await whileQuiet(scene, shipped(), extent, say)
  return {
    repetitions: extent.repetitions,
    rows: extent.rows,
    latencies: [...one.latencies, ...fleet.latencies],
    brisk: one.cost,
    quiet: fleet.cost,
    redisTime: { without, withBrisk: one.redisTime },
    work: { idle, brisk: one.work, quiet: fleet.work },
    quietDaemons: extent.quietDaemons,
    running: [one.running, fleet.running, ...others],
    serving: one.serving,
    ...(peers !== undefined && { peers }),
    plans,
    loadBefore,
  }
}
