import { describe, expect, it } from 'vitest'
import { wallClock } from '../../../src/daemon/clock.ts'

/** A machine whose wall clock is set while time goes on. */
function machine() {
  const time = { wall: 1_000_000, steady: 50 }
  const clock = wallClock(
    () => Math.floor(time.wall),
    () => time.steady,
  )
  function pass(span: number): void {
    time.wall += span
    time.steady += span
  }
  return { clock, follow: () => clock.follow?.(), pass, set: (by: number) => void (time.wall += by) }
}

describe('the clock of the daemon', () => {
  it.each([4_000, -2_000, 90_000, 36_000_000, -7_200_000, 250, -250])(
    'X91: follows a correction by %i ms when it is asked to, and says so once',
    (by) => {
      const { clock, follow, pass, set } = machine()
      pass(1_000)
      set(by)
      expect(clock.now()).toBe(1_001_000)
      expect(follow()).toBe(by)
      expect([clock.now(), follow()]).toEqual([1_001_000 + by, 0])
    },
  )

  it('X91: takes the coarseness of the wall clock for no correction', () => {
    const { clock, follow, pass, set } = machine()
    for (let n = 0; n < 1_000; n += 1) {
      pass(0.7)
      expect(follow()).toBe(0)
    }
    set(15)
    expect(follow()).toBe(0)
    expect(clock.now()).toBeCloseTo(1_000_700)
  })

  it('X91: follows a drift that has come to something', () => {
    const { clock, follow, pass, set } = machine()
    let followed = 0
    for (let n = 0; n < 100; n += 1) {
      pass(1_000)
      set(1)
      followed += follow() ?? 0
    }
    expect(clock.now()).toBe(1_100_000 + followed)
    expect(followed).toBeGreaterThanOrEqual(80)
  })
})
