import type { Unavailable } from '../../core/observation.ts'
import type { Millis } from '../../core/time.ts'
import { tablesRead } from '../../probes/index.ts'
import { statsRole } from '../../probes/postgres-connections.ts'
import { failed, ok, warning, type Found } from './finding.ts'
import { counted, listed } from '../../core/lists.ts'
import { ofCertificates } from './words.ts'

export interface SessionRow {
  readonly version_number: number
  readonly version: string
  readonly in_recovery: boolean
  readonly tracks_activities: boolean
  readonly superuser: boolean
  /** -1 for any number. */
  readonly connection_limit: number
  readonly connections: number
  readonly sees_sessions: boolean
  readonly uses_schema: boolean
}

export interface ColumnRow {
  readonly table: string
  readonly column: string
  readonly is_table: boolean
  readonly is_column: boolean
  readonly readable: boolean
  readonly writable: boolean
}

export interface RoleRow {
  readonly role: string
  readonly is_there: boolean
}

/** The oldest that its makers still fix: https://www.postgresql.org/support/versioning/. */
const OLDEST_VERSION = 140_000

/** What the exporter waits for a connection and for an answer together, before it says unknown. */
const PATIENCE: Millis = 750

interface Login {
  readonly user: string
  readonly took: Millis
  /** Whether a connection pooler answered in place of the server. */
  readonly isPooled: boolean
}

export function judgeSession(row: SessionRow, { user, took, isPooled }: Login): readonly Found[] {
  return [
    took > PATIENCE
      ? warning(
          'login',
          `${user} may log in, but login and answer took ${Math.round(took)} ms and the exporter waits ${PATIENCE} ms`,
          ['postgres.url: <an address that is nearer, or a server with less to do>'],
          ['postgres_timeout', 'timeout'],
        )
      : ok('login', `${user} may log in`),
    row.version_number < OLDEST_VERSION
      ? warning('version', `Postgres ${row.version} is not fixed any more`, [
          '# upgrade to Postgres 14 or newer',
        ])
      : ok('version', `Postgres ${row.version}`),
    row.in_recovery
      ? failed(
          'primary',
          'this is a standby, whose rows may lag behind',
          ['postgres.url: <the primary>'],
          ['postgres_in_recovery'],
        )
      : ok('primary', 'this is a primary'),
    judgePooler(isPooled),
    judgeSuperuser(row, user),
    judgeConnections(row, user),
    row.uses_schema
      ? ok('schema public', `${user} may use it`)
      : failed(
          'schema public',
          `${user} may not use it, so it sees no table`,
          [`GRANT USAGE ON SCHEMA public TO ${identifier(user)};`],
          ['postgres_not_permitted'],
        ),
  ]
}

function judgePooler(isPooled: boolean): Found {
  if (!isPooled) return ok('session', 'the server itself answers')
  return warning(
    'session',
    'a connection pooler answers: each look is planned anew, and a server without a free connection is seen late',
    ['postgres.url: <the server itself, not a pooler before it>'],
    ['postgres_pooler'],
  )
}

function judgeSuperuser({ superuser }: SessionRow, user: string): Found {
  if (!superuser) return ok('rights', `${user} is no superuser`)
  return warning('rights', `${user} is a superuser; the exporter needs to read three tables`, [
    `gate_password=<a password> psql --dbname <database> --single-transaction --set ON_ERROR_STOP=1 --set gate_role=caracal_gate --file helm/files/grants.sql`,
  ])
}

/** Two replicas of the exporter, two more while it is upgraded, and this doctor. */
const ENOUGH_CONNECTIONS = 5

function judgeConnections({ connection_limit, connections }: SessionRow, user: string): Found {
  if (connection_limit < 0 || connection_limit >= ENOUGH_CONNECTIONS)
    return ok('connections', `${user} holds ${counted(connections, 'connection')}${limit(connection_limit)}`)
  return warning(
    'connections',
    `${user} may hold ${counted(connection_limit, 'connection')}; two replicas and their successors need ${ENOUGH_CONNECTIONS}`,
    [`ALTER ROLE ${identifier(user)} CONNECTION LIMIT 6;`],
    ['postgres_login_limit'],
  )
}

function limit(most: number): string {
  return most < 0 ? '' : ` of the ${most} that it may`
}

