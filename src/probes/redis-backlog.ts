import { compareIds, type GroupInfo, type StreamInfo } from './redis-stream-info.ts'

/** How many entries were never delivered to a group, as far as `XINFO` alone tells. */
export type Backlog =
  | { readonly entries: number; readonly estimated: boolean }
  /** Only counting the entries behind `last-delivered-id` can tell. */
  | 'uncounted'

/**
 * Redis gives no lag for a fresh group that has unread entries, nor after a deletion, and its lag counts entries that
 * were trimmed away unread, for ever (7.0). Two cases need no lag: a group that got the newest entry has none, and to
 * a group that is before the oldest entry all of them are new.
 */
export function backlogOf(stream: StreamInfo, group: GroupInfo): Backlog {
  if (stream.firstId === undefined || compareIds(group.lastDeliveredId, stream.lastId) >= 0)
    return { entries: 0, estimated: false }
  if (isBefore(group, stream.firstId)) return { entries: stream.length, estimated: false }
  if (group.lag !== undefined) return { entries: Math.min(group.lag, stream.length), estimated: false }
  if (stream.entriesAdded === undefined || group.entriesRead === undefined) return 'uncounted'
  const unread = Math.max(0, stream.entriesAdded - group.entriesRead)
  return { entries: Math.min(unread, stream.length), estimated: true }
}

/** Entries that are gone from the stream although the group needs them. */
export interface Loss {
  /** Gone before they were delivered; `unknowable` when Redis does not know what the group has read. */
  readonly undelivered: number | 'unknowable'
  /** Gone while pending; XAUTOCLAIM will drop them without a word. */
  readonly pending: number | 'uncounted'
}

export function lossOf(stream: StreamInfo, group: GroupInfo): Loss {
  return { undelivered: undeliveredLoss(stream, group), pending: pendingLoss(stream, group) }
}

/** Whatever was added, neither read nor still there. It shows until the group reads on. */
function undeliveredLoss(stream: StreamInfo, group: GroupInfo): number | 'unknowable' {
  const { length, entriesAdded, firstId, lastId } = stream
  const gap = firstId === undefined ? isBefore(group, lastId) : isBefore(group, firstId)
  if (!gap || entriesAdded === length) return 0
  if (entriesAdded === undefined || group.entriesRead === undefined) return 'unknowable'
  return Math.max(0, entriesAdded - group.entriesRead - length)
}

function pendingLoss({ firstId }: StreamInfo, group: GroupInfo): number | 'uncounted' {
  const { pending, oldestPending } = group
  if (oldestPending === undefined) return 0
  // Nothing that is pending lies behind what was delivered last.
  if (firstId === undefined || isBefore(group, firstId)) return pending
  if (compareIds(oldestPending.id, firstId) >= 0) return 0
  return pending === 1 ? 1 : 'uncounted'
}

function isBefore({ lastDeliveredId }: GroupInfo, id: string): boolean {
  return compareIds(lastDeliveredId, id) < 0
}
