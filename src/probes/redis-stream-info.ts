import type { Millis } from '../core/time.ts'

/** A stream as `XINFO STREAM` shows it. Ids are texts of the form `milliseconds-sequence`. */
export interface StreamInfo {
  readonly length: number
  /** Undefined before Redis 7. */
  readonly entriesAdded: number | undefined
  readonly lastId: string
  /** Id of the oldest entry; undefined when the stream is empty. */
  readonly firstId: string | undefined
  /** Only their names are known; decodeGroup() tells the rest. */
  readonly groups: readonly NamedGroup[]
}

export interface NamedGroup {
  readonly name: string
  readonly fields: Fields
}

export interface GroupInfo {
  readonly name: string
  readonly lastDeliveredId: string
  /** Undefined while Redis does not know how many entries the group has read. */
  readonly entriesRead: number | undefined
  /** Undefined while Redis does not know it. */
  readonly lag: number | undefined
  readonly pending: number
  readonly oldestPending: { readonly id: string; readonly deliveredAt: Millis } | undefined
  readonly consumers: number
  /**
   * When a consumer last asked for entries, by the clock of Redis; before Redis 7.2: when it last got some, and a
   * consumer that never got any is not known.
   */
  readonly lastAsked: Millis | undefined
  /** Whether asking in vain shows; undefined when there is no consumer to tell by. */
  readonly showsAsking: boolean | undefined
}

type Fields = ReadonlyMap<string, unknown>

/** Decodes the reply to `XINFO STREAM name FULL`, or undefined when it has another shape. */
export function decodeStream(reply: unknown): StreamInfo | undefined {
  const fields = fieldsOf(reply)
  const length = countIn(fields, 'length')
  const lastId = idOf(fields?.get('last-generated-id'))
  const entries = fields?.get('entries')
  const groups = fields?.get('groups')
  if (length === undefined || lastId === undefined || !Array.isArray(entries) || !Array.isArray(groups))
    return undefined
  const [oldest] = entries as readonly unknown[]
  const firstId = Array.isArray(oldest) ? idOf(oldest[0]) : undefined
  const named = groups.map(nameGroup)
  if ((length > 0 && firstId === undefined) || named.includes(undefined)) return undefined
  if (!mayLack(fields, 'entries-added')) return undefined
  return {
    length,
    entriesAdded: countIn(fields, 'entries-added'),
    lastId,
    firstId,
    groups: named.filter((group) => group !== undefined),
  }
}

/** Length and arrivals from the reply to `XINFO STREAM name` of either form, or undefined when it has another shape. */
export function decodeTotals(
  reply: unknown,
): Pick<StreamInfo, 'length' | 'entriesAdded' | 'lastId'> | undefined {
  const fields = fieldsOf(reply)
  const length = countIn(fields, 'length')
  const lastId = idOf(fields?.get('last-generated-id'))
  if (length === undefined || lastId === undefined || !mayLack(fields, 'entries-added')) return undefined
  return { length, entriesAdded: countIn(fields, 'entries-added'), lastId }
}

/** Decodes one group of a stream, or undefined when it has another shape. */
export function decodeGroup({ name, fields }: NamedGroup): GroupInfo | undefined {
  const lastDeliveredId = idOf(fields.get('last-delivered-id'))
  const pending = countIn(fields, 'pel-count')
  const consumers = fields.get('consumers')
  const oldest = oldestPendingOf(fields.get('pending'))
  if (lastDeliveredId === undefined || pending === undefined || !Array.isArray(consumers)) return undefined
  if (pending > 0 && oldest === undefined) return undefined
  if (!mayLack(fields, 'entries-read') || !mayLack(fields, 'lag')) return undefined
  const known = consumers.map((consumer) => fieldsOf(consumer))
  const seen = known.map((consumer) => countIn(consumer, 'seen-time')).filter((time) => time !== undefined)
  if (seen.length < known.length) return undefined
  return {
    name,
    lastDeliveredId,
    entriesRead: countIn(fields, 'entries-read'),
    lag: countIn(fields, 'lag'),
    pending,
    oldestPending: pending > 0 ? oldest : undefined,
    consumers: consumers.length,
    lastAsked: seen.length > 0 ? seen.reduce((a, b) => Math.max(a, b)) : undefined,
    // Redis 7.2 told the two times apart.
    showsAsking: known.length > 0 ? known.some((consumer) => consumer?.has('active-time')) : undefined,
  }
}

