// What an evaluation costs when one replica has news, by how many replicas there are:
//   node_modules/.bin/node bench/step.ts
import { initialSnapshot, type Snapshot } from '../src/core/snapshot.ts'
import { step } from '../src/core/step.ts'
import { saw } from '../test/support/timeline.ts'
import { batchesOf, healthyWorld, platformRules } from '../test/unit/rules/platform-world.ts'
import { summarise } from './statistics.ts'

/** As in the brisk cadence before news alone was judged, when some 45 steps were made in a second. Milliseconds. */
const between = 22

const stepsInRound = 50
const rounds = 20

/** Long enough that nothing goes stale meanwhile, milliseconds. */
const validFor = 3_600_000

type Course = { run(): number }

/**
 * A platform of which one Gateway has other news at each step, the age of its snapshot, as every attempt at one brings; `run` gives the microseconds of CPU of one step.
 */
function courseOf(replicas: number): Course {
  const rules = platformRules({ steady: 10_000 })
  const world = batchesOf(healthyWorld(replicas), 1_000).map((batch) => ({
    ...batch,
    observations: batch.observations.map((observation) => ({ ...observation, validFor })),
  }))
  const metrics = world.find(({ probe }) => probe === 'metrics')
  const seen = metrics?.observations.find(({ target }) => target.id === 'gateway/gateway-0')
  if (metrics === undefined || seen?.outcome.ok !== true) throw new Error('the world has no Gateway')
  const { target, outcome } = seen
  const news = [12, 13].map((value) =>
    outcome.readings.map((reading) =>
      reading.signal.endsWith('snapshot_age_seconds') ? { ...reading, value } : reading,
    ),
  )
  let at = 1_000
  let snapshot: Snapshot = step(initialSnapshot(0, rules), world, at, rules)
  let turn = 0
  return {
    run() {
      const before = process.cpuUsage()
      for (let count = 0; count < stepsInRound; count += 1) {
        at += between
        turn += 1
        const observation = saw(target, at, news[turn % 2] ?? [], [], validFor)
        snapshot = step(snapshot, [{ ...metrics, at, observations: [observation] }], at, rules)
      }
      const { user, system } = process.cpuUsage(before)
      return (user + system) / stepsInRound
    },
  }
}

/** Microseconds of CPU of one evaluation, all threads, at 12 and at 504 replicas in turn, and how many times the first the second is. */
export function evaluationCosts(): {
  readonly small: number
  readonly large: number
  readonly ratio: number
} {
  const [small, large] = [courseOf(2), courseOf(84)]
  const pairs = Array.from({ length: rounds }, () => ({ small: small.run(), large: large.run() }))
  // The first ones are compiled meanwhile.
  const warm = pairs.slice(rounds / 4)
  const median = (of: (pair: (typeof pairs)[number]) => number) => summarise(warm.map(of)).median
  return {
    small: median((pair) => pair.small),
    large: median((pair) => pair.large),
    ratio: median((pair) => pair.large / pair.small),
  }
}

if (import.meta.main) {
  const { small, large, ratio } = evaluationCosts()
  const text = `12 replicas ${small.toFixed(0)} µs, 504 replicas ${large.toFixed(0)} µs: ${ratio.toFixed(1)} times`
  process.stdout.write(`${text}\n`)
}
