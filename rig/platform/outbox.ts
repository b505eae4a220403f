import type { Redis } from 'ioredis'
import type pg from 'pg'
import { within } from './clients.ts'
import { addSigned } from './streams.ts'
import type { Fields } from './streams.ts'

export type OutboxMessage = { readonly id: string; readonly stream: string; readonly payload: Fields }

export async function insertApiMessage(database: pg.Pool, message: OutboxMessage): Promise<void> {
  await database.query('INSERT INTO event_outbox (id, stream_name, payload_json) VALUES ($1, $2, $3)', [
    message.id,
    message.stream,
    JSON.stringify(message.payload),
  ])
}

export async function insertCoordinatorMessage(database: pg.Pool, message: OutboxMessage): Promise<void> {
  await database.query(
    `INSERT INTO caracal_outbox (id, producer, topic, dedupe_key, payload_json)
     VALUES ($1, 'coordinator', $2, $1, $3)`,
    [message.id, message.stream, JSON.stringify(message.payload)],
  )
}

const apiMaxAttempts = 100
const coordinatorMaxAttempts = 10
const addLimit = 5_000

type Sender = {
  readonly database: pg.Pool
  readonly redis: Redis
  readonly streamsHmacKey: string
  readonly worker: string
}

type ApiRow = { id: string; stream_name: string; payload_json: Fields; attempts: number }

/**
 * One turn of an API replica: claims 32 rows for 30 s and sends them one after another. A failure backs off;
 * at the hundredth attempt the row is dead, which is written as `available_at` = infinity.
 */
export async function dispatchApiOutbox(sender: Sender): Promise<void> {
  const claimed = await sender.database.query<ApiRow>(
    `UPDATE event_outbox SET attempts = attempts + 1, locked_by = $1, locked_until = now() + interval '30 s'
     WHERE id IN (
       SELECT id FROM event_outbox
       WHERE dispatched_at IS NULL AND available_at <= now() AND (locked_until IS NULL OR locked_until < now())
       ORDER BY available_at LIMIT 32 FOR UPDATE SKIP LOCKED)
     RETURNING id, stream_name, payload_json, attempts`,
    [sender.worker],
  )
  for (const row of claimed.rows) {
    const error = await send(sender, row.stream_name, { outbox_id: row.id, ...row.payload_json })
    if (error === undefined) {
      await sender.database.query(
        `UPDATE event_outbox SET dispatched_at = now(), locked_by = NULL, locked_until = NULL, last_error = NULL
         WHERE id = $1`,
        [row.id],
      )
    } else await postponeApiRow(sender.database, row, error)
  }
}

async function postponeApiRow(database: pg.Pool, row: ApiRow, error: string): Promise<void> {
  const seconds = Math.min(60, 2 ** Math.min(row.attempts, 6)) * (1 + Math.random() * 0.3)
  await database.query(
    `UPDATE event_outbox SET locked_by = NULL, locked_until = NULL, last_error = $2,
       available_at = CASE WHEN attempts >= $3 THEN 'infinity' ELSE now() + $4::float * interval '1 s' END
     WHERE id = $1`,
    [row.id, error, apiMaxAttempts, seconds],
  )
}

type CoordinatorRow = {
  id: string
  topic: string
  dedupe_key: string
  payload_json: Fields
  attempts: number
}

/** One turn of a Coordinator replica: 50 rows in one transaction that stays open while Redis is written to. */
export async function publishCoordinatorOutbox(sender: Sender): Promise<void> {
  const client = await sender.database.connect()
  let broken = false
  try {
    await client.query('BEGIN')
    const due = await client.query<CoordinatorRow>(
      `SELECT id, topic, dedupe_key, payload_json, attempts FROM caracal_outbox
       WHERE status = 'pending' AND available_at <= now() ORDER BY available_at LIMIT 50
       FOR UPDATE SKIP LOCKED`,
    )
    for (const row of due.rows) await publishRow(sender, client, row)
    await client.query('COMMIT')
  } catch (error) {
    broken = true
    throw error
  } finally {
    client.release(broken)
  }
}

async function publishRow(sender: Sender, client: pg.PoolClient, row: CoordinatorRow): Promise<void> {
  const fields = { outbox_id: row.id, dedupe_key: row.dedupe_key, ...row.payload_json }
  const error = await send(sender, row.topic, fields)
  if (error === undefined) {
    await client.query(
      `UPDATE caracal_outbox SET status = 'published', published_at = now(), updated_at = now() WHERE id = $1`,
      [row.id],
    )
    return
  }
  const attempts = row.attempts + 1
  const seconds = Math.min(attempts, 60) + Math.random()
  await client.query(
    `UPDATE caracal_outbox SET attempts = $2, updated_at = now(),
       status = CASE WHEN $2 >= $3 THEN 'dead' ELSE status END,
       available_at = now() + $4::float * interval '1 s'
     WHERE id = $1`,
    [row.id, attempts, coordinatorMaxAttempts, seconds],
  )
}

/** The text of the failure, or nothing. */
async function send(sender: Sender, stream: string, fields: Fields): Promise<string | undefined> {
  try {
    await within(addLimit, addSigned(sender.redis, sender.streamsHmacKey, stream, fields), 'XADD')
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
