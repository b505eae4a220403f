import { replicasIn } from '../../config/services-schema.ts'
import { PostgresFailure } from '../../connections/postgres-failure.ts'
import { openPostgres, type Postgres } from '../../connections/postgres.ts'
import { counted, listed } from '../../core/lists.ts'
import { components } from '../../core/replica.ts'
import type { Millis } from '../../core/time.ts'
import { rolesNeeded, tablesRead } from '../../probes/index.ts'
import { databaseRoles } from '../../rules/platform.ts'
import type { Area, Installation } from './area.ts'
import { failed, failedBy, ok, unasked, warning, type Found } from './finding.ts'

/** Whether the role may log in, read what the probes read, and see the states of sessions. */
export const postgres: Area = {
  name: 'postgres',
  title: 'Postgres',
  async check(installation) {
    const { user, host, port, database } = installation.config.postgres
    const client = openPatient(installation)
    const startedAt = performance.now()
    try {
      const [session] = await client.query<SessionRow>('doctor-session', sessionStatement, [rolesNeeded])
      if (session === undefined) return [failed('login', 'Postgres gave no row where one was due')]
      const took = performance.now() - startedAt
      const tables = await client.query<ColumnRow>('doctor-tables', tablesStatement, columnsRead)
      const roles = await client.query<RoleRow>('doctor-roles', rolesStatement, [rolesOf(installation)])
      return [
        ...judgeSession(session, { user, took, isPooled: client.isPooled === true }),
        ...judgeTables(tables, user),
        ...judgeRoles(roles, session, user),
      ]
    } catch (fault) {
      if (!(fault instanceof PostgresFailure)) throw fault
      const right = `CONNECT ON DATABASE ${identifier(database)}`
      const login = encodeURIComponent(user)
      return [
        unasked('login', fault, {
          user,
          role: identifier(user),
          login,
          host,
          port: `${port}`,
          database,
          right,
        }),
      ]
    } finally {
      await client.close()
    }
  },
}

/** More patient than the exporter, to tell what is slow from what is not there. */
function openPatient({ config }: Installation): Postgres {
  const bounds = { connect: 4_000, answer: 4_000, statement: 3_000, lock: 1_000 }
  return openPostgres(config.postgres, bounds, { acceptsStandby: true })
}

/** The roles whose connections are counted: in a cluster all, elsewhere those of services that are configured. */
function rolesOf({ config: { services, kubernetes } }: Installation): readonly string[] {
  const configured = replicasIn(services).map(({ component }) => component)
  const expected = new Set<string>(kubernetes?.enabled === true ? components : configured)
  return Object.entries(databaseRoles).flatMap(([component, role]) => (expected.has(component) ? [role] : []))
}

const pairs = tablesRead.flatMap(({ table, columns }) => columns.map((column) => [table, column] as const))
const columnsRead = [pairs.map(([table]) => table), pairs.map(([, column]) => column)]

export interface SessionRow {
  readonly version_number: number
  readonly version: string
  readonly in_recovery: boolean
  readonly tracks_activities: boolean
  readonly superuser: boolean
  /** -1 for any number. */
  readonly connection_limit: number
  readonly connections: number
  /** Predefined roles that it has not, with commas between. */
  readonly lacking: string
  readonly uses_schema: boolean
}

const sessionStatement = `SELECT
  current_setting('server_version_num')::int AS version_number,
  current_setting('server_version') AS version,
  pg_is_in_recovery() AS in_recovery,
  current_setting('track_activities') = 'on' AS tracks_activities,
  role.rolsuper AS superuser,
  role.rolconnlimit AS connection_limit,
  (SELECT count(*)::int FROM pg_stat_activity WHERE usename = current_user) AS connections,
  coalesce((SELECT string_agg(wanted, ', ') FROM unnest($1::text[]) AS wanted
    WHERE NOT pg_has_role(wanted::name, 'USAGE')), '') AS lacking,
  has_schema_privilege('public', 'USAGE') AS uses_schema
  FROM pg_roles AS role WHERE role.rolname = current_user`

interface ColumnRow {
  readonly table: string
  readonly column: string
  readonly is_table: boolean
  readonly is_column: boolean
  readonly readable: boolean
  readonly writable: boolean
}

// By the catalogue, because functions that take a name fail where the name is not there.
const tablesStatement = `SELECT wanted.relation AS table, wanted.name AS column,
  class.oid IS NOT NULL AS is_table,
  attribute.attnum IS NOT NULL AS is_column,
  coalesce(has_column_privilege(class.oid, attribute.attnum, 'SELECT'), false) AS readable,
  coalesce(has_table_privilege(class.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'), false) AS writable
  FROM unnest($1::text[], $2::text[]) AS wanted(relation, name)
  LEFT JOIN pg_namespace AS space ON space.nspname = 'public'
  LEFT JOIN pg_class AS class ON class.relname = wanted.relation AND class.relnamespace = space.oid
    AND class.relkind IN ('r', 'p', 'v', 'm')
  LEFT JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid AND attribute.attname = wanted.name
    AND NOT attribute.attisdropped`

interface RoleRow {
  readonly role: string
  readonly is_there: boolean
}

