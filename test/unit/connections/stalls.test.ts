import { describe, expect, it } from 'vitest'
import { BEAT, Stalls } from '../../../src/connections/stalls.ts'

/** Beats from 0 to `until`, apart from times in which nothing ran. */
function beaten(until: number, ...pauses: readonly (readonly [from: number, to: number])[]): Stalls {
  const stalls = new Stalls()
  for (let now = 0; now <= until; now += BEAT) {
    const pause = pauses.find(([from, to]) => now > from && now < to)
    if (pause === undefined) stalls.beat(now)
  }
  return stalls
}

describe('what is lost between beats', () => {
  it('X11: is nothing while they come, and none is known before the first', () => {
    expect(beaten(1_000).since(0, 1_010)).toBe(0)
    expect([new Stalls().since(0, 5_000), new Stalls().total(5_000)]).toEqual([0, 0])
  })

  it('X11: counts a stall before the first beat, and none once no beats are to come', () => {
    const stalls = new Stalls()
    stalls.begin(1_000)
    expect(stalls.since(0, 3_000)).toBe(2_000 - BEAT)
    stalls.beat(3_000)
    stalls.end()
    expect(stalls.total(60_000)).toBe(2_000 - BEAT)
    stalls.begin(60_000)
    stalls.beat(60_000 + BEAT)
    expect(stalls.total(60_000 + BEAT)).toBe(2_000 - BEAT)
  })

  it('X11: is the time since a beat was due, within what is asked about', () => {
    const stalls = beaten(10_000, [2_000, 5_000])
    expect(stalls.since(0, 10_000)).toBe(3_000 - BEAT)
    expect(stalls.since(4_000, 10_000)).toBe(1_000)
    expect(stalls.since(6_000, 10_000)).toBe(0)
    expect(stalls.longest(0, 10_000)).toBe(3_000 - BEAT)
  })

  it('X11: counts what lasts, before the beat that ends it', () => {
    const stalls = beaten(1_000)
    expect(stalls.since(900, 4_000)).toBe(3_000 - BEAT)
    expect(stalls.total(4_000)).toBe(3_000 - BEAT)
    stalls.beat(4_000)
    expect(stalls.total(4_010)).toBe(3_000 - BEAT)
  })

  it('X11: sees a quota that takes the process off its CPU for 95 ms in each 100', () => {
    const pauses = Array.from({ length: 100 }, (_, n) => [n * 100 + 5, n * 100 + 100] as const)
    const stalls = beaten(10_000, ...pauses)
    expect(stalls.since(0, 10_000) / 10_000).toBeGreaterThan(0.7)
  })

  it('keeps what is asked about and no more', () => {
    const stalls = beaten(100_000, [1_000, 2_000], [80_000, 81_000])
    expect(stalls.since(0, 100_000)).toBe(1_000 - BEAT)
    expect(stalls.total(100_000)).toBe(2_000 - 2 * BEAT)
  })
})
