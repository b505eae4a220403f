import { spentColumn, type Statement } from './postgres-look.ts'

/** The API's outbox is `event_outbox`, the Coordinator's `caracal_outbox`. */
export const outboxes = ['api', 'coordinator'] as const
export type Outbox = (typeof outboxes)[number]

/** Counting stops here, so that a look at a huge backlog costs what one at ten thousand rows does. */
export const counted = 10_001

/**
 * What a statement says of the outboxes that it was asked about. The age is that of the oldest pending row, in seconds
 * by the clock of the database; null when none is pending.
 */
export type OutboxRow<Asked extends Outbox = Outbox> = {
  readonly [K in `${Asked}_${'pending' | 'dead'}`]: number
} & { readonly [K in `${Asked}_age`]: number | null }

// The predicates are those of the partial indexes event_outbox_dispatch_ready (available_at) and
// event_outbox_undispatched_age (created_at), to the letter. A dead row has available_at = infinity. The oldest rows
// may all be dead: only so many of them are stepped over, then the pending ones are compared with each other.
const apiFigures = `(
    SELECT
      (SELECT count(*)::int FROM (
        SELECT FROM public.event_outbox
        WHERE dispatched_at IS NULL AND available_at < 'infinity' LIMIT ${counted}) AS row) AS pending,
      (SELECT count(*)::int FROM (
        SELECT FROM public.event_outbox
        WHERE dispatched_at IS NULL AND available_at = 'infinity' LIMIT ${counted}) AS row) AS dead,
      coalesce(
        (SELECT created_at FROM (
          SELECT created_at, available_at FROM public.event_outbox
          WHERE dispatched_at IS NULL ORDER BY created_at LIMIT ${counted}) AS row
          WHERE available_at < 'infinity' ORDER BY created_at LIMIT 1),
        (SELECT min(created_at) FROM (
          SELECT created_at FROM public.event_outbox
          WHERE dispatched_at IS NULL AND available_at < 'infinity'
          ORDER BY available_at LIMIT ${counted}) AS row)) AS oldest
  ) AS api`

// Read by caracal_outbox_status_available_at_idx (status, available_at). No index is on created_at, so the oldest is
// sought among the counted ones, which come in the order in which they fall due.
const coordinatorFigures = `(
    SELECT pending.*, dead.dead FROM (
      SELECT count(*)::int AS pending, min(created_at) AS oldest FROM (
        SELECT created_at FROM public.caracal_outbox
        WHERE status = 'pending' ORDER BY available_at LIMIT ${counted}) AS row) AS pending,
    (SELECT count(*)::int AS dead FROM (
        SELECT FROM public.caracal_outbox WHERE status = 'dead' LIMIT ${counted}) AS row) AS dead
  ) AS coordinator`

function columns(outbox: Outbox): string {
  return `${outbox}.pending AS ${outbox}_pending, ${outbox}.dead AS ${outbox}_dead,
  extract(epoch FROM clock_timestamp() - ${outbox}.oldest)::float8 AS ${outbox}_age`
}

const apiColumns = { api_pending: 'count', api_dead: 'count', api_age: 'number?' } as const
const coordinatorColumns = {
  coordinator_pending: 'count',
  coordinator_dead: 'count',
  coordinator_age: 'number?',
} as const

/** Both outboxes in one statement: one look, one snapshot. */
export const both: Statement<OutboxRow> = {
  name: 'gate-outboxes',
  text: `SELECT ${columns('api')},
  ${columns('coordinator')},
  ${spentColumn}
  FROM ${apiFigures}, ${coordinatorFigures}`,
  columns: { ...apiColumns, ...coordinatorColumns },
}

/** Each outbox by itself, for when the other one can't be read. */
export const single: { readonly [One in Outbox]: Statement<OutboxRow<One>> } = {
  api: {
    name: 'gate-outbox-api',
    text: `SELECT ${columns('api')}, ${spentColumn} FROM ${apiFigures}`,
    columns: apiColumns,
  },
  coordinator: {
    name: 'gate-outbox-coordinator',
    text: `SELECT ${columns('coordinator')}, ${spentColumn} FROM ${coordinatorFigures}`,
    columns: coordinatorColumns,
  },
}
