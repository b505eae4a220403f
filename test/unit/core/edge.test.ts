import { describe, expect, it } from 'vitest'
import { atMost } from '../../../src/core/claim.ts'
import { type Condition } from '../../../src/core/finding.ts'
import { initialSnapshot } from '../../../src/core/snapshot.ts'
import { begin } from '../../../src/rollout/commands.ts'
import { playShown } from '../../support/timeline.ts'
import { aStop, depth, nothingArrives, smallRules, stopOf } from './small-rules.ts'

const standing: Condition = {
  claims: 'no target is deep',
  signals: [depth],
  judge: (evidence) =>
    atMost(
      evidence.of(depth),
      depth,
      { trip: 10, clear: 10 },
      { reason: 'deep', describe: ({ reading }, key) => `${key} is ${reading.value} deep` },
    ),
}

/** How often the stop had fired at each instant, and what its latch is about. */
function firingsOf(kind: 'edge' | 'level', script: Parameters<typeof playShown>[1]) {
  const rules = smallRules({ stops: [aStop({ kind, condition: standing })] })
  const begun = begin(initialSnapshot(0, rules), { id: 'r1', actor: 'ann', reason: 'test' }, 0)
  if (!begun.ok) throw new Error(begun.detail)
  return playShown(rules, script, begun.snapshot).map((snapshot) => {
    const { firings, latch } = stopOf(snapshot)
    return `${firings} ${latch?.culprits.join()}`
  })
}

describe('an edge that fires', () => {
  it('R45: fires again for another subject, and keeps the first cause while nobody took note', () => {
    expect(
      firingsOf('edge', [
        [1, { a: 20, b: 0 }],
        [2, { a: 21, b: 0 }],
        [3, { a: 20, b: 20 }],
        [4, { a: 20, b: 21 }],
      ]),
    ).toEqual(['1 a', '1 a', '2 a', '2 a'])
  })

  it('R45: fires again for a subject that was seen to be well meanwhile, not for one that was hidden', () => {
    expect(
      firingsOf('edge', [
        [1, { a: 20, b: 20 }],
        [2, { a: 20, b: 0 }],
        [3, { a: 20, b: 20 }],
        [4, { a: 'failed', b: 20 }],
        [50, { a: 'failed', b: 20 }],
        [51, { a: 20, b: 20 }],
      ]),
    ).toEqual(['1 a,b', '1 a,b', '2 a,b', '2 a,b', '2 a,b', '2 a,b'])
  })

  it('R45: takes another subject for the rollout’s own, although what fired before it still stands', () => {
    const rules = smallRules({ stops: [aStop({ kind: 'edge', condition: standing })] })
    const before = playShown(rules, [[1, { a: 20, b: 0 }]]).at(-1) ?? initialSnapshot(0, rules)
    const begun = begin(before, { id: 'r1', actor: 'ann', reason: 'test' }, 1_000)
    if (!begun.ok) throw new Error(begun.detail)
    const played = playShown(
      rules,
      [
        [2, { a: 20, b: 0 }],
        [3, { a: 20, b: 20 }],
      ],
      begun.snapshot,
    )
    expect(played.map((snapshot) => stopOf(snapshot).latch)).toMatchObject([
      { preexisting: true, culprits: ['a'], message: 'a is 20 deep' },
      { preexisting: false, culprits: ['b'], message: 'b is 20 deep' },
    ])
  })

  it('R45: fires again for events of another subject, not for more of the same', () => {
    const rules = smallRules({ stops: [aStop({ kind: 'edge', condition: nothingArrives, window: 60_000 })] })
    const played = playShown(rules, [
      [0, { a: 3, b: 3 }],
      [1, { a: 4, b: 3 }],
      [2, { a: 5, b: 3 }],
      [3, { a: 5, b: 4 }],
      [4, { a: 5, b: 4 }],
    ])
    expect(played.map((snapshot) => stopOf(snapshot).firings)).toEqual([0, 1, 1, 2, 2])
  })

  it('R45: a level that fires does not: it is one state that stands', () => {
    expect(
      firingsOf('level', [
        [1, { a: 20, b: 0 }],
        [2, { a: 20, b: 20 }],
      ]),
    ).toEqual(['1 a', '1 a'])
  })
})
