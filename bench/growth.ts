import { costOf } from './cost.ts'
import { roll } from './brisk.ts'
import type { Variant } from './daemon.ts'
import { within } from './deadline.ts'
import { withScene } from './scene.ts'
import { memoryOf } from './usage.ts'

/** What one daemon costs while a rollout of so many replicas is under way. */
export type Grown = {
  readonly replicas: number
  /** Milliseconds in a second. */
  readonly cpu: number
  /** MB. */
  readonly resident: number
  readonly evaluations: number
  /** Milliseconds of one evaluation. */
  readonly evaluation: number
  readonly looks: number
  /** The longest that the event loop was busy meanwhile, milliseconds. */
  readonly turn: number
}

/** Of each of six services. */
const sizes = [17, 84]

/** Measures platforms of 102 and of 504 replicas, one after the other. */
export async function measureGrowth(
  variant: Variant,
  seconds: number,
  say: (text: string) => void,
): Promise<readonly Grown[]> {
  const all: Grown[] = []
  for (const each of sizes) {
    say(`starting a platform of ${each * 6} replicas ...`)
    const grown = await within(`${each * 6} replicas`, 240 + 2 * seconds, () =>
      withScene({ seedRows: 1_000, replicas: each }, say, async (scene) => {
        const watched = await roll(scene, 'grown', variant)
        const [cost] = await costOf([watched], scene, seconds)
        if (cost === undefined) throw new RangeError('the cost was not measured')
        return {
          replicas: each * 6,
          cpu: cost.cpu,
          resident: memoryOf(watched.daemon.pid).resident,
          evaluations: cost.evaluation.perSecond,
          evaluation: cost.evaluation.milliseconds,
          looks: cost.looks,
          turn: cost.turn,
        }
      }),
    )
    all.push(grown)
  }
  return all
}
