import { migrationApplied } from '../rules/signals.ts'
import type { Postgres } from '../connections/postgres.ts'
import { read } from '../core/signal.ts'
import { SECOND } from '../core/time.ts'
import { ask, postgresTarget, sameWhileSame, spentColumn, type Cost, type Statement } from './postgres.ts'
import { ProbeError, blindLook, type Look, type Pace, type Probe } from './probe.ts'
import { reasonsOf, type Declaration, type Reasons } from './declaration.ts'
import { postgresReasons } from './reasons.ts'

const pace: Pace = { quiet: 10 * SECOND, brisk: SECOND, timeout: 800 }

const about = { name: 'schema-migrations', provides: [migrationApplied] } as const
const reasons = {
  schema_migrations_missing: postgresReasons.postgres_table_missing,
  schema_migrations_too_many: [
    'the table holds more versions than the platform has',
    "postgres.url: <the platform's database>",
  ],
} as const satisfies Reasons
const why = reasonsOf(reasons)

export const declaration: Declaration = {
  ...about,
  reads: 'which schema versions are applied',
  asks: 'postgres',
  pace,
  needs: { tables: [{ table: 'schema_migrations', columns: ['version'] }] },
  reasons,
  open: ({ postgres }) => schemaMigrations(postgres),
}

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
  const look = sameWhileSame<VersionRow & Cost>(lookOf)
  return {
    ...about,
    targets: () => [postgresTarget],
    pace: () => pace,
    async look() {
      try {
        return look(await ask(postgres, versionsStatement))
      } catch (error) {
        // The table is made by the first migration, so its absence is something that was seen.
        if (error instanceof ProbeError && error.reason === 'postgres_table_missing') return nothingApplied
        throw error
      }
    },
  }
}

const nothingApplied = blindLook(
  [migrationApplied],
  {},
  why(
    'ambiguous',
    'schema_migrations_missing',
    'no migration was ever applied in this database: run the migration Job, or name the database of the platform',
  ),
)

function lookOf(rows: readonly VersionRow[]): Look {
  if (rows.length === 0) return nothingApplied
  if (rows.length > MOST_VERSIONS)
    return blindLook(
      [migrationApplied],
      {},
      why(
        'ambiguous',
        'schema_migrations_too_many',
        `schema_migrations holds more than ${MOST_VERSIONS} versions: this is not the table of the platform, name its database`,
      ),
    )
  return { readings: rows.map(({ version }) => read(migrationApplied, { version }, 1)) }
}