const rolesStatement = `SELECT asked.role, roles.rolname IS NOT NULL AS is_there
  FROM unnest($1::text[]) AS asked(role) LEFT JOIN pg_roles AS roles ON roles.rolname = asked.role`

/** The oldest that its makers still fix: https://www.postgresql.org/support/versioning/. */
const OLDEST_VERSION = 140_000

/** What the exporter waits for a connection and for an answer together, before it says unknown. */
const PATIENCE: Millis = 750

/** Two replicas of the exporter, two more while it is upgraded, and this doctor. */
const ENOUGH_CONNECTIONS = 5

interface Login {
  readonly user: string
  readonly took: Millis
  /** Whether a connection pooler answered in place of the server. */
  readonly isPooled: boolean
}

export function judgeSession(row: SessionRow, { user, took, isPooled }: Login): readonly Found[] {
  const { version, connection_limit: most, connections } = row
  const role = identifier(user)
  const slow = `${user} may log in, but login and answer took ${Math.round(took)} ms and the exporter waits ${PATIENCE} ms`
  const few = `${user} may hold ${counted(most, 'connection')}; two replicas and their successors need ${ENOUGH_CONNECTIONS}`
  const limit = most < 0 ? '' : ` of the ${most} that it may`
  const right = 'USAGE ON SCHEMA public'
  return [
    took > PATIENCE
      ? warned(failedBy('postgres_timeout', 'login', {}, slow))
      : ok('login', `${user} may log in`),
    row.version_number < OLDEST_VERSION
      ? warning('version', `Postgres ${version} is not fixed any more`, ['# upgrade to Postgres 14 or newer'])
      : ok('version', `Postgres ${version}`),
    row.in_recovery ? failedBy('postgres_in_recovery', 'primary') : ok('primary', 'this is a primary'),
    isPooled ? warned(failedBy('postgres_pooler', 'session')) : ok('session', 'the server itself answers'),
    row.superuser
      ? warning('rights', `${user} is a superuser; the exporter needs to read three tables`, [
          `gate_password=<a password> psql --dbname <database> --single-transaction --set ON_ERROR_STOP=1 --set gate_role=caracal_gate --file helm/files/grants.sql`,
        ])
      : ok('rights', `${user} is no superuser`),
    most >= 0 && most < ENOUGH_CONNECTIONS
      ? warned(failedBy('postgres_login_limit', 'connections', { role }, few))
      : ok('connections', `${user} holds ${counted(connections, 'connection')}${limit}`),
    row.uses_schema
      ? ok('schema public', `${user} may use it`)
      : notPermitted('schema public', `${user} may not use it, so it sees no table`, right, user),
  ]
}

/** One finding for each table, with the columns that are missing or closed. */
function judgeTables(rows: readonly ColumnRow[], user: string): readonly Found[] {
  return tablesRead.map(({ table, probe }) => {
    const own = rows.filter((row) => row.table === table)
    const missing = own.filter((row) => !row.is_column).map(({ column }) => column)
    const closed = own.filter((row) => row.is_column && !row.readable).map(({ column }) => column)
    if (own.every((row) => !row.is_table)) {
      const message = `there is no such table in this database, so ${probe} sees nothing`
      const reasons = ['postgres_table_missing', 'outbox_table_missing', 'schema_migrations_missing']
      return { ...failedBy('postgres_table_missing', table, {}, message), reasons }
    }
    if (missing.length > 0) {
      const message = `it lacks the column ${listed(missing)}: this version of the platform is not known`
      return failedBy('postgres_schema_mismatch', table, {}, message)
    }
    if (closed.length > 0) {
      const message = `${user} may not read ${listed(closed)}, so ${probe} sees nothing`
      return notPermitted(table, message, `SELECT ON public.${table}`, user)
    }
    if (own.some((row) => row.writable))
      return warning(table, `${user} may read it, and write to it, which the exporter never does`, [
        `REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON public.${table} FROM ${identifier(user)};`,
      ])
    return ok(table, `${user} may read it`)
  })
}

function judgeRoles(rows: readonly RoleRow[], { lacking, tracks_activities }: SessionRow, user: string) {
  const missing = rows.filter(({ is_there }) => !is_there).map(({ role }) => role)
  const hidden = `${user} does not see what the sessions of others do, so connections in use are unknown`
  const absent = `there is no role ${listed(missing)}: their connections can't be counted`
  return [
    lacking === ''
      ? ok('sessions', `${user} sees the states of all sessions (${rolesNeeded.join(', ')})`)
      : notPermitted('sessions', hidden, lacking, user),
    tracks_activities
      ? ok('track_activities', 'the server records what sessions do')
      : failedBy('postgres_activity_untracked', 'track_activities'),
    missing.length === 0
      ? ok('roles', `the ${counted(rows.length, 'role')} of the platform exist`)
      : failedBy('postgres_role_missing', 'roles', {}, absent),
  ]
}

function notPermitted(subject: string, message: string, right: string, user: string): Found {
  return failedBy('postgres_not_permitted', subject, { right, role: identifier(user) }, message)
}

/** The exporter can measure all the same. */
function warned(found: Found): Found {
  return { ...found, state: 'warning' }
}

/** A name as SQL takes it. */
function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
