import { describe, expect, it } from 'vitest'
import { seenIn } from '../../../bench/monitor.ts'
import { TooLate, within } from '../../../bench/deadline.ts'

describe('X51: a line of MONITOR', () => {
  it.each([
    [
      'a command with a word behind it',
      '+1764460800.123456 [0 127.0.0.1:40000] "xinfo" "STREAM" "a b"',
      { at: 1_764_460_800_123.456, from: '127.0.0.1:40000', name: 'XINFO', sub: 'STREAM' },
    ],
    ['a command alone', '+1.5 [2 [::1]:7] "PING"', { at: 1_500, from: '[::1]:7', name: 'PING', sub: '' }],
    [
      'quotes, brackets and line ends within a word',
      String.raw`+1.5 [0 127.0.0.1:1] "SET" "a\"b] [0 x] \r\n" "v"`,
      { at: 1_500, from: '127.0.0.1:1', name: 'SET', sub: String.raw`a\"b] [0 x] \r\n` },
    ],
    ['a command of a script', '+1.5 [0 lua] "get" "k"', { at: 1_500, from: 'lua', name: 'GET', sub: 'k' }],
  ])('is read: %s', (_, text, seen) => {
    expect(seenIn(text)).toEqual(seen)
  })

  it.each(['+OK', '-ERR unknown command', '+OK [0 127.0.0.1:1] "PING"', ''])('is none: %j', (text) => {
    expect(seenIn(text)).toBeUndefined()
  })
})

describe('X51: a part of the benchmark', () => {
  it('ends with an error that names it when it is late, and is not waited for', async () => {
    const forever = new Promise<never>(() => {})
    await expect(within('Redis', 0.01, () => forever)).rejects.toEqual(
      new TooLate('Redis: not within 0.01 s'),
    )
  })

  it('gives what it found, or its own error', async () => {
    await expect(within('Redis', 60, () => Promise.resolve(1))).resolves.toBe(1)
    await expect(within('Redis', 60, () => Promise.reject(new RangeError('own')))).rejects.toThrow('own')
  })
})
