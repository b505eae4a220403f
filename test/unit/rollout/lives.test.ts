import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Life } from '../../../src/core/rollout.ts'
import { mergeLives, unusedId, withLife } from '../../../src/rollout/lives.ts'

const life = fc.record({ id: fc.constantFrom('a', 'b', 'c', 'a-2', 'd'), startedAt: fc.nat(20) })
const lives = fc
  .array(life, { maxLength: 12 })
  .map((given) => given.reduce<readonly Life[]>((begun, one) => withLife(begun, one), []))

describe('the rollouts that have begun', () => {
  it('X83: R75: the id of one that is detected is none that a rollout has had', () => {
    const begun = [{ id: 'caracal-r1', startedAt: 1 }]
    expect(unusedId('caracal-r2', begun)).toBe('caracal-r2')
    expect(unusedId('caracal-r1', begun)).toBe('caracal-r1-2')
    expect(unusedId('caracal-r1', withLife(begun, { id: 'caracal-r1-2', startedAt: 2 }))).toBe('caracal-r1-3')
  })

  it('R75: are the last 500', () => {
    const many = Array.from({ length: 502 }, (_, n) => ({ id: `r${n}`, startedAt: n }))
    const begun = many.reduce<readonly Life[]>((known, one) => withLife(known, one), [])
    expect([begun.length, begun[0]?.id, begun.at(-1)?.id]).toEqual([500, 'r2', 'r501'])
    expect(mergeLives(begun, many.slice(0, 3)).map(({ id }) => id)).toEqual(begun.map(({ id }) => id))
  })

  it('R75: come to the same whoever merges, in any order, and none is lost', () => {
    fc.assert(
      fc.property(lives, lives, lives, (a, b, c) => {
        expect(mergeLives(a, b)).toEqual(mergeLives(b, a))
        expect(mergeLives(mergeLives(a, b), c)).toEqual(mergeLives(a, mergeLives(b, c)))
        expect(mergeLives(a, a)).toEqual(a)
        const ids = new Set([...a, ...b].map(({ id }) => id))
        expect(new Set(mergeLives(a, b).map(({ id }) => id))).toEqual(ids)
      }),
    )
  })
})
