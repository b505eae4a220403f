import { migrationApplied } from '../rules/signals.ts'
import type { Postgres } from '../connections/postgres.ts'
import { blindSpot, type Unavailable } from '../core/observation.ts'
import { read } from '../core/signal.ts'
import { SECOND } from '../core/time.ts'
import { ask, postgresTarget, spentColumn, type Statement } from './postgres.ts'
import { ProbeError, type Look, type Pace, type Probe } from './probe.ts'

const pace: Pace = { quiet: 10 * SECOND, brisk: SECOND, timeout: 800 }

/** The platform has three versions so far; a table with more than this is not its table. */
const MOST_VERSIONS = 500

interface VersionRow {
  readonly version: string
}

const versionsStatement: Statement<VersionRow> = {
  name: 'gate-migrations',
  text: `SELECT version, ${spentColumn}
  FROM public.schema_migrations ORDER BY version LIMIT ${MOST_VERSIONS + 1}`,
  columns: { version: 'text' },
}

/** Reads which schema versions are applied. */
export function schemaMigrations(postgres: Postgres): Probe {
  return {
    name: 'schema-migrations',
    provides: [migrationApplied],
    targets: () => [postgresTarget],
    pace: () => pace,
    async look() {
      try {
        return lookOf(await ask(postgres, versionsStatement))
      } catch (error) {
        // The table is made by the first migration, so its absence is something that was seen.
        if (error instanceof ProbeError && error.reason === 'postgres_table_missing') return nothingApplied
        throw error
      }
    },
  }
}

const nothingApplied = blindLook(
  'schema_migrations_missing',
  'no migration was ever applied in this database: run the migration Job, or name the database of the platform',
)

function lookOf(rows: readonly VersionRow[]): Look {
  if (rows.length === 0) return nothingApplied
  if (rows.length > MOST_VERSIONS)
    return blindLook(
      'schema_migrations_too_many',
      `schema_migrations holds more than ${MOST_VERSIONS} versions: this is not the table of the platform, name its database`,
    )
  return { readings: rows.map(({ version }) => read(migrationApplied, { version }, 1)) }
}

function blindLook(reason: string, message: string): Look {
  const unavailable: Unavailable = { unknownReason: 'ambiguous', reason, message }
  return { readings: [], blindSpots: [blindSpot(migrationApplied, {}, unavailable)] }
}
