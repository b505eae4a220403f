/** A table of the platform that a statement of a probe reads. */
export interface TableNeed {
  /** In the schema `public`. */
  readonly table: string
  readonly columns: readonly string[]
  /** The probe that reads it. */
  readonly probe: string
}

/** All that the statements read; helm/files/grants.sql grants it, and a test compares. */
export const tablesRead: readonly TableNeed[] = [
  { table: 'event_outbox', columns: ['available_at', 'created_at', 'dispatched_at'], probe: 'outbox-tables' },
  { table: 'caracal_outbox', columns: ['available_at', 'created_at', 'status'], probe: 'outbox-tables' },
  { table: 'schema_migrations', columns: ['version'], probe: 'schema-migrations' },
]

/** Without it the states of other roles' sessions are hidden in pg_stat_activity. */
export const statsRole = 'pg_read_all_stats'
