import { spentColumn, type Statement } from './postgres.ts'

/** One configured role, beside what holds for the whole server. */
export interface ActivityRow extends BackendsRow {
  /** Null when no role was asked for. */
  readonly role: string | null
  /** As it stands in `backends`; null when there is no such role. */
  readonly role_id: string | null
  /** Connections that the role may have, -1 for any number; null when there is no such role. */
  readonly role_limit: number | null
  readonly connections: number
  readonly in_use: number
  /** Connections whose state our login may not see. */
  readonly hidden: number
  /** Connections whose state is not recorded, because track_activities is off for them. */
  readonly untracked: number
  readonly server_connections: number
  /** What is left for ordinary roles of max_connections. */
  readonly server_limit: number
}

/** What the server holds, in a form that is cheap to ask for and to compare. */
export interface BackendsRow {
  /** For each role its id, its processes and those that are in a transaction: `10 1 0,16384 20 19`. */
  readonly backends: string
}

const backends = `(
    SELECT string_agg(role || ' ' || held || ' ' || busy, ',' ORDER BY role) AS backends FROM (
      SELECT pg_stat_get_backend_userid(id)::text AS role, count(*) AS held,
        count(pg_stat_get_backend_xact_start(id)) AS busy
      FROM pg_stat_get_backend_idset() AS id
      GROUP BY 1) AS roles
    WHERE role <> '0') AS backends`

/**
 * A third of what the statement with the roles costs. It asks for single fields: to make all columns of pg_stat_activity
 * is what is dear there.
 */
export const backendsStatement: Statement<BackendsRow> = {
  name: 'gate-backends',
  text: `SELECT backends.backends, ${spentColumn}
  FROM ${backends}`,
  columns: { backends: 'text' },
}

/**
 * Client connections by role. Without pg_read_all_stats `state` and `backend_type` of other roles are null; background
 * workers are then told by having no database or no role. The first row is there even when no role is asked for. Within
 * one statement the server reads its list of processes once, so that `backends` is that of the counts.
 */
export const activityStatement: Statement<ActivityRow> = {
  name: 'gate-connections',
  text: `WITH activity AS MATERIALIZED (
    SELECT usesysid, count(*)::int AS connections,
      count(*) FILTER (WHERE state IS NULL OR state NOT IN ('idle', 'disabled'))::int AS in_use,
      count(*) FILTER (WHERE state = 'disabled')::int AS untracked
    FROM pg_stat_activity
    WHERE usesysid IS NOT NULL AND datid IS NOT NULL
      AND (backend_type IS NULL OR backend_type = 'client backend')
    GROUP BY usesysid
  ), server AS MATERIALIZED (
    SELECT coalesce(sum(connections), 0)::int AS connections,
      current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true)::int, 0) AS connection_limit,
      pg_has_role('pg_read_all_stats', 'USAGE') AS sees_all
    FROM activity
  )
  SELECT asked.role, roles.oid::text AS role_id, roles.rolconnlimit AS role_limit,
    coalesce(activity.connections, 0) AS connections,
    coalesce(activity.in_use, 0) AS in_use,
    coalesce(activity.untracked, 0) AS untracked,
    CASE WHEN server.sees_all OR pg_has_role(roles.oid, 'USAGE') THEN 0
      ELSE coalesce(activity.connections, 0) END AS hidden,
    server.connections AS server_connections,
    server.connection_limit AS server_limit,
    backends.backends,
    ${spentColumn}
  FROM server CROSS JOIN ${backends}
    LEFT JOIN unnest($1::text[]) AS asked(role) ON true
    LEFT JOIN pg_roles AS roles ON roles.rolname = asked.role
    LEFT JOIN activity ON activity.usesysid = roles.oid`,
  columns: {
    role: 'text?',
    role_id: 'text?',
    role_limit: 'integer?',
    connections: 'count',
    in_use: 'count',
    untracked: 'count',
    hidden: 'count',
    server_connections: 'count',
    server_limit: 'integer',
    backends: 'text',
  },
}

/** Above this share of its limit it matters how many connections of a role are in use; far below it they come and go. */
const NEAR = 0.5

/**
 * Whether the counts that were read with `before` still stand for what matters: every role holds as many processes, and
 * those that are near their limit have as many in a transaction.
 * @param limits by the id of the role
 */
export function confirms(before: string, now: string, limits: ReadonlyMap<string, number>): boolean {
  return before === now || whatMatters(before, limits) === whatMatters(now, limits)
}

function whatMatters(backends: string, limits: ReadonlyMap<string, number>): string {
  const roles = backends.split(',').map((text) => {
    const [role = '', held, busy] = text.split(' ')
    return Number(busy) > NEAR * (limits.get(role) ?? Infinity) ? text : `${role} ${held}`
  })
  return roles.join(',')
}
