import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ExpositionError, parseExposition } from '../../../src/probes/exposition.ts'
import { plainlyParsed } from '../../support/exposition-oracle.ts'

/** One seed, so that every run tries the same; `FC_SEED` tries others. */
const settings = {
  seed: Number(process.env['FC_SEED'] ?? 20_261_130),
  numRuns: Number(process.env['FC_RUNS'] ?? 3_000),
}

const wanted = new Set(['m', 'm_total', 'a:b'])

const blanks = fc.constantFrom('', ' ', ' ', ' ', '\t', '  ', ' \t ', ' '.repeat(20))
const name = fc.constantFrom(
  'm',
  'm_total',
  'a:b',
  'other',
  'M',
  '_x9',
  'm9',
  'é',
  '9m',
  '',
  '[',
  '@',
  '`',
  '{',
)
const labels = fc.constantFrom('', '', '', '{}', '{a="b"}', '{a="\\n"}', '{a="1",}', '{a="b" c="d"}', '{')
const number = fc.oneof(
  fc.nat().map(String),
  fc.double().map(String),
  fc.constantFrom('0', '1.', '.5', '1.5.5', '00', '0.1234567890123', '123456789012345', '1234567890123456'),
  fc.constantFrom('-1', '+1', '1e3', '1e400', 'NaN', '+Inf', '-Inf', 'infinity', '0x10', '1_000', '٣', ''),
)
const rest = fc.constantFrom('', '', '', ' ', '\t ', ' 1700', ' x', ' # {t="a"} 1', '\r', ' '.repeat(16))
const line = fc.tuple(blanks, name, labels, blanks, number, rest).map((parts) => parts.join(''))
const other = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom('# HELP m y', '#', ''))
const text = fc
  .tuple(
    fc.array(fc.oneof({ weight: 9, arbitrary: line }, { weight: 1, arbitrary: other }), { maxLength: 6 }),
    fc.constantFrom('\n', '\n', '\n', ''),
  )
  .map(([lines, end]) => `${lines.join('\n')}${end}`)

/** What a parser makes of a text, as plain data. */
function outcomeOf(parse: typeof parseExposition, of: string): unknown {
  try {
    return [...parse(of, wanted)].map(([family, samples]) => [family, samples.map((one) => ({ ...one }))])
  } catch (fault) {
    if (!(fault instanceof ExpositionError)) throw fault
    return fault.message
  }
}

describe('the exposition parser', () => {
  it('says of every text what the plain one says', () => {
    let understood = 0
    fc.assert(
      fc.property(text, (of) => {
        const outcome = outcomeOf(parseExposition, of)
        expect(outcome).toEqual(outcomeOf(plainlyParsed, of))
        if (typeof outcome !== 'string' && of !== '') understood += 1
      }),
      settings,
    )
    expect(understood).toBeGreaterThan(settings.numRuns / 50)
  })
})
