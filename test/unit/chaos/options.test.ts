import { describe, expect, it } from 'vitest'
import { isFresh } from '../../../chaos/http.ts'
import { BadOption, optionsFrom } from '../../../chaos/options.ts'

describe('the options of a run', () => {
  it('are read as they are written', () => {
    const words = [
      '--seed',
      '7',
      '--minutes',
      '1.5',
      '--act',
      '3',
      '--only',
      'redis',
      '--only',
      'clock',
      '--record',
      'x',
    ]
    expect(optionsFrom(words)).toEqual({
      seed: 7,
      minutes: 1.5,
      act: 3,
      only: ['redis', 'clock'],
      list: false,
      record: 'x',
      help: false,
    })
  })

  it('bring a seed of their own', () => {
    expect(Number.isSafeInteger(optionsFrom([]).seed)).toBe(true)
  })

  it.each([
    [['--seed', '-1'], /--seed/],
    [['--seed', '1.5'], '--seed: "1.5" is no whole number from 0 to 2147483647'],
    [['--minutes', '0'], '--minutes: "0" is no number above 0 and up to 1440'],
    [['--minutes', ''], /--minutes/],
    [['--minutes', 'long'], /--minutes/],
    [['--only', 'nothing'], '--only: no kind of fault begins with "nothing"; --list names them'],
    [['--wild'], /--wild/],
    [['surplus'], /surplus/],
  ])('are refused with what is allowed: %j', (words, message) => {
    expect(() => optionsFrom(words)).toThrow(BadOption)
    expect(() => optionsFrom(words)).toThrow(message)
  })
})

describe('whether a client may rely on a document', () => {
  const report = { evaluatedAt: '2026-01-01T00:00:10.000Z', expiresAt: '2026-01-01T00:00:13.000Z' }
  const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toUTCString()

  it.each([
    [true, 'just evaluated', at(10), 20],
    [true, 'a moment old', at(12), 20],
    [false, 'expired', at(14), 20],
    [false, 'long on its way', at(12), 1_500],
    [false, 'of a clock that went back', at(7), 20],
    [false, 'without a date', '', 20],
  ])('is %s for one that is %s', (fresh, _, date, took) => {
    expect(isFresh(report, date, took)).toBe(fresh)
  })
})
