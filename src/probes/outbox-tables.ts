import {
  affordable,
  ask,
  firstRow,
  openMeter,
  postgresTarget,
  sameWhileSame,
  spentColumn,
  type Cost,
  type Statement,
} from './postgres.ts'
import { outboxMessages, outboxOldestPending } from '../rules/signals.ts'
import type { Postgres } from '../connections/postgres.ts'
import { blindSpot } from '../core/observation.ts'
import { read } from '../core/signal.ts'
import { SECOND, type Millis } from '../core/time.ts'
import { ProbeError, joined, type Look, type Pace, type Probe } from './probe.ts'
import { reasonsOf, type Declaration, type Reasons } from './declaration.ts'
import { postgresReasons } from './reasons.ts'

/** The API's outbox is `event_outbox`, the Coordinator's `caracal_outbox`. */
export const outboxes = ['api', 'coordinator'] as const
export type Outbox = (typeof outboxes)[number]

/** Counting stops here, so that a look at a huge backlog costs what one at ten thousand rows does. */
const counted = 10_001

/**
 * What a statement says of the outboxes that it was asked about. The age is that of the oldest pending row, in whole
 * seconds by the clock of the database, so that a backlog at rest is not news ten times in a second; null when none is
 * pending.
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
  floor(extract(epoch FROM clock_timestamp() - ${outbox}.oldest))::float8 AS ${outbox}_age`
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
const single: { readonly [One in Outbox]: Statement<OutboxRow<One>> } = {
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

const pace: Pace = { quiet: 3 * SECOND, brisk: 100, timeout: 800 }

const about = { name: 'outbox-tables', provides: [outboxMessages, outboxOldestPending] } as const
const reasons = {
  outbox_age_negative: [
    'the oldest pending row is from the future: the clock of Postgres was set back',
    'chronyc makestep   # on the host of Postgres; without chrony: timedatectl set-ntp true',
  ],
  outbox_table_missing: postgresReasons.postgres_table_missing,
} as const satisfies Reasons
const why = reasonsOf(reasons)

export const declaration: Declaration = {
  ...about,
  reads: 'both transactional outboxes',
  asks: 'postgres',
  pace,
  needs: {
    tables: [
      { table: 'event_outbox', columns: ['available_at', 'created_at', 'dispatched_at'] },
      { table: 'caracal_outbox', columns: ['available_at', 'created_at', 'status'] },
    ],
  },
  reasons,
  open: ({ postgres }) => outboxTables(postgres),
}

/** Of the 3 ms that all brisk looks together may cost Postgres in a second. */
const BUDGET: Millis = 1.5

// Clocks are slewed by less; a row from further in the future means that the clock of the database was set back.
const CLOCK_TOLERANCE_SECONDS = 1

/** What one table may be refused for while the other one can be read. */
const ofOneTable: ReadonlySet<string> = new Set([
  'postgres_table_missing',
  'postgres_not_permitted',
  'postgres_schema_mismatch',
  'postgres_lock_timeout',
])

/** Looks at both transactional outboxes, at a cost that does not grow with what they ever held. */
export function outboxTables(postgres: Postgres): Probe {
  // Once one table was refused each is asked by itself, so that a refusal costs no third statement per look.
  let apart = false
  let spent: Millis = 0
  const meters = { together: openMeter(), apart: openMeter() }
  const lookTogether = sameWhileSame<OutboxRow & Cost>((rows) => {
    const row = firstRow(both.name, rows)
    return joined([lookOf('api', row), lookOf('coordinator', row)])
  })

  async function lookAtBoth(): Promise<Look | ProbeError> {
    const row = await figures(postgres, both)
    if (row instanceof ProbeError) return row
    spent = meters.together.least(row.spent)
    return lookTogether([row])
  }

  async function lookAtEach(): Promise<Look> {
    const looks: Look[] = []
    let total: Millis = 0
    let refused = false
    async function lookAtOne<One extends Outbox>(outbox: One): Promise<void> {
      const row = await figures(postgres, single[outbox] as Statement<OutboxRow<One>>)
      refused ||= row instanceof ProbeError
      total += row instanceof ProbeError ? 0 : row.spent
      looks.push(row instanceof ProbeError ? unseen(outbox, row) : lookOf(outbox, row))
    }
    for (const outbox of outboxes) await lookAtOne(outbox)
    apart = refused
    spent = meters.apart.least(total)
    return joined(looks)
  }

  return {
    ...about,
    targets: () => [postgresTarget],
    pace: () => affordable(pace, spent, BUDGET),
    async look() {
      const seen = apart ? undefined : await lookAtBoth()
      return seen === undefined || seen instanceof ProbeError ? lookAtEach() : seen
    },
  }
}

/** The one row of the statement, or why a table of it can't be read; whatever also holds for other tables is thrown. */
async function figures<Row extends object>(
  postgres: Postgres,
  statement: Statement<Row>,
): Promise<(Row & Cost) | ProbeError> {
  try {
    return firstRow(statement.name, await ask(postgres, statement))
  } catch (error) {
    if (error instanceof ProbeError && ofOneTable.has(error.reason)) return error
    throw error
  }
}

function lookOf<One extends Outbox>(outbox: One, row: OutboxRow<One>): Look {
  const pending: number = row[`${outbox}_pending` as const]
  const dead: number = row[`${outbox}_dead` as const]
  const age: number = row[`${outbox}_age` as const] ?? 0
  const messages = [
    read(outboxMessages, { outbox, state: 'pending' }, pending, atLeast(pending)),
    read(outboxMessages, { outbox, state: 'dead' }, dead, atLeast(dead)),
  ]
  if (age >= -CLOCK_TOLERANCE_SECONDS)
    return { readings: [...messages, read(outboxOldestPending, { outbox }, Math.max(0, age))] }
  const steppedBack = why(
    'contradictory',
    'outbox_age_negative',
    `the oldest pending row of the ${outbox} outbox is from ${Math.round(-age)} s in the future: the clock of Postgres was set back, set it right`,
  )
  return { readings: messages, blindSpots: [blindSpot(outboxOldestPending, { outbox }, steppedBack)] }
}

function atLeast(count: number): string | undefined {
  return count < counted ? undefined : 'or more'
}

function unseen(outbox: Outbox, refusal: ProbeError): Look {
  const { unknownReason, message } = refusal
  const reason = refusal.reason === 'postgres_table_missing' ? 'outbox_table_missing' : refusal.reason
  const unavailable = { unknownReason, reason, message }
  return {
    readings: [],
    blindSpots: [
      blindSpot(outboxMessages, { outbox, state: 'pending' }, unavailable),
      blindSpot(outboxMessages, { outbox, state: 'dead' }, unavailable),
      blindSpot(outboxOldestPending, { outbox }, unavailable),
    ],
  }
}
