import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Answer, Finding } from '../../../src/core/finding.ts'
import { judge, worstFirst } from '../../../src/core/judge.ts'
import { evidenceOf } from '../../../src/core/evidence.ts'
import { plain } from '../../../src/core/text.ts'
import { inWords } from '../../../src/core/time.ts'
import { shallow } from './small-rules.ts'

function finding(key: string, answer: Answer, reason = 'r'): Finding {
  return { key, answer, reason, message: '' }
}

const recollection = { now: 0, baseline: () => undefined, baselines: () => [] }

describe('findings', () => {
  it('R31: are listed from worst to best, by key among equals', () => {
    const found = worstFirst([
      finding('b', 'met'),
      finding('b', 'near'),
      finding('b', 'unknown'),
      finding('b', 'unmet'),
      finding('a', 'unmet'),
    ])
    expect(found.map(({ key, answer }) => `${key} ${answer}`)).toEqual([
      'a unmet',
      'b unmet',
      'b unknown',
      'b near',
      'b met',
    ])
  })

  it('R31: are listed by how close they are to their limit among equals, and not by name', () => {
    const at = (key: string, value: number): Finding => ({
      ...finding(key, 'met'),
      observed: { value, unit: 'entries' },
      threshold: { op: '<=', value: 10 },
    })
    expect(worstFirst([at('a', 1), at('b', 9), at('c', 5)]).map(({ key }) => key)).toEqual(['b', 'c', 'a'])
  })

  it('R31: about one subject are the worst of them', () => {
    const findings = [
      finding('a', 'met'),
      finding('a', 'unmet'),
      finding('a', 'unknown'),
      finding('b', 'met'),
    ]
    fc.assert(
      fc.property(fc.shuffledSubarray(findings, { minLength: 4 }), (shuffled) => {
        const condition = { ...shallow, judge: () => shuffled }
        const found = judge(condition, evidenceOf(new Map(), new Map(), 0), recollection)
        expect(found.map(({ key, answer }) => `${key} ${answer}`)).toEqual(['a unmet', 'b met'])
      }),
    )
  })

  it('R31: do not depend on the order in which they were made', () => {
    const findings = [finding('a', 'unmet', 'x'), finding('a', 'unmet', 'y'), finding('a', 'unmet', 'z')]
    fc.assert(
      fc.property(fc.shuffledSubarray(findings, { minLength: 3 }), (shuffled) => {
        expect(worstFirst(shuffled)[0]?.reason).toBe('x')
      }),
    )
  })

  it('R04: of a condition that has nothing to say are one unknown', () => {
    expect(judge(shallow, evidenceOf(new Map(), new Map(), 0), recollection)).toMatchObject([
      { key: 'evidence', answer: 'unknown', unknownReason: 'never_measured' },
    ])
  })
})

describe('text from a target', () => {
  it('becomes one line without anything that a terminal acts on', () => {
    expect(plain('  a\nb\u001b[31mc\u202ed\u0000 ')).toBe('a b [31mc d')
    expect(plain('x'.repeat(400))).toHaveLength(300)
    expect(plain('abcdef', 4)).toBe('abc…')
    expect(plain('a\ud800')).toBe('a\ufffd')
  })

  it('is never longer than its limit, nor in more than one line', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const line = plain(text, 20)
        expect(line.length).toBeLessThanOrEqual(20)
        // oxlint-disable-next-line no-control-regex
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/)
      }),
    )
  })
})

describe('a span in words', () => {
  it.each([
    [850, '850 ms'],
    [1_000, '1 s'],
    [42_000, '42 s'],
    [119_499, '119 s'],
    [120_000, '2 min'],
    [300_000, '5 min'],
    [3_600_000, '1 h'],
    [5_700_000, '1 h 35 min'],
  ])('%i ms is %s', (span, words) => {
    expect(inWords(span)).toBe(words)
  })
})
