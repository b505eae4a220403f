import type pg from 'pg'

// Readings and blind spots of the outboxes, as valuesOf and blindSpotsOf name them.
export const apiDead = 'caracal_outbox_messages api dead'
export const apiPending = 'caracal_outbox_messages api pending'
export const apiAge = 'caracal_outbox_oldest_pending_age_seconds api'
export const coordinatorDead = 'caracal_outbox_messages coordinator dead'
export const coordinatorPending = 'caracal_outbox_messages coordinator pending'
export const coordinatorAge = 'caracal_outbox_oldest_pending_age_seconds coordinator'
export const nothing = {
  [apiPending]: 0,
  [apiDead]: 0,
  [apiAge]: 0,
  [coordinatorPending]: 0,
  [coordinatorDead]: 0,
  [coordinatorAge]: 0,
}

/** Rows of one kind that are added to an outbox. */
export interface Rows {
  readonly count: number
  readonly age?: string
  /** Value of available_at; `now()` by default. */
  readonly available?: string
}

let batch = 0

/** Adds rows to the API's outbox; `dispatched` is the value of dispatched_at. */
export async function addApiRows(
  admin: pg.Pool,
  { count, age = '0 s', available = 'now()' }: Rows,
  dispatched = 'NULL',
): Promise<void> {
  batch += 1
  await admin.query(
    `INSERT INTO event_outbox (id, stream_name, payload_json, available_at, created_at, dispatched_at)
     SELECT $1 || n, 'caracal.policy.invalidate', '{"zone_id":"z"}', ${available}, now() - $2::interval, ${dispatched}
     FROM generate_series(1, $3::int) AS n`,
    [`batch-${batch}-`, age, count],
  )
}

/** Adds rows of the status to the Coordinator's outbox. */
export async function addCoordinatorRows(
  admin: pg.Pool,
  status: string,
  { count, age = '0 s' }: Rows,
): Promise<void> {
  batch += 1
  await admin.query(
    `INSERT INTO caracal_outbox (id, producer, topic, dedupe_key, payload_json, status, created_at)
     SELECT $1 || n, 'coordinator', 'caracal.agents.lifecycle', $1 || n, '{}', $2, now() - $3::interval
     FROM generate_series(1, $4::int) AS n`,
    [`batch-${batch}-`, status, age, count],
  )
}
