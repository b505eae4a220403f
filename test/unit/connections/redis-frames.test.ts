import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RedisFault } from '../../../src/connections/redis-unavailable.ts'
import { answerBounds, FrameReader, type AnswerBounds } from '../../../src/connections/redis-frames.ts'

const small: AnswerBounds = { bytes: 1_000, elements: 20, depth: 4, line: 40 }

/** How many frames there are, or the code of what is held against them. */
function framesIn(chunks: readonly (Uint8Array | string)[], bounds = answerBounds): number | string {
  let frames = 0
  const reader = new FrameReader(bounds, { end: () => (frames += 1) })
  try {
    for (const chunk of chunks) reader.read(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
  } catch (fault) {
    if (fault instanceof RedisFault) return fault.code
    throw fault
  }
  return frames
}

/** The same bytes, cut at these places. */
function cutAt(bytes: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...cuts].map((from, at) => bytes.subarray(from, cuts[at] ?? bytes.length))
}

const { frame } = fc.letrec<{ frame: string; list: string }>((tie) => ({
  frame: fc.oneof(
    { maxDepth: 5 },
    fc.stringMatching(/^[ -~]{0,20}$/).map((text) => `+${text}\r\n`),
    fc.stringMatching(/^[ -~]{0,20}$/).map((text) => `-ERR ${text}\r\n`),
    fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }).map((number) => `:${number}\r\n`),
    fc.string({ unit: 'binary' }).map((text) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`),
    fc.constantFrom('$-1\r\n', '*-1\r\n', '$0\r\n\r\n', '*0\r\n'),
    tie('list'),
  ),
  list: fc.array(tie('frame'), { maxLength: 4 }).map((values) => `*${values.length}\r\n${values.join('')}`),
}))

describe('R68: bytes of Redis are framed and bounded', () => {
  test('X82: every sequence of frames is counted, however it is cut', () => {
    const cut = fc.array(fc.nat(), { maxLength: 12 })
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 6 }), cut, (frames, places) => {
        expect(framesIn(cutAt(Buffer.from(frames.join('')), places))).toBe(frames.length)
      }),
      { seed: 82, numRuns: 300 },
    )
  })

  test('X82: no byte at all makes it throw anything else, and how it is cut changes nothing', () => {
    const alphabet = fc.constantFrom(...Array.from('*$:+-\r\n0123456789aé~>%'), '\r\n')
    const bytes = fc.array(alphabet, { maxLength: 60 }).map((parts) => Buffer.from(parts.join('')))
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(), { maxLength: 12 }), (sent, places) => {
        expect(framesIn(cutAt(sent, places), small)).toBe(framesIn([sent], small))
      }),
      { seed: 82, numRuns: 2_000 },
    )
  })

  test('X82: an answer that was cut off is never a whole one', () => {
    fc.assert(
      fc.property(frame, fc.nat(), (whole, place) => {
        const bytes = Buffer.from(whole)
        expect(framesIn([bytes.subarray(0, place % bytes.length)])).toBe(0)
      }),
      { seed: 82, numRuns: 300 },
    )
  })

  test.each([
    ['a length beyond the bytes, before a byte of it', '$1001\r\n', 'REDIS_TOO_LARGE'],
    ['a length of a gigabyte', '$1073741824\r\n', 'REDIS_TOO_LARGE'],
    ['a list beyond the values, before one of them', '*20\r\n', 'REDIS_TOO_LARGE'],
    ['a list of four billion', '*4294967296\r\n', 'REDIS_TOO_LARGE'],
    ['lists too deep', '*1\r\n'.repeat(5), 'REDIS_TOO_LARGE'],
    ['a line without an end', `+${'x'.repeat(41)}`, 'REDIS_TOO_LARGE'],
    ['many values that add up', `*19\r\n${':1\r\n'.repeat(21)}`, 'REDIS_TOO_LARGE'],
    ['texts that add up', `*2\r\n$600\r\n${'x'.repeat(600)}\r\n$600\r\n`, 'REDIS_TOO_LARGE'],
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n', 'REDIS_MALFORMED'],
    ['a type of RESP3', '%1\r\n', 'REDIS_MALFORMED'],
    ['a push of RESP3', '>2\r\n', 'REDIS_MALFORMED'],
    ['a negative length', '$-2\r\n', 'REDIS_MALFORMED'],
    ['a null with a leading zero', '*-01\r\n', 'REDIS_MALFORMED'],
    ['no length', '$\r\n', 'REDIS_MALFORMED'],
    ['a length that is none', '$1x\r\n', 'REDIS_MALFORMED'],
    ['a number of twenty digits', `:${'9'.repeat(20)}\r\n`, 'REDIS_MALFORMED'],
    ['a text that is longer than its length', '$1\r\nab\r\n', 'REDIS_MALFORMED'],
    ['a return without its line feed', '+OK\rx', 'REDIS_MALFORMED'],
    ['a line feed alone', '+OK\n', 'REDIS_MALFORMED'],
  ])('X82: %s ends the connection', (_, bytes, code) => {
    expect(framesIn([bytes], small)).toBe(code)
  })

  test('X82: what was counted before does not burden the next answer', () => {
    const reader = new FrameReader(small, { end: () => reader.renew() })
    for (let answer = 0; answer < 100; answer += 1) reader.read(Buffer.from(`$500\r\n${'x'.repeat(500)}\r\n`))
  })
})
