import { describe, expect, test } from 'vitest'
import {
  addedAt,
  compareIds,
  decodeGroup,
  decodeStream,
  decodeTime,
  decodeTotals,
  idOf,
} from '../../../src/probes/redis-stream-info.ts'

const consumer = { name: 'c1', 'seen-time': 900, 'pel-count': 1, pending: [['3-1', 900, 1]] }
const group = {
  name: 'audit-ingestor',
  'last-delivered-id': '4-1',
  'entries-read': 4,
  lag: 1,
  'pel-count': 1,
  pending: [['3-1', 'c1', 900, 1]],
  consumers: [consumer],
}
const stream = {
  length: 5,
  'last-generated-id': '5-1',
  'entries-added': 5,
  entries: [['1-1', ['data', 'x']]],
  groups: [group],
}

/** The shape that every older protocol has: names and values in one flat list. */
function flat(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(flat)
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([name, content]) => [name, flat(content)])
  return value
}

const flatStream = flat(stream) as readonly unknown[]

describe('XINFO STREAM FULL', () => {
  test.each([
    ['flat lists', flat(stream)],
    ['objects', stream],
    ['maps', new Map(Object.entries(stream))],
  ])('is decoded from %s', (_, reply) => {
    const info = decodeStream(reply)
    expect(info).toMatchObject({ length: 5, entriesAdded: 5, lastId: '5-1', firstId: '1-1' })
    expect(info?.groups.map(decodeGroup)).toEqual([
      {
        name: 'audit-ingestor',
        lastDeliveredId: '4-1',
        entriesRead: 4,
        lag: 1,
        pending: 1,
        oldestPending: { id: '3-1', deliveredAt: 900 },
        consumers: 1,
        lastAsked: 900,
        showsAsking: false,
      },
    ])
  })

  test('a consumer of Redis 7.2 or later shows that it asks in vain', () => {
    const newer = { ...group, consumers: [{ ...consumer, 'active-time': 800 }] }
    const [decoded] = decodeStream({ ...stream, groups: [newer] })?.groups.map(decodeGroup) ?? []
    expect(decoded?.showsAsking).toBe(true)
  })

  test('null stays unknown and is never 0', () => {
    const fresh = { ...group, 'entries-read': null, lag: null, 'pel-count': 0, pending: [], consumers: [] }
    const [decoded] = decodeStream({ ...stream, groups: [fresh] })?.groups.map(decodeGroup) ?? []
    expect(decoded).toMatchObject({ lag: undefined, entriesRead: undefined, lastAsked: undefined })
  })

  test.each([
    ['no map', 'text'],
    ['a negative length', { ...stream, length: -1 }],
    ['a length that is no number', { ...stream, length: Number.NaN }],
    ['an id that is none', { ...stream, 'last-generated-id': 'x' }],
    ['entries that are missing although there are some', { ...stream, entries: [] }],
    ['a group without a name', { ...stream, groups: [{}] }],
    ['no groups', { ...stream, groups: undefined }],
    ['X82: a count of arrivals that is a list', { ...stream, 'entries-added': [5] }],
    ['X82: a field that is said twice', [...flatStream, 'length', 5]],
    ['X82: a field without a value', [...flatStream, 'more']],
    ['X82: a name that is none', [...flatStream, ['length'], 5]],
  ])('%s is not understood', (_, reply) => {
    expect(decodeStream(reply)).toBeUndefined()
  })

  test.each([
    ['pending entries that are missing', { ...group, pending: [] }],
    ['X82: a lag that is a word', { ...group, lag: 'none' }],
    ['X82: a count of read entries that is a list', { ...group, 'entries-read': [] }],
    ['no last delivered id', { ...group, 'last-delivered-id': null }],
    ['a consumer without a time', { ...group, consumers: [{ name: 'c1' }] }],
  ])('a group with %s is not understood', (_, reply) => {
    expect(decodeStream({ ...stream, groups: [reply] })?.groups.map(decodeGroup)).toEqual([undefined])
  })

  test('totals come from either form', () => {
    const totals = { length: 5, entriesAdded: 5, lastId: '5-1' }
    expect(decodeTotals(flat(stream))).toEqual(totals)
    expect(decodeTotals({ ...stream, groups: 3 })).toEqual(totals)
    expect(decodeTotals([])).toBeUndefined()
  })
})

test('ids are compared by both halves, as 64-bit numbers', () => {
  expect(compareIds('9-1', '10-0')).toBeLessThan(0)
  expect(compareIds('10-2', '10-10')).toBeLessThan(0)
  expect(compareIds('10-2', '10-2')).toBe(0)
  expect(compareIds('18446744073709551615-1', '18446744073709551614-9')).toBeGreaterThan(0)
  expect(addedAt('1700000000123-7')).toBe(1_700_000_000_123)
  expect(['0-0', '7-10', '07-1', '7-01', '7', '-7-1'].map(idOf)).toEqual(['0-0', '7-10', ...Array(4)])
})

test('TIME is read in milliseconds', () => {
  expect(decodeTime(['1700000000', '250000'])).toBe(1_700_000_000_250)
  expect(decodeTime(['x', 'y'])).toBeUndefined()
  expect(decodeTime([null, null])).toBeUndefined()
  expect(decodeTime(['1700000000'])).toBeUndefined()
  expect(decodeTime([[1_700_000_000], [1]])).toBeUndefined()
  expect(decodeTime(['1700000000', '1000000'])).toBeUndefined()
  expect(decodeTime('1700000000')).toBeUndefined()
})
