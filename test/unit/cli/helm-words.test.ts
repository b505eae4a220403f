import { describe, expect, it } from 'vitest'
import { helmWords, isTooOld } from '../../../src/cli/helm.ts'
import { maskFor } from '../../../src/cli/masking.ts'
import { valueTexts } from '../../../src/manifest/values.ts'

describe('the words of helm', () => {
  it('are its errors with what is indented below, on one line', () => {
    const stdout =
      '==> Linting c\n[INFO] icon is recommended\n[ERROR] templates/: c/a.yaml:1\n  executing at <.x>:\n    nil\n\nnext\n'
    expect(helmWords(stdout, 'Error: 1 chart(s) linted, 1 chart(s) failed\n')).toBe(
      '[ERROR] templates/: c/a.yaml:1 executing at <.x>: nil',
    )
    expect(helmWords('', 'level=INFO msg="x"\nError: execution error\n\nUse --debug flag\n')).toBe(
      'Error: execution error',
    )
  })

  it('are its warnings where there is no error, and the first lines where there is neither', () => {
    expect(helmWords('[INFO] a\n[WARNING] b\n', 'Error: 1 chart(s) linted, 1 chart(s) failed')).toBe(
      '[WARNING] b',
    )
    expect(helmWords('\n\none\ntwo\nthree\nfour\nfive', '')).toBe('one two three four')
  })

  it('tell a helm that does not know what it was asked', () => {
    expect(isTooOld('Error: unknown flag: --is-upgrade')).toBe(true)
    expect(isTooOld('Error: the chart says unknown flag')).toBe(false)
  })
})

describe('a mask', () => {
  const mask = maskFor(['hunter2@', 'line one\nline two', '12345', '123456', 'abc', 'caracal'], ['caracal'])

  it.each([
    ['as it is', 'it is hunter2@', 'it is ***'],
    ['in base64', `it is ${btoa('hunter2@')}`, 'it is ***='],
    ['in a URL', 'redis://x:hunter2%40@y', 'redis://x:***@y'],
    ['line by line', 'got line two', 'got ***'],
    ['cut off by Go', 'cannot unmarshal !!str `hunter...` into int', 'cannot unmarshal !!str *** into int'],
    ['a long number', 'port 123456', 'port ***'],
  ])('takes out a value %s', (_, text, expected) => {
    expect(mask(text)).toBe(expected)
  })

  it.each(['port 12345', 'abc', 'caracal/templates/a.yaml'])('leaves %s, which is no secret', (text) => {
    expect(mask(text)).toBe(text)
  })

  it('takes out quotes as programs write them', () => {
    expect(maskFor(['a"b\\c'], [])('is "a\\"b\\\\c"')).toBe('is "***"')
  })

  it('takes out the longer of two values, of which one stands in the other', () => {
    expect(maskFor(['secret', 'secret-more'], [])('secret-more')).toBe('***')
  })
})

describe('the values of a file', () => {
  it('are all scalars, however deep and however written, and no key', () => {
    const texts =
      valueTexts('a: one\nb: [two, {c: "th\\tree"}]\nd: 0x1F\ne: true\nf: ~\ng: &x five\nh: *x\n') ?? []
    expect([...texts].toSorted()).toEqual(['0x1F', '31', 'five', 'one', 'th\tree', 'two'].toSorted())
  })

  it.each([['a: [1, secret'], ['a: 1\na: 2'], ['x'.repeat(2 ** 20 + 1)]])('are not known of %#', (text) => {
    expect(valueTexts(text)).toBeUndefined()
  })
})
