import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { validityOf } from '../../../src/daemon/looking.ts'
import { budgets, paceWithin } from '../../../src/probes/ready-pace.ts'

describe('X34: the pace of an API whose answers are dear', () => {
  it.each([
    ['an empty outbox', 1, 2, 5_000, 15_000],
    ['a million rows and one replica', 1, 110, 11_000, 44_000],
    ['a million rows and two replicas', 2, 110, 15_000, 44_000],
    ['ten million rows', 1, 1_100, 15_000, 44_000],
    ['no answer so far', 1, 0, 5_000, 15_000],
  ])('with %s', (_, siblings, took, brisk, quiet) => {
    expect(paceWithin(budgets.api, siblings, took, 0)).toMatchObject({ brisk, quiet })
  })

  it('is never quicker than its own, than the limit of the service, or than what was refused', () => {
    const anything = fc.tuple(fc.nat(200), fc.nat(60_000), fc.nat(300_000))
    fc.assert(
      fc.property(anything, ([siblings, took, least]) => {
        const { brisk, quiet } = paceWithin(budgets.api, siblings, took, least)
        expect(brisk).toBeGreaterThanOrEqual(Math.max(5_000, 1_700 * siblings, least))
        expect(quiet).toBeGreaterThanOrEqual(Math.max(15_000, brisk))
      }),
    )
  })

  it('costs a service 10 ms in a second at most, and 2 quiet, unless what is believed would get too old', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.nat(60_000), (siblings, took) => {
        const { brisk, quiet } = paceWithin(budgets.api, siblings, took, 0)
        if (brisk < 15_000) expect((siblings * took) / brisk).toBeLessThanOrEqual(0.01)
        if (quiet < 44_000) expect((siblings * took) / quiet).toBeLessThanOrEqual(0.002)
      }),
    )
  })

  it('R135: lets nothing be believed for longer than before, however dear it is', () => {
    const { brisk, quiet, timeout } = paceWithin(budgets.api, 3, 60_000, 0)
    expect(validityOf(brisk, timeout, 'brisk')).toBeLessThanOrEqual(22_000)
    expect(validityOf(quiet, timeout, 'quiet')).toBeLessThanOrEqual(51_000)
  })
})

describe('the pace of what nothing limits', () => {
  it.each(['gateway', 'sts'] as const)('shows a fault of %s within 220 ms', (component) => {
    const { brisk } = paceWithin(budgets[component], 1, 5_000, 0)
    // The longest time to the next attempt, and what its answer may take.
    expect(brisk + 50).toBeLessThanOrEqual(220)
    expect(brisk / 2).toBeLessThanOrEqual(80)
  })
})
