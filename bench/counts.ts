import { setTimeout as pause } from 'node:timers/promises'
import { countAllocations, type Allocations } from './allocations.ts'
import { costOf, type Cost } from './cost.ts'
import { fromSource, type Variant } from './daemon.ts'
import { within } from './deadline.ts'
import { isWell } from './faults.ts'
import { inspect } from './inspector.ts'
import { untilQuiet } from './latency.ts'
import { withScene, type Scene, type Watched } from './scene.ts'
import { evaluationCosts } from './step.ts'

/** What one daemon does in one cadence, counted. */
export type Counted = { readonly cost: Cost; readonly allocations: Allocations }

/** What the check for regressions looks at: counts and ratios, which a busy machine hardly changes, and no times. */
export type Counts = {
  readonly brisk: Counted
  readonly quiet: Counted
  /** Of an evaluation at 504 replicas to one at 12. */
  readonly evaluationRatio: number
}

/** Seconds of each cadence. */
const BRISK = 10
const QUIET = 12

/** Counts what a daemon does beside a platform of 12 replicas that is well, which takes about a minute. */
export async function measureCounts(say: (text: string) => void): Promise<Counts> {
  // Its functions have names, which those of the bundle have not.
  const { name, arguments: words } = fromSource
  const inspected: Variant = { name, arguments: ['--inspect=127.0.0.1:0', ...words] }
  say('starting Redis, Postgres and 12 replicas ...')
  const counted = await within('the counts', 240, () =>
    withScene({ seedRows: 1_000 }, say, async (scene) => {
      const watched = await scene.start('counts', inspected)
      await watched.gates.until('all is well', isWell, 60_000)
      // It stays brisk for half a minute then.
      await pause(3_000)
      say('brisk ...')
      const brisk = await count('brisk', watched, scene, BRISK)
      say('quiet ...')
      return { brisk, quiet: await countQuiet(watched, scene, say) }
    }),
  )
  say('the cost of evaluations ...')
  return { ...counted, evaluationRatio: evaluationCosts().ratio }
}

/** Counts again when it found a reason to look often meanwhile. */
async function countQuiet(watched: Watched, scene: Scene, say: (text: string) => void): Promise<Counted> {
  for (let attempt = 1; ; attempt += 1) {
    await untilQuiet(watched.gates)
    try {
      return await count('quiet', watched, scene, QUIET)
    } catch (fault) {
      if (attempt === 3) throw fault
      say(String(fault))
    }
  }
}

/** @throws when the cadence is another one before it ends: the counts would be of neither */
async function count(
  cadence: 'brisk' | 'quiet',
  watched: Watched,
  scene: Scene,
  seconds: number,
): Promise<Counted> {
  const inspector = await inspect(watched.daemon.logFile)
  let allocations: Allocations | undefined
  const sample = async () => {
    const end = await countAllocations(inspector)
    await pause(seconds * 1_000)
    allocations = await end()
  }
  try {
    // Between the scrapes that it counts by, which would allocate more than all attempts.
    const [cost] = await costOf([watched], scene, seconds, sample)
    const { evaluator, summary } = await watched.gates.report()
    if (cost === undefined || allocations === undefined || evaluator.cadence !== cadence)
      throw new Error(`the daemon did not stay ${cadence}: ${summary}`)
    return { cost, allocations }
  } finally {
    inspector.close()
  }
}
