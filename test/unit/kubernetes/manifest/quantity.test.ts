import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { billionths } from '../../../../src/kubernetes/manifest/variables.ts'

describe('billionths', () => {
  it.each([
    ['1', '1000m'],
    ['1Gi', '1073741824'],
    ['0.5', '500m'],
    ['.5', '500m'],
    ['1.', '1'],
    ['1e3', '1k'],
    ['1E3', '1k'],
    ['1E', '1000P'],
    ['1.5Gi', '1536Mi'],
    ['100u', '0.1m'],
    ['+1', '1'],
    ['-1', '-1000m'],
    ['0', '0Gi'],
    // Nothing below a billionth is kept.
    ['0.1n', '1n'],
  ])('takes %s and %s for the same', (one, other) => {
    expect(billionths(one)).toBe(billionths(other))
    expect(billionths(one)).toBeDefined()
  })

  it.each([
    ['1', '1m'],
    ['1M', '1Mi'],
    ['1k', '1Ki'],
    ['1', '-1'],
  ])('keeps %s and %s apart', (one, other) => {
    expect(billionths(one)).not.toBe(billionths(other))
  })

  it.each(['', '.', 'Gi', '1 Gi', '1gi', '1e', '1e100', '--1', 'http', '1'.repeat(100)])(
    'does not take %j for an amount',
    (text) => {
      expect(billionths(text)).toBeUndefined()
    },
  )

  it('counts suffixes as powers', () => {
    fc.assert(
      fc.property(fc.nat(), (number) => {
        expect(billionths(`${number}Ki`)).toBe(billionths(String(number * 1024)))
        expect(billionths(`${number}`)).toBe(billionths(`${number}000m`))
      }),
    )
  })
})
