import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contentsOf } from '../../../src/core/content.ts'
import type { Condition } from '../../../src/core/finding.ts'
import { judging } from '../../../src/core/judging.ts'
import { initialSnapshot, type Rules, type Snapshot } from '../../../src/core/snapshot.ts'
import { isRestated, step } from '../../../src/core/step.ts'
import { play } from '../../support/timeline.ts'
import { platformRules, batchesOf } from '../rules/platform-world.ts'
import { healthy, momentsOf, scenes } from './random-world.ts'

const rules = platformRules({ steady: 10_000 })

/** Each snapshot made as if nothing had been judged before it. */
function playCold(moments: Parameters<typeof play>[1]): readonly Snapshot[] {
  const cold = moments.map((moment) => ({
    ...moment,
    command: (snapshot: Snapshot) => ({ ...(moment.command?.(snapshot) ?? snapshot) }),
  }))
  return play(rules, cold)
}

describe('what was judged before', () => {
  it(
    'R59: is as it would be judged anew, whichever probes bring news and however late',
    { timeout: 60_000 },
    () => {
      const masks = fc.array(fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }), {
        minLength: 1,
        maxLength: 12,
      })
      fc.assert(
        fc.property(scenes, masks, (trace, mask) => {
          const moments = momentsOf(trace).map((moment, turn) => ({
            ...moment,
            batches: moment.batches.filter((_, n) => {
              const row = mask[turn % mask.length] ?? []
              return turn === 0 || row[n % row.length] === true
            }),
          }))
          expect(play(rules, moments)).toEqual(playCold(moments))
        }),
        { numRuns: 60 },
      )
    },
  )

  it('R59: is not judged again while nothing that it asks about is another', () => {
    const { counting, judged } = counted(rules)
    const first = step(initialSnapshot(0, counting), batchesOf(healthy, 1_000), 1_000, counting)
    // What is seen for the first time leaves baselines, so all that is judged by them is judged once more.
    const second = step(first, [], 1_100, counting)
    const third = step(second, [], 1_200, counting)
    const before = judged()
    const fourth = step(third, batchesOf(healthy, 1_300, 1_000), 1_300, counting)
    expect(judged()).toBe(before)
    expect(isRestated(third, fourth)).toBe(true)
    const worse = healthy.map((place) => (place.probe === 'redis' ? { ...place, failing: true } : place))
    step(fourth, batchesOf(worse, 1_400, 1_000), 1_400, counting)
    expect(judged()).toBeGreaterThan(before)
    expect(judged() - before).toBeLessThan(conditionsOf(counting).length)
  })

  it('R59: is not judged again for a command, or for what the exporter says of itself', () => {
    const { counting, judged } = counted(rules)
    let snapshot = step(initialSnapshot(0, counting), batchesOf(healthy, 1_000), 1_000, counting)
    snapshot = step(snapshot, [], 1_100, counting)
    const before = judged()
    const impeded = { ...snapshot, impediments: new Map([['state', 'it is full']]) }
    const after = step(impeded, [], 1_200, counting, snapshot)
    expect(judged()).toBe(before)
    expect(after.verdict.blocking[0]?.ref).toBe('evaluator/state')
    expect(after).toEqual(step({ ...impeded }, [], 1_200, counting))
  })

  it('R59: keeps nothing of what was believed when it was judged', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    /** What stands from the first step on is about all probes but one, which has news in each step after it. */
    function walk(): readonly [WeakRef<object>, Snapshot] {
      let snapshot = step(initialSnapshot(0, rules), batchesOf(healthy, 1_000), 1_000, rules)
      const first = new WeakRef<object>(snapshot.beliefs)
      for (let at = 2_000; at <= 6_000; at += 1_000) {
        const world = healthy.map((place) =>
          place.probe === 'redis' && at % 2_000 === 0 ? { ...place, failing: true } : place,
        )
        snapshot = step(snapshot, batchesOf(world, at, 1_000), at, rules)
      }
      return [first, snapshot]
    }
    const [first, last] = walk()
    // What a WeakRef is made of stays until the turn is over.
    await nextTurn()
    collect()
    expect(first.deref()).toBeUndefined()
    expect(last.stops.size).toBeGreaterThan(0)
  })

  it('R59: is judged again when a look behind it grows stale', () => {
    const [stop] = rules.stops.filter(({ id }) => id === 'redis-memory-pressure')
    if (stop === undefined) throw new Error('no such stop condition')
    const first = step(initialSnapshot(0, rules), batchesOf(healthy, 1_000), 1_000, rules)
    const later = judging(
      first,
      contentsOf(undefined, first.beliefs, 10 * 60_000),
      10 * 60_000,
      rules.providers,
    ).of(stop).findings
    expect(later[0]).toMatchObject({ answer: 'unknown', unknownReason: 'stale' })
  })
})

function conditionsOf({ gates, stops }: Rules): readonly Condition[] {
  return [...new Set([...gates.flatMap((gate) => gate.checks), ...stops].map(({ condition }) => condition))]
}

/** The same rules, counting how often a condition is judged. */
function counted(original: Rules): { readonly counting: Rules; readonly judged: () => number } {
  let count = 0
  const counters = new Map(
    conditionsOf(original).map((condition): [Condition, Condition] => [
      condition,
      {
        ...condition,
        judge(evidence, recollection) {
          count += 1
          return condition.judge(evidence, recollection)
        },
      },
    ]),
  )
  const of = <T extends { readonly condition: Condition }>(item: T): T => ({
    ...item,
    condition: counters.get(item.condition) ?? item.condition,
  })
  const counting = {
    ...original,
    gates: original.gates.map((gate) => ({ ...gate, checks: gate.checks.map(of) })),
    stops: original.stops.map(of),
  }
  return { counting, judged: () => count }
}
