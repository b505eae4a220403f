// What a step costs when one probe has news, with and without what was judged before:
//   node_modules/.bin/node bench/step.ts
import { initialSnapshot } from '../src/core/snapshot.ts'
import { step } from '../src/core/step.ts'
import { platformRules, batchesOf } from '../test/unit/rules/platform-world.ts'
import { healthy } from '../test/unit/core/random-world.ts'

const rules = platformRules({ steady: 10_000 })
const steps = 1_000
/** As in the brisk cadence, where some 45 steps are made in a second. */
const between = 22

const moments = Array.from({ length: steps }, (_, n) => {
  const at = 1_000 + (n + 1) * between
  const batches = batchesOf(healthy, at)
  return { at, batches: batches.slice(n % batches.length, (n % batches.length) + 1) }
})

/** Milliseconds of a step. */
function cost(remembers: boolean): number {
  let snapshot = step(initialSnapshot(0, rules), batchesOf(healthy, 1_000), 1_000, rules)
  const startedAt = performance.now()
  // What was judged is remembered of this very snapshot; a copy has no past.
  for (const { at, batches } of moments)
    snapshot = step(remembers ? snapshot : { ...snapshot }, batches, at, rules)
  return (performance.now() - startedAt) / steps
}

for (let run = 0; run < 4; run += 1) {
  const [anew, remembered] = [cost(false), cost(true)]
  const ratio = (anew / remembered).toFixed(1)
  process.stdout.write(`anew ${anew.toFixed(3)} ms, remembered ${remembered.toFixed(3)} ms: ${ratio} times\n`)
}