/** One finding for each table, with the columns that are missing or closed. */
export function judgeTables(rows: readonly ColumnRow[], user: string): readonly Found[] {
  return tablesRead.map(({ table, probe }) => {
    const own = rows.filter((row) => row.table === table)
    const missing = own.filter((row) => !row.is_column).map(({ column }) => column)
    const closed = own.filter((row) => row.is_column && !row.readable).map(({ column }) => column)
    if (own.every((row) => !row.is_table))
      return failed(
        table,
        `there is no such table in this database, so ${probe} sees nothing`,
        [
          'postgres.url: <postgres://user@host:port/database of the platform>',
          '# or run its migrations first',
        ],
        ['postgres_table_missing', 'outbox_table_missing', 'schema_migrations_missing'],
      )
    if (missing.length > 0)
      return failed(
        table,
        `it lacks the column ${listed(missing)}: this version of the platform is not known`,
        ['# run the migrations of the platform, or an exporter for this version of it'],
        ['postgres_schema_mismatch'],
      )
    if (closed.length > 0)
      return failed(
        table,
        `${user} may not read ${listed(closed)}, so ${probe} sees nothing`,
        [`GRANT SELECT ON public.${table} TO ${identifier(user)};`],
        ['postgres_not_permitted'],
      )
    if (own.some((row) => row.writable))
      return warning(table, `${user} may read it, and write to it, which the exporter never does`, [
        `REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON public.${table} FROM ${identifier(user)};`,
      ])
    return ok(table, `${user} may read it`)
  })
}

export function judgeRoles(rows: readonly RoleRow[], session: SessionRow, user: string): readonly Found[] {
  const missing = rows.filter(({ is_there }) => !is_there).map(({ role }) => role)
  return [
    session.sees_sessions
      ? ok('sessions', `${user} sees the states of all sessions (${statsRole})`)
      : failed(
          'sessions',
          `${user} does not see what the sessions of others do, so connections in use are unknown`,
          [`GRANT ${statsRole} TO ${identifier(user)};`],
          ['postgres_not_permitted'],
        ),
    session.tracks_activities
      ? ok('track_activities', 'the server records what sessions do')
      : failed(
          'track_activities',
          'the server does not record what sessions do, so connections in use are unknown',
          ['ALTER SYSTEM SET track_activities = on;', 'SELECT pg_reload_conf();'],
          ['postgres_activity_untracked'],
        ),
    missing.length === 0
      ? ok('roles', `the ${counted(rows.length, 'role')} of the platform exist`)
      : failed(
          'roles',
          `there is no role ${listed(missing)}: their connections can't be counted`,
          ['# run the migrations of the platform, which make its roles'],
          ['postgres_role_missing'],
        ),
  ]
}

/** Why nothing could be asked at all. */
export function judgeLogin(
  { reason, message }: Unavailable,
  { user, host, port, database }: { user: string; host: string; port: number; database: string },
): Found {
  return failed('login', message, fixOfLogin(reason, { user, host, port, database }), [reason])
}

function fixOfLogin(
  reason: string,
  { user, host, port, database }: { user: string; host: string; port: number; database: string },
): readonly string[] {
  const role = identifier(user)
  switch (reason) {
    case 'postgres_unauthorized':
      return [
        `psql "host=${host} port=${port} dbname=${database} user=<owner>" -c '\\password ${user}'   # then the same into the file of postgres.password`,
        `ALTER ROLE ${role} LOGIN;`,
      ]
    case 'postgres_database_missing':
      return [
        `postgres.url: postgres://${encodeURIComponent(user)}@${host}:${port}/<database of the platform>`,
      ]
    case 'postgres_login_limit':
      return [`ALTER ROLE ${role} CONNECTION LIMIT 6;`]
    case 'postgres_not_permitted':
      return [`GRANT CONNECT ON DATABASE ${identifier(database)} TO ${role};`]
    case 'postgres_tls':
      return [ofCertificates]
    case 'postgres_connection_limit':
      return [
        "SELECT usename, count(*) FROM pg_stat_activity GROUP BY 1 ORDER BY 2 DESC;   -- who holds the server's connections",
      ]
    default:
      return [`# see Names, Network and the log of Postgres at ${host}:${port}`]
  }
}

/** A name as SQL takes it. */
function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
