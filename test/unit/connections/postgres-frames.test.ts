import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { ConnectionFault } from '../../../src/connections/postgres-message.ts'
import { ANSWER_BYTES, Frames } from '../../../src/connections/postgres-frames.ts'
import { conversations, type Conversation } from '../../support/postgres-mutations.ts'
import {
  authentication,
  complete,
  description,
  int16,
  int32,
  login,
  message,
  one,
  preamble,
  ready,
  report,
  row,
  saslMechanisms,
  text,
} from '../../support/postgres-messages.ts'

/** What gets through to pg, and what ends the connection. */
function passed({ login: greeting, look }: Conversation): {
  readonly frames: Buffer[]
  readonly fault: unknown
} {
  const frames = new Frames()
  const through: Buffer[] = []
  try {
    for (const piece of greeting) through.push(...frames.take(piece))
    if (frames.isIdle) {
      frames.expect(2)
      for (const piece of look) through.push(...frames.take(piece))
    }
    return { frames: through, fault: undefined }
  } catch (fault) {
    return { frames: through, fault }
  }
}

/** `malformed: a message of length 0`, or undefined when all of it gets through. */
function faultOf(conversation: Partial<Conversation>): string | undefined {
  const { fault } = passed({ login, look: [...preamble(), ...one], ...conversation })
  if (fault === undefined) return undefined
  return fault instanceof Error ? fault.message : 'something else'
}

/** What pg's parser makes of it, as pg itself uses it. */
function parsed(pieces: readonly Buffer[]): readonly string[] {
  const stream = Object.assign(new PassThrough(), { connect: () => {}, setNoDelay: () => {} })
  const connection = new pg.Connection({ stream: () => stream }) as pg.Connection & { connect(): void }
  const names: string[] = []
  connection.on('message', ({ name }: { readonly name: string }) => names.push(name))
  connection.connect()
  for (const piece of pieces) stream.emit('data', piece)
  return names
}

test('X80: an honest login and answer get through whole, however they are cut', () => {
  const all = [...login, ...preamble(), ...one]
  const whole = Buffer.concat([...preamble(), ...one])
  for (let at = 0; at <= whole.length; at += 1) {
    const look = [whole.subarray(0, at), whole.subarray(at)]
    expect(passed({ login, look })).toEqual({ frames: all, fault: undefined })
  }
  expect(passed({ login, look: [...whole].map((byte) => Buffer.from([byte])) })).toEqual({
    frames: all,
    fault: undefined,
  })
})

test('X80: whatever a server sends, pg gets only messages that its parser takes, and each one that it gets is whole', () => {
  fc.assert(
    fc.property(conversations, (conversation) => {
      const { frames, fault } = passed(conversation)
      expect(fault === undefined || fault instanceof ConnectionFault).toBe(true)
      expect(parsed(frames)).toHaveLength(frames.length)
    }),
    { numRuns: 5_000, seed: 80 },
  )
})

test('R66: an answer that is cut short is never a whole one (X80)', () => {
  const whole = Buffer.concat([...preamble(), ...one])
  for (let end = 0; end < whole.length; end += 1) {
    const { frames, fault } = passed({ login, look: [whole.subarray(0, end)] })
    expect(fault).toBeUndefined()
    expect(parsed(frames).slice(login.length)).not.toContain('readyForQuery')
  }
})

