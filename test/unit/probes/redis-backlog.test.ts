import { describe, expect, test } from 'vitest'
import { backlogOf, lossOf } from '../../../src/probes/redis-stream-info.ts'
import { isAlive, lastSignOfLife, rememberUnread } from '../../../src/probes/redis-groups.ts'
import type { GroupInfo, StreamInfo } from '../../../src/probes/redis-stream-info.ts'

// Entries 1-1 to 10-1 were added and 4-1 to 10-1 are left.
const stream: StreamInfo = { length: 7, entriesAdded: 10, lastId: '10-1', firstId: '4-1', groups: [] }

function group(changes: Partial<GroupInfo> = {}): GroupInfo {
  return {
    name: 'audit-ingestor',
    lastDeliveredId: '6-1',
    entriesRead: 6,
    lag: 4,
    pending: 0,
    oldestPending: undefined,
    consumers: 1,
    lastAsked: 0,
    showsAsking: true,
    ...changes,
  }
}

describe('backlogOf', () => {
  test.each<[string, Partial<GroupInfo>, ReturnType<typeof backlogOf>]>([
    ['what Redis says', {}, { entries: 4, estimated: false }],
    ['never more than the stream holds', { lag: 90 }, { entries: 7, estimated: false }],
    [
      '0 for a group that got the newest entry',
      { lastDeliveredId: '10-1', lag: 3 },
      { entries: 0, estimated: false },
    ],
    [
      'all entries for a group before the oldest',
      { lastDeliveredId: '2-1', lag: 8 },
      { entries: 7, estimated: false },
    ],
    ['T28: from what was read when lag is null', { lag: undefined }, { entries: 4, estimated: true }],
    ['T28: to be counted when nothing is known', { lag: undefined, entriesRead: undefined }, 'uncounted'],
  ])('%s', (_, changes, expected) => {
    expect(backlogOf(stream, group(changes))).toEqual(expected)
  })

  test('an empty stream has no backlog', () => {
    const empty = { ...stream, length: 0, firstId: undefined }
    expect(backlogOf(empty, group({ lastDeliveredId: '2-1', lag: undefined }))).toEqual({
      entries: 0,
      estimated: false,
    })
  })
})

describe('T21: lossOf', () => {
  const pending = (id: string, entries: number) => ({
    pending: entries,
    oldestPending: { id, deliveredAt: 0 },
  })

  test.each<[string, Partial<GroupInfo>, ReturnType<typeof lossOf>]>([
    ['nothing is lost of a group that is past the oldest entry', {}, { undelivered: 0, pending: 0 }],
    [
      'entries added, not read and not there',
      { lastDeliveredId: '1-1', entriesRead: 1 },
      { undelivered: 2, pending: 0 },
    ],
    [
      'unknowable when Redis does not know what was read',
      { lastDeliveredId: '1-1', entriesRead: undefined },
      { undelivered: 'unknowable', pending: 0 },
    ],
    ['0 when unread entries can not be lost', { entriesRead: undefined }, { undelivered: 0, pending: 0 }],
    ['pending entries that are there', pending('5-1', 2), { undelivered: 0, pending: 0 }],
    ['the only pending entry is gone', pending('3-1', 1), { undelivered: 0, pending: 1 }],
    ['some of the pending entries are gone', pending('3-1', 2), { undelivered: 0, pending: 'uncounted' }],
    [
      'all pending entries are gone',
      { ...pending('1-1', 2), lastDeliveredId: '2-1', entriesRead: 2 },
      { undelivered: 1, pending: 2 },
    ],
  ])('%s', (_, changes, expected) => {
    expect(lossOf(stream, group(changes))).toEqual(expected)
  })

  test('a stream from which nothing was ever removed lost nothing', () => {
    const whole = { ...stream, entriesAdded: 7 }
    expect(lossOf(whole, group({ lastDeliveredId: '0-0', entriesRead: undefined })).undelivered).toBe(0)
  })
})

describe('signs of life', () => {
  test('unread time runs from the first look that saw entries left, and ends when one is taken', () => {
    const remember = rememberUnread()
    expect(remember(1_000)('s', stream, group())).toBe(0)
    expect(remember(5_000)('s', stream, group())).toBe(4_000)
    expect(remember(6_000)('s', stream, group({ lastDeliveredId: '7-1' }))).toBe(0)
    expect(remember(7_000)('s', stream, group({ lastDeliveredId: '10-1' }))).toBe(0)
    expect(remember(8_000)('s', stream, group({ lastDeliveredId: '7-1' }))).toBe(0)
  })

  test('where asking in vain does not show, a quiet group lives as long as it leaves nothing unread', () => {
    const older = group({ showsAsking: false, lastAsked: 0 })
    expect(lastSignOfLife(older, 0, 600_000)).toBe(600_000)
    expect(isAlive(older, 59_000, 600_000)).toBe(true)
    expect(isAlive(older, 61_000, 600_000)).toBe(false)
  })

  test('where it does, what counts is when it asked', () => {
    expect(isAlive(group({ lastAsked: 0 }), 0, 60_000)).toBe(true)
    expect(isAlive(group({ lastAsked: 0 }), 0, 60_001)).toBe(false)
    expect(isAlive(group({ lastAsked: undefined, consumers: 0 }), 0, 1)).toBe(false)
  })
})
