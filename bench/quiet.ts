import { costOf, type Cost } from './cost.ts'
import type { Variant } from './daemon.ts'
import { within } from './deadline.ts'
import type { Extent } from './extent.ts'
import { quietFaults } from './faults.ts'
import { quietLatency, untilQuiet, type Latency } from './latency.ts'
import { workOf, type PlatformWork } from './processor-time.ts'
import type { Running } from './results.ts'
import type { Scene, Watched } from './scene.ts'
import { memoryOf } from './usage.ts'

export type Quiet = {
  readonly cost: Cost
  readonly work: PlatformWork
  readonly running: Running
  readonly latencies: readonly Latency[]
}

/**
 * Several daemons at once, since each quiet fault takes half a minute. A fault turns all of them brisk together, which
 * the limits of API and Coordinator would not grant so many: their /ready is asked more rarely then.
 */
export async function whileQuiet(
  scene: Scene,
  variant: Variant,
  extent: Extent,
  say: (text: string) => void,
): Promise<Quiet> {
  const fleet: Watched[] = []
  const deviations = { probes: { 'ready-endpoint': { brisk: '15s' } } }
  for (let index = 0; index < extent.quietDaemons; index += 1)
    fleet.push(await scene.start(`quiet-${index}`, variant, deviations))
  say(`${fleet.length} daemons become quiet ...`)
  await Promise.all(fleet.map(({ gates }) => untilQuiet(gates)))
  const short = 360 + 30 * extent.seconds
  const costs = await within('the cost of quiet daemons', short, () => quietCosts(fleet, scene, extent, say))
  const work = await within('the work of the platform', short, () =>
    workOf(scene.platform, scene.stores, extent.workSeconds),
  )
  const memory = fleet.map(({ daemon }) => memoryOf(daemon.pid))
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
  const running: Running = {
    variant: variant.name,
    cadence: 'quiet',
    cpu: mean(costs.map(({ cpu }) => cpu)),
    resident: mean(memory.map(({ resident }) => resident)),
    anonymous: mean(memory.map(({ anonymous }) => anonymous)),
  }
  return { cost, work, running, latencies }
}

/** Measures again when one of them found a reason to look often meanwhile: that is another cadence. */
async function quietCosts(
  fleet: readonly Watched[],
  scene: Scene,
  { seconds }: Extent,
  say: (text: string) => void,
): Promise<readonly Cost[]> {
  for (let attempt = 1; ; attempt += 1) {
    const costs = await costOf(fleet, scene, 2 * seconds)
    const reports = await Promise.all(fleet.map(({ gates }) => gates.report()))
    const disturbed = reports.find(({ evaluator }) => evaluator.cadence !== 'quiet')
    if (disturbed === undefined) return costs
    say(`a daemon does not stay quiet: ${disturbed.summary}`)
    if (attempt === 3) return costs
    await Promise.all(fleet.map(({ gates }) => untilQuiet(gates)))
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
