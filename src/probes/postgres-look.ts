import type { Postgres, Value } from '../connections/postgres.ts'
import { PostgresFailure } from '../connections/postgres-failure.ts'
import type { Target } from '../core/observation.ts'
import type { Millis } from '../core/time.ts'
import { rowsOf, type Columns } from './postgres-rows.ts'
import { ProbeError, type Pace } from './probe.ts'

/** The one Postgres server of the platform. */
export const postgresTarget: Target = { id: 'postgres', labels: {} }

/** Every statement of a probe says what it cost. */
export interface Cost {
  /** Time that the server spent on carrying out the statement so far, in milliseconds; a plan is made once. */
  readonly spent: number
}

/** Column of Cost; the last one to be evaluated, behind the FROM clause that holds the work. */
export const spentColumn = `(extract(epoch FROM clock_timestamp() - statement_timestamp()) * 1000)::float8 AS spent`

/** A statement, the name that it is prepared under, and what it gives beside its cost. */
export interface Statement<Row extends object> {
  readonly name: string
  readonly text: string
  readonly columns: Columns<Row>
}

/**
 * Runs one statement.
 * @throws ProbeError when Postgres can't be asked, when a standby answered, whose rows may lag behind, or when the rows
 * are not those that the statement gives
 */
export async function ask<Row extends object>(
  postgres: Postgres,
  { name, text, columns }: Statement<Row>,
  values?: readonly Value[],
): Promise<readonly (Row & Cost)[]> {
  try {
    const rows = await postgres.query(name, text, values)
    return rowsOf<Row & Cost>(name, { ...columns, spent: 'number' } as Columns<Row & Cost>, rows)
  } catch (error) {
    throw error instanceof PostgresFailure ? probeError(error) : error
  }
}

function probeError(failure: PostgresFailure): ProbeError {
  return new ProbeError(failure.unknownReason, failure.reason, failure.message, { cause: failure })
}

/**
 * The pace whose brisk looks cost the server at most `budget` milliseconds in each second: a look that took `spent`
 * is repeated that much later, though never later than in the quiet cadence.
 */
export function affordable(pace: Pace, spent: Millis, budget: Millis): Pace {
  const interval = Math.ceil((spent / budget) * 1_000)
  return { ...pace, brisk: Math.min(pace.quiet, Math.max(pace.brisk, interval)) }
}
