import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newRing } from '../../../src/core/ring.ts'

describe('a ring', { timeout: 60_000 }, () => {
  it('holds what a map would hold of the newest slots, and nothing else', () => {
    const puts = fc.array(fc.tuple(fc.integer({ min: -30, max: 30 }), fc.double({ noNaN: true })))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), puts, (size, list) => {
        const ring = newRing(size)
        const model = new Map<number, number>()
        let newest = -Infinity
        for (const [slot, value] of list) {
          ring.put(slot, value)
          if (slot > newest - size) model.set(slot, value)
          newest = Math.max(newest, slot)
        }
        for (let slot = -45; slot <= 35; slot++)
          expect(ring.at(slot)).toBe(slot > newest - size ? model.get(slot) : undefined)
      }),
      { numRuns: 1_000 },
    )
  })

  it('leaves a gap where nothing was put, also after a long silence', () => {
    const ring = newRing(4)
    for (const slot of [0, 1, 2, 3, 5, 1_000_003]) ring.put(slot, slot)
    const held = [999_999, 1_000_000, 1_000_001, 1_000_002, 1_000_003, 1_000_004].map((slot) => ring.at(slot))
    expect(held).toEqual([undefined, undefined, undefined, undefined, 1_000_003, undefined])
  })
})
