import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ExpositionError, expositionLimits, parseExposition } from '../../../src/probes/exposition.ts'

const wanted = new Set(['m', 'm_total'])

function samples(text: string): unknown {
  const families = parseExposition(text, wanted)
  return Object.fromEntries(
    [...families].map(([name, list]) => [name, list.map((sample) => ({ ...sample }))]),
  )
}

describe('the exposition parser', () => {
  it.each([
    ['m 1\n', { m: [{ labels: {}, value: 1 }] }],
    ['# HELP m text\n# TYPE m gauge\nm 1\n# EOF\n', { m: [{ labels: {}, value: 1 }] }],
    ['m 0.5\nm_total 7\n', { m: [{ labels: {}, value: 0.5 }], m_total: [{ labels: {}, value: 7 }] }],
    ['\n  \t\n \tm \t 2 \t\n', { m: [{ labels: {}, value: 2 }] }],
    ['m{} 3\n', { m: [{ labels: {}, value: 3 }] }],
    ['m {a="1"} 3\n', { m: [{ labels: { a: '1' }, value: 3 }] }],
    ['m{a="1",b="2",}4\n', { m: [{ labels: { a: '1', b: '2' }, value: 4 }] }],
    ['m{ a = "1" , b = "2" } 4\n', { m: [{ labels: { a: '1', b: '2' }, value: 4 }] }],
    ['m{a="}\\"\\\\\\n#,"} 5\n', { m: [{ labels: { a: '}"\\\n#,' }, value: 5 }] }],
    ['m{a="\\t"} 5\n', { m: [{ labels: { a: '\\t' }, value: 5 }] }],
    ['m{a=""} 6\n', { m: [{ labels: { a: '' }, value: 6 }] }],
    ['m 7 1700000000000\n', { m: [{ labels: {}, value: 7 }] }],
    ['m 8 -5\n', { m: [{ labels: {}, value: 8 }] }],
    ['m_total 9 # {trace_id="abc"} 0.5 1700.25\n', { m_total: [{ labels: {}, value: 9 }] }],
    ['m -1.5e-3\n', { m: [{ labels: {}, value: -0.0015 }] }],
    ['m +.5\n', { m: [{ labels: {}, value: 0.5 }] }],
    ['m 5.\n', { m: [{ labels: {}, value: 5 }] }],
    [
      'm{a="1"} 1\nm{a="2"} 2\n',
      {
        m: [
          { labels: { a: '1' }, value: 1 },
          { labels: { a: '2' }, value: 2 },
        ],
      },
    ],
    ['m{__proto__="x"} 1\n', { m: [{ labels: JSON.parse('{"__proto__":"x"}') as object, value: 1 }] }],
    ['other 1\nother{a="b"} 2\nm_bucket{le="+Inf"} 3\n', {}],
    ['other Nan\nother{a="b"} +Inf\n', {}],
    ['', {}],
  ])('reads %j', (text, expected) => {
    expect(samples(text)).toEqual(expected)
  })

  it.each(['NaN', 'Nan', 'nan', '+Inf', '-Inf', 'Inf', 'inf', '1e999'])(
    'hands %s on as no measurement, and the other families as they are',
    (value) => {
      const families = parseExposition(`m ${value}\nm_total 3\n`, wanted)

      expect(Number.isFinite(families.get('m')?.[0]?.value)).toBe(false)
      expect(families.get('m_total')?.[0]?.value).toBe(3)
    },
  )

  it.each([
    ['<!doctype html>\n<html><body>It works</body></html>\n', 1, 'metric name'],
    ['m 1\n<br>\n', 2, 'metric name'],
    ['m 1', 1, 'cut off'],
    ['m 1\nm_tot', 2, 'cut off'],
    ['{"error":"x"}\n', 1, 'metric name'],
    ['9m 1\n', 1, 'metric name'],
    ['unauthorized\n', 1, 'no sample'],
    ['Internal Server Error!\n', 1, 'no sample'],
    ['other{a="b"\n', 1, 'no sample'],
    ['other-name 1\n', 1, 'no sample'],
    ['m\n', 1, 'blank'],
    ['m"1"\n', 1, 'blank'],
    ['m \n', 1, 'no value'],
    ['m one\n', 1, 'no value'],
    ['m 0x10\n', 1, 'no value'],
    ['m 1_000\n', 1, 'no value'],
    ['m 1,5\n', 1, 'no value'],
    ['m --1\n', 1, 'no value'],
    ['m 1e\n', 1, 'no value'],
    ['m .\n', 1, 'no value'],
    ['m Infinityy\n', 1, 'no value'],
    ['m 1 2 3\n', 1, 'goes on'],
    ['m 1 x\n', 1, 'goes on'],
    ['m 1\r\n', 1, 'no value'],
    ['m{a="1} 1\n', 1, 'does not end'],
    ['m{a="1\n"} 1\n', 1, 'does not end'],
    ['m{a="1\\"} 1\n', 1, 'does not end'],
    ['m{a="1\n', 1, 'does not end'],
    ['m{a="1"\n', 1, 'do not end'],
    ['m{a="1" b="2"} 1\n', 1, 'do not end'],
    ['m{,} 1\n', 1, 'do not end'],
    ['m{a} 1\n', 1, 'without a value'],
    ['m{a=1} 1\n', 1, 'without quotes'],
    ['m{9="1"} 1\n', 1, 'do not end'],
    ['m{a="1",a="2"} 1\n', 1, 'a label a second time'],
    ['m 1\nm 1\n', 2, 'a series a second time'],
    ['m{a="1",b="2"} 1\nm{b="2",a="1"} 2\n', 2, 'a series a second time'],
  ])('refuses %j', (text, line, what) => {
    expect(() => parseExposition(text, wanted)).toThrow(ExpositionError)
    expect(() => parseExposition(text, wanted)).toThrow(new RegExp(`^line ${line}: .*${what}`))
  })

  it('quotes nothing of what it was sent', () => {
    expect(() => parseExposition('m{a="secret"} secret\n', wanted)).toThrow(/^((?!secret).)*$/)
  })

  it.each([
    ['lines', '\n'.repeat(expositionLimits.lines + 1)],
    ['length of a line', `#${' '.repeat(expositionLimits.lineLength)}\n`],
    ['length of a label', `m{a="${'x'.repeat(expositionLimits.labelLength + 1)}"} 1\n`],
    ['labels', `m{${Array.from({ length: 65 }, (_, i) => `l${i}="1"`).join()}} 1\n`],
  ])('has a limit for the %s', (_, text) => {
    expect(() => parseExposition(text, wanted)).toThrow(ExpositionError)
  })

  // Each of these makes a parser that looks at a character more than a few times take minutes.
  it.each([
    ['digits that end wrong', `m ${'1'.repeat(60_000)}x\n`, 60],
    ['decimals that end wrong', `m 1.${'1'.repeat(60_000)}x\n`, 60],
    ['blanks before nothing', `m${' '.repeat(60_000)}\n`, 60],
    ['blanks before a wrong timestamp', `m 1${' '.repeat(60_000)}x\n`, 60],
    ['backslashes without an end', `m{a="${'\\'.repeat(60_000)}\n`, 60],
    ['braces', `m${'{'.repeat(60_000)}\n`, 60],
    ['a name without an end', `${'m'.repeat(60_000)}\n`, 60],
  ])('looks at each character a bounded number of times: %s', (_, line, times) => {
    for (let i = 0; i < times; i += 1) expect(() => parseExposition(line, wanted)).toThrow(ExpositionError)
  })

  it('reads 4 MiB of series of one family', () => {
    const text = Array.from({ length: 90_000 }, (_, i) => `m{label="some value ${i}",b="x"} ${i}\n`).join('')

    expect(parseExposition(text, wanted).get('m')).toHaveLength(90_000)
  })

  it('returns every label value and number as it was written', () => {
    const label = fc.tuple(fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,10}$/), fc.string({ unit: 'binary' }))
    const labelSet = fc.uniqueArray(label, { maxLength: 6, selector: ([name]) => name })
    const value = fc.double({ noNaN: true, noDefaultInfinity: true })
    fc.assert(
      fc.property(labelSet, value, (labels, number) => {
        const pairs = labels.map(([name, text]) => `${name}="${escape(text)}"`)
        const text = `# TYPE m gauge\nm{${pairs.join(',')}} ${number}\n`
        const [sample] = parseExposition(text, wanted).get('m') ?? []

        expect(new Map(Object.entries(sample?.labels ?? {}))).toEqual(new Map(labels))
        expect(sample?.value).toBe(number === 0 ? Number(String(number)) : number)
      }),
      { numRuns: 500 },
    )
  })

  it('never throws anything but its own error, whatever it is sent', () => {
    const pieces = fc.constantFrom(
      'm',
      'm_total',
      '{',
      '}',
      '"',
      '\\',
      ',',
      '=',
      ' ',
      '\t',
      '\n',
      '#',
      '1',
      'NaN',
      'a',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        try {
          parseExposition(parts.join(''), wanted)
        } catch (fault) {
          expect(fault).toBeInstanceOf(ExpositionError)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
