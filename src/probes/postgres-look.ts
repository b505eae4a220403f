import type { Postgres, Value } from '../connections/postgres.ts'
import { PostgresFailure } from '../connections/postgres-failure.ts'
import type { Target } from '../core/observation.ts'
import type { Millis } from '../core/time.ts'
import { CannotSee, type Pace } from './probe.ts'

/** The one Postgres server of the platform. */
export const postgresTarget: Target = { id: 'postgres', labels: {} }

/** Every statement of a probe says what it cost. */
export interface Cost {
  /** Time that the server spent on the statement so far, planning included, in milliseconds. */
  readonly spent: number
}

/** Column of Cost; the last one to be evaluated, behind the FROM clause that holds the work. */
export const spentColumn = `(extract(epoch FROM clock_timestamp() - transaction_timestamp()) * 1000)::float8 AS spent`

/**
 * Runs one statement.
 * @throws CannotSee when Postgres can't be asked, or when a standby answered, whose rows may lag behind
 */
export async function ask<Row extends object>(
  postgres: Postgres,
  name: string,
  text: string,
  values?: readonly Value[],
): Promise<readonly (Row & Cost)[]> {
  try {
    return await postgres.query<Row & Cost>(name, text, values)
  } catch (error) {
    throw error instanceof PostgresFailure ? cannotSee(error) : error
  }
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
