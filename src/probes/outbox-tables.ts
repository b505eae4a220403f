import { outboxMessages, outboxOldestPending } from '../rules/signals.ts'
import type { Postgres } from '../connections/postgres.ts'
import { blindSpot, type Unavailable, type BlindSpot } from '../core/observation.ts'
import { read, type Reading } from '../core/signal.ts'
import { SECOND, type Millis } from '../core/time.ts'
import { both, counted, outboxes, single, type Outbox, type OutboxRow } from './outbox-statements.ts'
import { affordable, ask, postgresTarget, type Cost, type Statement } from './postgres-look.ts'
import { firstRow } from './postgres-rows.ts'
import { ProbeError, type Look, type Pace, type Probe } from './probe.ts'

const pace: Pace = { quiet: 3 * SECOND, brisk: 100, timeout: 800 }

/** Of the 3 ms that all brisk looks together may cost Postgres in a second. */
const BUDGET: Millis = 2

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

  async function lookAtBoth(): Promise<Look | ProbeError> {
    const row = await figures(postgres, both)
    if (row instanceof ProbeError) return row
    spent = row.spent
    return together([lookOf('api', row), lookOf('coordinator', row)])
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
    spent = total
    return together(looks)
  }

  return {
    name: 'outbox-tables',
    provides: [outboxMessages, outboxOldestPending],
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
  const steppedBack: Unavailable = {
    unknownReason: 'contradictory',
    reason: 'outbox_age_negative',
    message: `the oldest pending row of the ${outbox} outbox is from ${Math.round(-age)} s in the future: the clock of Postgres was set back, set it right`,
  }
  return { readings: messages, blindSpots: [blindSpot(outboxOldestPending, { outbox }, steppedBack)] }
}

function atLeast(count: number): string | undefined {
  return count < counted ? undefined : 'or more'
}

function unseen(outbox: Outbox, refusal: ProbeError): Look {
  const { unknownReason, message } = refusal
  const reason = refusal.reason === 'postgres_table_missing' ? 'outbox_table_missing' : refusal.reason
  const unavailable: Unavailable = { unknownReason, reason, message }
  return {
    readings: [],
    blindSpots: [
      blindSpot(outboxMessages, { outbox, state: 'pending' }, unavailable),
      blindSpot(outboxMessages, { outbox, state: 'dead' }, unavailable),
      blindSpot(outboxOldestPending, { outbox }, unavailable),
    ],
  }
}

function together(looks: readonly Look[]): Look {
  const readings: Reading[] = looks.flatMap((look) => look.readings)
  const blindSpots: BlindSpot[] = looks.flatMap((look) => look.blindSpots ?? [])
  return { readings, blindSpots }
}
