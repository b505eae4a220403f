import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { initialSnapshot } from '../../../src/core/snapshot.ts'
import { step } from '../../../src/core/step.ts'
import { rulesFor } from '../../../src/rules/rules.ts'
import { batchesOf, healthyWorld, platformOptions } from '../rules/platform-world.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as (options?: { readonly type: 'minor' }) => void

/** Kilobytes of objects that outlived the collections of young ones. */
function kept(): number {
  collect({ type: 'minor' })
  // What survives two of them is old.
  collect({ type: 'minor' })
  const old = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')
  return (old?.space_used_size ?? 0) / 1_024
}

describe('a step', () => {
  it('R265: leaves nothing behind that only a collection of the whole heap finds', () => {
    const rules = rulesFor(platformOptions({ steady: 10_000 }))
    let now = 1_000_000
    let snapshot = initialSnapshot(now, rules)
    const play = (rounds: number) => {
      for (let n = 0; n < rounds; n += 1) {
        now += 100
        snapshot = step(snapshot, worldAt(now, n), now, rules)
      }
    }
    play(300)
    collect()
    const before = kept()
    play(300)
    expect((kept() - before) / 300).toBeLessThan(8)
  })
})

/** Everything that is measured says something else, and all is well. */
function worldAt(now: number, n: number) {
  return batchesOf(healthyWorld(), now).map((batch) => ({
    ...batch,
    observations: batch.observations.map((one) => {
      const { outcome } = one
      if (!outcome.ok) return one
      const readings = outcome.readings.map((reading) =>
        reading.signal.endsWith('age_seconds') ? { ...reading, value: 10 + (n % 3) } : reading,
      )
      return { ...one, outcome: { ...outcome, readings } }
    }),
  }))
}