/** Decodes the reply to `TIME` into milliseconds since the epoch, with fractions. */
export function decodeTime(reply: unknown): Millis | undefined {
  const [seconds, microseconds, ...more] = Array.isArray(reply) ? (reply as readonly unknown[]) : []
  const [whole, part] = [countOf(seconds), countOf(microseconds)]
  if (whole === undefined || part === undefined || part >= 1_000_000 || more.length > 0) return undefined
  return whole * 1_000 + part / 1_000
}

/** Negative when `a` was added before `b`, 0 when they are the same. */
export function compareIds(a: string, b: string): number {
  if (a === b) return 0
  const [dash, otherDash] = [a.indexOf('-'), b.indexOf('-')]
  return (
    compareNumbers(a.slice(0, dash), b.slice(0, otherDash)) ||
    compareNumbers(a.slice(dash + 1), b.slice(otherDash + 1))
  )
}

/** Both are 64-bit numbers, which a double does not hold, and written without leading zeros. */
function compareNumbers(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
}

/** When the entry was added, by the clock of Redis, unless its producer chose the id. */
export function addedAt(id: string): Millis {
  return Number(id.slice(0, id.indexOf('-')))
}

function nameGroup(group: unknown): NamedGroup | undefined {
  const fields = fieldsOf(group)
  const name = fields?.get('name')
  return fields === undefined || typeof name !== 'string' ? undefined : { name, fields }
}

function oldestPendingOf(pending: unknown): GroupInfo['oldestPending'] {
  const oldest: unknown = Array.isArray(pending) ? pending[0] : undefined
  if (!Array.isArray(oldest)) return undefined
  const id = idOf(oldest[0])
  const deliveredAt = countOf(oldest[2])
  return id === undefined || deliveredAt === undefined ? undefined : { id, deliveredAt }
}

/** Names and values come as a flat list or, from a newer protocol, as an object or a map. */
function fieldsOf(reply: unknown): Fields | undefined {
  if (reply instanceof Map) return reply as Fields
  if (Array.isArray(reply)) return fieldsIn(reply)
  return typeof reply === 'object' && reply !== null ? new Map(Object.entries(reply)) : undefined
}

function fieldsIn(list: readonly unknown[]): Fields | undefined {
  const fields = new Map<string, unknown>()
  for (let at = 0; at < list.length; at += 2) {
    const name = list[at]
    // What is said twice could be believed either way.
    if (typeof name !== 'string' || at + 1 === list.length || fields.has(name)) return undefined
    fields.set(name, list[at + 1])
  }
  return fields
}

/** Redis leaves the field out, has null or a number of no use there for what it does not know; never another type. */
function mayLack(fields: Fields | undefined, name: string): boolean {
  const value = fields?.get(name) ?? null
  return value === null || typeof value === 'number' || countOf(value) !== undefined
}

function countIn(fields: Fields | undefined, name: string): number | undefined {
  return countOf(fields?.get(name))
}

function countOf(value: unknown): number | undefined {
  if (typeof value === 'string' && !/^\d+$/.test(value)) return undefined
  if (typeof value !== 'number' && typeof value !== 'string') return undefined
  const count = Number(value)
  return Number.isSafeInteger(count) && count >= 0 ? count : undefined
}

/** An id as Redis writes it, or undefined for anything else. */
export function idOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^(0|[1-9]\d{0,19})-(0|[1-9]\d{0,19})$/.test(value) ? value : undefined
}

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
