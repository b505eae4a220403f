import { describe, expect, it } from 'vitest'
import type { HttpAnswer } from '../../../src/connections/http-exchange.ts'
import { LastAnswer } from '../../../src/connections/last-answer.ts'

const json = { status: 200, contentType: 'application/json' }
const LIMIT = 1_000_000

/** Reads an answer whose body comes in these pieces. */
function read(
  last: LastAnswer,
  pieces: readonly string[],
  head: Omit<HttpAnswer, 'body'> = json,
): HttpAnswer {
  last.begin()
  for (const piece of pieces) last.add(Buffer.from(piece), LIMIT)
  return last.end(head)
}

describe('an answer after another', () => {
  it('is the same object when it has the same bytes, however they are cut', () => {
    const last = new LastAnswer()
    const first = read(last, ['{"ok":', 'true}'])
    expect(first).toEqual({ ...json, body: '{"ok":true}' })
    expect(read(last, ['{"ok":true}'])).toBe(first)
    expect(read(last, ['{', '"ok":tru', 'e}'])).toBe(first)
    const empty = read(last, [])
    expect(empty).toEqual({ ...json, body: '' })
    expect(read(last, [])).toBe(empty)
  })

  it.each([
    ['another byte', ['{"ok":trus}']],
    ['another first byte', ['["ok":true}']],
    ['a byte less', ['{"ok":true']],
    ['a byte more', ['{"ok":true}', ' ']],
    ['the same beginning in a piece', ['{"ok":', 'false,"reason":"é"}']],
  ])('is another one with %s, and so is the one after it that is the first again', (_, pieces) => {
    const last = new LastAnswer()
    const first = read(last, ['{"ok":true}'])
    const second = read(last, pieces)
    expect(second).toEqual({ ...json, body: pieces.join('') })
    expect(read(last, pieces)).toBe(second)
    const third = read(last, ['{"ok":true}'])
    expect(third).toEqual(first)
    expect(third).not.toBe(first)
  })

  it.each([
    ['status', { ...json, status: 503 }],
    ['type', { ...json, contentType: 'text/html' }],
  ])('is another one with another %s', (_, head) => {
    const last = new LastAnswer()
    read(last, ['x'])
    expect(read(last, ['x'], head)).toEqual({ ...head, body: 'x' })
    expect(read(last, ['x'])).toEqual({ ...json, body: 'x' })
  })

  it('is another one when it says when to ask again', () => {
    const last = new LastAnswer()
    const head = { status: 429, contentType: '' }
    const answers = ['7', '6'].map((retryAfter) => read(last, ['x'], { ...head, retryAfter }))
    expect(answers.map(({ retryAfter }) => retryAfter)).toEqual(['7', '6'])
  })

  it('is known for the same after one that broke off, and never for the same as a part of it', () => {
    const last = new LastAnswer()
    const first = read(last, ['abc'])
    last.begin()
    last.add(Buffer.from('ab'), LIMIT)
    expect(read(last, ['abc'])).toBe(first)
    last.begin()
    last.add(Buffer.from('aX'), LIMIT)
    const second = read(last, ['abc'])
    expect(second).toEqual(first)
    expect(second).not.toBe(first)
  })

  it('is not kept when it is large', () => {
    const last = new LastAnswer()
    const large = 'x'.repeat(100_000)
    const first = read(last, [large])
    const second = read(last, [large])
    expect(second).toEqual(first)
    expect(second).not.toBe(first)
  })
})
