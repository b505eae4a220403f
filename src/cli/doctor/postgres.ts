import { replicasIn } from '../../config/services-schema.ts'
import { databaseRoles } from '../../rules/platform.ts'
import { PostgresFailure } from '../../connections/postgres-failure.ts'
import { openPostgres, type Postgres } from '../../connections/postgres.ts'
import { components } from '../../core/replica.ts'
import { tablesRead } from '../../probes/index.ts'
import { statsRole } from '../../probes/postgres-connections.ts'
import type { Area, Installation } from './area.ts'
import { failed } from './finding.ts'
import {
  judgeLogin,
  judgeRoles,
  judgeSession,
  judgeTables,
  type ColumnRow,
  type RoleRow,
  type SessionRow,
} from './postgres-verdicts.ts'

/** Whether the role may log in, read what the looks read, and see the states of sessions. */
export const postgres: Area = {
  name: 'postgres',
  title: 'Postgres',
  async check(installation) {
    const { config } = installation
    const { user } = config.postgres
    const client = openPatient(installation)
    const startedAt = performance.now()
    try {
      const [session] = await client.query<SessionRow>('doctor-session', sessionStatement, [statsRole])
      if (session === undefined) return [failed('login', 'Postgres gave no row where one was due')]
      const took = performance.now() - startedAt
      const tables = await client.query<ColumnRow>('doctor-tables', tablesStatement, wantedColumns())
      const roles = await client.query<RoleRow>('doctor-roles', rolesStatement, [rolesOf(installation)])
      return [
        ...judgeSession(session, { user, took, isPooled: client.isPooled === true }),
        ...judgeTables(tables, user),
        ...judgeRoles(roles, session, user),
      ]
    } catch (fault) {
      if (!(fault instanceof PostgresFailure)) throw fault
      return [judgeLogin(fault, config.postgres)]
    } finally {
      await client.close()
    }
  },
}

/** More patient than the exporter, to tell what is slow from what is not there. */
function openPatient({ config }: Installation): Postgres {
  return openPostgres(
    config.postgres,
    { connect: 4_000, answer: 4_000, statement: 3_000, lock: 1_000 },
    { acceptsStandby: true },
  )
}

/** The roles whose connections are counted: in a cluster all, elsewhere those of services that are configured. */
function rolesOf({ config: { services, kubernetes } }: Installation): readonly string[] {
  const expected = new Set<string>(
    kubernetes?.enabled === true ? components : replicasIn(services).map(({ component }) => component),
  )
  return Object.entries(databaseRoles).flatMap(([component, role]) => (expected.has(component) ? [role] : []))
}

function wantedColumns(): readonly [tables: readonly string[], columns: readonly string[]] {
  const pairs = tablesRead.flatMap(({ table, columns }) => columns.map((column) => [table, column] as const))
  return [pairs.map(([table]) => table), pairs.map(([, column]) => column)]
}

const sessionStatement = `SELECT
  current_setting('server_version_num')::int AS version_number,
  current_setting('server_version') AS version,
  pg_is_in_recovery() AS in_recovery,
  current_setting('track_activities') = 'on' AS tracks_activities,
  role.rolsuper AS superuser,
  role.rolconnlimit AS connection_limit,
  (SELECT count(*)::int FROM pg_stat_activity WHERE usename = current_user) AS connections,
  pg_has_role($1, 'USAGE') AS sees_sessions,
  has_schema_privilege('public', 'USAGE') AS uses_schema
  FROM pg_roles AS role WHERE role.rolname = current_user`

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

const rolesStatement = `SELECT asked.role, roles.rolname IS NOT NULL AS is_there
  FROM unnest($1::text[]) AS asked(role) LEFT JOIN pg_roles AS roles ON roles.rolname = asked.role`
