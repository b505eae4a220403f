import { describe, expect, it } from 'vitest'
import type { Observed, Threshold } from '../../../src/contract/fields.ts'
import { textOf } from '../../../src/http/page/html.ts'
import { amount, amountBeside, instant, moment, newOnes } from '../../../src/http/page/words.ts'

const MIB = 2 ** 20

describe('a quantity, as people read it,', () => {
  it.each<[Observed, string]>([
    [{ value: 0.94, unit: 'ratio' }, '94 %'],
    [{ value: 0.1649, unit: 'ratio' }, '16 %'],
    [{ value: 0.0042, unit: 'ratio' }, '0.4 %'],
    [{ value: 0, unit: 'ratio' }, '0 %'],
    [{ value: 1, unit: 'ratio' }, '100 %'],
    [{ value: 58 * MIB, unit: 'bytes' }, '58 MiB'],
    [{ value: 1023.9 * MIB, unit: 'bytes' }, '1024 MiB'],
    [{ value: 1.25 * MIB, unit: 'bytes' }, '1.3 MiB'],
    [{ value: 0, unit: 'bytes' }, '0 B'],
    [{ value: 1_204, unit: 'entries' }, '1,204 entries'],
    [{ value: 0.31, unit: 'seconds' }, '310 ms'],
  ])('%j is %j', (observed, words) => {
    expect(amount(observed)).toBe(words)
  })

  it('is told from its limit in as few decimals as that takes', () => {
    const limit: Threshold = { op: '<=', value: 0.9, clear: 0.8, unit: 'ratio' }
    const beside = (value: number) => amountBeside({ value, unit: 'ratio' }, limit)
    expect([0.94, 0.902, 0.9002, 0.9].map(beside)).toEqual(['94 %', '90.2 %', '90.02 %', '90 %'])
    expect(amountBeside({ value: 0.902, unit: 'ratio' }, null)).toBe('90 %')
  })

  it('that was counted in a rollout says that it is new', () => {
    expect(newOnes({ value: 1, unit: 'entries' })).toBe('1 new entry')
    expect(newOnes({ value: 7, unit: 'entries' })).toBe('7 new entries')
  })
})

describe('a moment', () => {
  const at = '2026-11-22T20:00:00.000Z'

  it('is in UTC until a script knows better, with the day where it was another', () => {
    expect(textOf(instant(at, '2026-11-22T20:01:00.000Z'))).toBe(
      `<time datetime="${at}" title="2026-11-22 20:00:00 UTC">20:00:00 UTC</time>`,
    )
    expect(textOf(instant(at, '2026-11-23T00:01:00.000Z'))).toContain('>2026-11-22 20:00:00 UTC<')
  })

  it('has an age that a script can keep', () => {
    expect(textOf(moment(at, '2026-11-22T20:00:12.000Z'))).toMatch(
      / \(<span data-ago="2026-11-22T20:00:00.000Z">12 s ago<\/span>\)$/,
    )
  })
})
