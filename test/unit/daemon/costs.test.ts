import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keepCosts } from '../../../src/daemon/records.ts'

test('X35: connections that are made anew go on from what the ones before them cost', () => {
  const costs = keepCosts()
  const first = { requests: 3, took: 30 }
  const end = costs.follow('redis', () => ({ ...first }))
  first.requests = 5
  end()
  first.requests = 100
  costs.follow('redis', () => ({ requests: 2, took: 1 }))
  expect(costs.totals()).toEqual(new Map([['redis', { requests: 7, took: 31 }]]))
})

test('X35: what is not followed any more stays, and is counted once', () => {
  const costs = keepCosts()
  const end = costs.follow('kubernetes', () => ({ requests: 4, took: 8 }))
  end()
  end()
  expect(costs.totals()).toEqual(new Map([['kubernetes', { requests: 4, took: 8 }]]))
})

test('X35: in no order of reloads and looks does a total fall', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('look' as const), took: fc.nat(1_000) }),
    fc.constant({ kind: 'reload' as const }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const costs = keepCosts()
      let current = { requests: 0, took: 0 }
      const followed = () => {
        const own = current
        return costs.follow('redis', () => own)
      }
      let end = followed()
      let before = { requests: 0, took: 0 }
      for (const one of steps) {
        if (one.kind === 'look') {
          current.requests += 1
          current.took += one.took
        } else {
          const last = end
          current = { requests: 0, took: 0 }
          end = followed()
          last()
        }
        const now = costs.totals().get('redis') ?? before
        expect(now.requests).toBe(before.requests + (one.kind === 'look' ? 1 : 0))
        expect(now.took).toBeGreaterThanOrEqual(before.took)
        before = now
      }
    }),
    { seed: 35 },
  )
})
