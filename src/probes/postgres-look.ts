import type { Postgres } from '../connections/postgres.ts'
import { PostgresFailure } from '../connections/postgres-failure.ts'
import type { Target } from '../core/observation.ts'
import type { Millis } from '../core/time.ts'
import { CannotSee, type Pace } from './probe.ts'

/** The one Postgres server of the platform. */
export const postgresTarget: Target = { id: 'postgres', labels: {} }

/** Every statement of a probe begins with these, so that it says where it was run and what it cost. */
export interface Standing {
  readonly in_recovery: boolean
  /** Time that the server spent on the statement so far, in milliseconds. */
  readonly spent: number
}

/** Columns of Standing; the last ones to be evaluated, behind the FROM clause that holds the work. */
export const standingColumns = `pg_is_in_recovery() AS in_recovery,
  (extract(epoch FROM clock_timestamp() - statement_timestamp()) * 1000)::float8 AS spent`

/**
 * Runs one statement.
 * @throws CannotSee when Postgres can't be asked, or when a standby answered, whose rows may lag behind
 */
export async function ask<Row extends object>(
  postgres: Postgres,
  name: string,
  text: string,
  values?: readonly unknown[],
): Promise<readonly (Row & Standing)[]> {
  const rows = await postgres.query<Row & Standing>(name, text, values).catch((error: unknown) => {
    throw error instanceof PostgresFailure ? cannotSee(error) : error
  })
  if (rows[0]?.in_recovery === true)
    throw new CannotSee(
      'contradictory',
      'postgres_in_recovery',
      'the configured Postgres is a standby whose rows may lag: name the primary, or wait until it is promoted',
    )
  return rows
}

function cannotSee(failure: PostgresFailure): CannotSee {
  return new CannotSee(failure.unknownReason, failure.reason, failure.message, { cause: failure })
}

/**
 * The pace whose brisk looks cost the server at most `budget` milliseconds in each second: a look that took `spent`
 * is repeated that much later, though never later than in the quiet cadence.
 */
export function affordable(pace: Pace, spent: Millis, budget: Millis): Pace {
  const interval = Math.ceil((spent / budget) * 1_000)
  return { ...pace, brisk: Math.min(pace.quiet, Math.max(pace.brisk, interval)) }
}
