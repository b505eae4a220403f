import { createHash, timingSafeEqual } from 'node:crypto'
import type pg from 'pg'
import { signAudit } from './streams.ts'
import type { Entry } from './streams.ts'

export type AuditEvent = {
  readonly id: string
  readonly zone: string
  readonly type: string
  readonly requestId: string
  readonly occurredAt: string
  readonly data: string
}

/** Why an entry can't be ingested; the text is what the dead letter says. */
export type Rejection = { readonly reason: string }

export function readEvent(entry: Entry, key: string): AuditEvent | Rejection {
  const { data, sig } = entry.fields
  if (data === undefined) return { reason: 'missing_data_field' }
  if (!signatureMatches(signAudit(key, data), sig ?? '')) return { reason: 'hmac_verify_failed' }
  try {
    const event = JSON.parse(data) as Readonly<Record<string, unknown>>
    return {
      id: String(event['id']),
      zone: String(event['zone_id']),
      type: String(event['event_type']),
      requestId: typeof event['request_id'] === 'string' ? event['request_id'] : '',
      occurredAt: String(event['occurred_at']),
      data,
    }
  } catch (error) {
    return { reason: `json_parse_error:${String(error)}` }
  }
}

function signatureMatches(expected: string, given: string): boolean {
  return expected.length === given.length && timingSafeEqual(Buffer.from(expected), Buffer.from(given))
}

function contentHash(data: string): string {
  return createHash('sha256').update(data).digest('hex')
}

/** Inserts what is new; returns the ids that are there already with another content. */
export async function insertEvents(
  database: pg.Pool,
  events: readonly AuditEvent[],
): Promise<{ readonly inserted: number; readonly contradicting: ReadonlySet<string> }> {
  const { rows } = await database.query<{ id: string; fresh: boolean; content_hash: string }>(
    `WITH given AS (
       SELECT DISTINCT ON (id) * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[])
         AS given (id, zone_id, event_type, data, content_hash, occurred_at, request_id)
     ), added AS (
       INSERT INTO audit_events (id, zone_id, event_type, data, content_hash, occurred_at, request_id)
       SELECT * FROM given ON CONFLICT (id) DO NOTHING RETURNING id
     )
     SELECT given.id, added.id IS NOT NULL AS fresh, coalesce(old.content_hash, given.content_hash) AS content_hash
     FROM given LEFT JOIN added USING (id) LEFT JOIN audit_events AS old ON old.id = given.id`,
    [
      events.map((event) => event.id),
      events.map((event) => event.zone),
      events.map((event) => event.type),
      events.map((event) => event.data),
      events.map((event) => contentHash(event.data)),
      events.map((event) => event.occurredAt),
      events.map((event) => event.requestId),
    ],
  )
  const stored = new Map(rows.map((row) => [row.id, row.content_hash]))
  const contradicting = events.filter((event) => stored.get(event.id) !== contentHash(event.data))
  return {
    inserted: rows.filter((row) => row.fresh).length,
    contradicting: new Set(contradicting.map((event) => event.id)),
  }
}

/** Looks at the newest thousand rows again: how many there are, and how many no longer match their hash. */
export async function sweepForTampering(
  database: pg.Pool,
): Promise<{ readonly checked: number; readonly mismatches: number }> {
  const { rows } = await database.query<{ data: string; content_hash: string }>(
    'SELECT data, content_hash FROM audit_events ORDER BY ingested_at DESC LIMIT 1000',
  )
  const mismatches = rows.filter((row) => contentHash(row.data) !== row.content_hash).length
  return { checked: rows.length, mismatches }
}