describe('X80: a login ends at', () => {
  test.each<readonly [string, readonly Buffer[], string]>([
    ['another protocol', [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')], 'malformed: a message H'],
    ['a greeting of SSH', [Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n')], 'malformed: a message S'],
    ['GSSAPI', [authentication(7)], 'authentication: GSSAPI'],
    ['SSPI', [authentication(9)], 'authentication: SSPI'],
    ['a login that does not exist', [authentication(99)], 'malformed: a message R99'],
    ['a request without a number', [message('R')], 'malformed: a message R of 0 bytes'],
    ['a salt that is too short', [authentication(5, Buffer.alloc(3))], 'malformed: a message R'],
    ['mechanisms without an end', [authentication(10, text('SCRAM-SHA-256'))], 'malformed: a message R'],
    ['a proof before a mechanism', [authentication(12)], 'malformed: a message R12'],
    [
      'a way in before the proof',
      [saslMechanisms('SCRAM-SHA-256'), authentication(0)],
      'malformed: a message R0',
    ],
    [
      'a second challenge, which would cost a processor',
      [saslMechanisms('SCRAM-SHA-256'), authentication(11), authentication(11)],
      'malformed: a message R11',
    ],
    ['a setting before the login', [message('S', text('a'), text('b'))], 'malformed: a message S'],
    ['a setting without a value', [authentication(0), message('S', text('a'))], 'malformed: a message S'],
    ['a key that is too short', [authentication(0), message('K', int32(1))], 'malformed: a message K'],
    [
      'a transaction that is open',
      [authentication(0), message('Z', Buffer.from('T'))],
      'malformed: a message Z',
    ],
    ['a row', [authentication(0), row('1')], 'malformed: a message D'],
    ['something after a farewell', [report('E', 'FATAL', '28P01'), ready], 'malformed: a message Z'],
  ])('%s', (_, greeting, fault) => {
    expect(faultOf({ login: greeting })).toContain(fault)
  })
})

describe('X80: an answer ends at', () => {
  const described = [...preamble(), message('1'), message('2'), description({ one: 23 })]
  test.each<readonly [string, readonly Buffer[], string]>([
    ['a length of 0', [Buffer.from([0x31, 0, 0, 0, 0])], 'malformed: a message of length 0'],
    ['a negative length', [Buffer.from([0x31, 255, 255, 255, 255])], 'malformed: a message of length -1'],
    ['an error without an end', [message('E', text('SERROR'))], 'malformed: a message E'],
    ['an error without fields', [message('E', Buffer.alloc(1))], 'malformed: a message E'],
    ['an error of 0 bytes', [message('E')], 'malformed: a message E'],
    ['a notice whose text has no end', [message('N', Buffer.from('SNOTICE'))], 'malformed: a message N'],
    [
      'a negative number of columns',
      [...preamble(), message('1'), message('2'), message('T', int16(-1))],
      'malformed: a message T',
    ],
    [
      'a row before its description',
      [...preamble(), message('1'), message('2'), row('1')],
      'malformed: a message D',
    ],
    ['more values than columns', [...described, row('1', '2')], 'malformed: a message D'],
    ['fewer values than columns', [...described, row()], 'malformed: a message D'],
    ['a negative number of values', [...described, message('D', int16(-1))], 'malformed: a message D'],
    [
      'a value that is longer than its row',
      [...described, message('D', int16(1), int32(9), text('1'))],
      'malformed: a message D',
    ],
    ['a value of length -2', [...described, message('D', int16(1), int32(-2))], 'malformed: a message D'],
    ['an end without the second answer', [...preamble(), ready], 'malformed: a message Z'],
    ['an end before the rows are complete', [...described, row('1'), ready], 'malformed: a message Z'],
    ['an answer that nobody asked for', [...preamble(), ...one, ...one], 'malformed: a message 1'],
    [
      'a copy',
      [...preamble(), message('1'), message('2'), message('H', Buffer.from([0, 0, 0]))],
      'malformed: a message H',
    ],
    ['a message of no type', [message('\0')], 'malformed: a message 0x00'],
  ])('%s', (_, look, fault) => {
    expect(faultOf({ look })).toContain(fault)
  })
})

test('X80: notices, settings and notifications may come amid an answer, and a refusal in place of it', () => {
  const notice = report('N', 'NOTICE', '00000')
  const setting = message('S', text('TimeZone'), text('UTC'))
  const notification = message('A', int32(1), text('channel'), text(''))
  const amid = [...preamble(), ...one].flatMap((part) => [notice, setting, notification, part])
  expect(faultOf({ look: amid })).toBeUndefined()
  expect(faultOf({ look: [...preamble(), report('E', 'ERROR', '42P01'), ready] })).toBeUndefined()
  expect(faultOf({ look: [...preamble(), ...one, report('E', 'FATAL', '57P01')] })).toBeUndefined()
})

describe('X82: an answer', () => {
  const described = [...preamble(), message('1'), message('2'), description({ one: 23 })]
  const free = ANSWER_BYTES - Buffer.concat([...described, complete(), ready]).length

  test('of as many bytes as one may have gets through, and one of a byte more does not', () => {
    const filler = free - row('').length
    const whole = (length: number) => [...described, row('1'.repeat(length)), complete(), ready]
    expect(faultOf({ look: whole(filler) })).toBeUndefined()
    expect(faultOf({ look: whole(filler + 1) })).toBe('too_large: more than 256 KiB')
  })

  test('that announces a gigabyte ends at its header, and none of it is kept', () => {
    const header = Buffer.from([0x44, 0x40, 0, 0, 0])
    expect(faultOf({ look: [...described, header] })).toBe('too_large: more than 256 KiB')
  })

  test('is counted by itself: what came before the last one was asked for does not count', () => {
    const frames = new Frames()
    const look = [...described, row('1'.repeat(free - row('').length)), complete(), ready]
    for (const piece of login) void [...frames.take(piece)]
    for (let n = 0; n < 3; n += 1) {
      frames.expect(2)
      for (const piece of look) void [...frames.take(piece)]
    }
    expect(frames.isIdle).toBe(true)
  })

  test.each([
    ['rows', row('1')],
    ['notices', report('N', 'NOTICE', '00000')],
    ['settings', message('S', text('TimeZone'), text('UTC'))],
  ])('of %s without an end ends at the bound', (_, piece) => {
    const look = [...described, ...Array.from({ length: ANSWER_BYTES / piece.length }, () => piece)]
    expect(faultOf({ look })).toBe('too_large: more than 256 KiB')
  })

  test('that nobody asked for, between looks, is bounded too', () => {
    const setting = message('S', text('TimeZone'), text('UTC'))
    const greeting = [...login, ...Array.from({ length: ANSWER_BYTES / setting.length }, () => setting)]
    expect(faultOf({ login: greeting })).toBe('too_large: more than 256 KiB')
  })
})
