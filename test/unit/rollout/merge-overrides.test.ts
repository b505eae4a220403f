import { describe, expect, it } from 'vitest'
import { HOUR } from '../../../src/core/time.ts'
import { merge } from '../../../src/rollout/merge.ts'
import { endOverride } from '../../../src/rollout/overrides.ts'
import { author } from './commanding.ts'
import { overriding, underWay } from './overriding.ts'

describe('overrides of two replicas', () => {
  const common = () => {
    const one = underWay()
    one.say(3_000, overriding())
    return one
  }

  it('R206: that one of them has ended have ended at both', () => {
    const [ours, theirs] = [common(), common()]
    ours.say(4_000, (snapshot, now) => endOverride(snapshot, 'deep', author, now))
    theirs.see(4_000, { a: 1 })
    for (const [a, b] of [
      [ours, theirs],
      [theirs, ours],
    ] as const) {
      const merged = merge(common().held.memory, a.held.memory, b.held.memory)
      expect(merged.overrides?.['deep']?.ended).toBe(4_000)
    }
  })

  it('R206: of one item that both were given at once are the one that opens less', () => {
    const [ours, theirs] = [underWay(), underWay()]
    ours.say(3_000, overriding({ until: 3 * HOUR }))
    theirs.say(3_500, overriding({ until: HOUR, latched: true }, { actor: 'bob', reason: 'other' }))
    const base = underWay().held.memory
    const merged = merge(base, ours.held.memory, theirs.held.memory)
    expect(merged.overrides?.['deep']).toMatchObject({ actor: 'ann', latched: false })
    expect(merge(base, theirs.held.memory, ours.held.memory).overrides).toEqual(merged.overrides)
  })

  it('R206: that have had their time at one do not come back from the other', () => {
    const [ours, theirs] = [common(), common()]
    ours.see(2 * HOUR, { a: 1 })
    expect(ours.held.memory.overrides).toBeUndefined()
    expect(merge(common().held.memory, ours.held.memory, theirs.held.memory).overrides).toBeUndefined()
  })
})
