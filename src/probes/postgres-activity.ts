import { spentColumn, type Statement } from './postgres-look.ts'

/** One configured role, beside what holds for the whole server. */
export interface ActivityRow {
  /** Null when no role was asked for. */
  readonly role: string | null
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

/**
 * Client connections by role. Without pg_read_all_stats `state` and `backend_type` of other roles are null; background
 * workers are then told by having no database or no role. The first row is there even when no role is asked for.
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
  SELECT asked.role, roles.rolconnlimit AS role_limit,
    coalesce(activity.connections, 0) AS connections,
    coalesce(activity.in_use, 0) AS in_use,
    coalesce(activity.untracked, 0) AS untracked,
    CASE WHEN server.sees_all OR pg_has_role(roles.oid, 'USAGE') THEN 0
      ELSE coalesce(activity.connections, 0) END AS hidden,
    server.connections AS server_connections,
    server.connection_limit AS server_limit,
    ${spentColumn}
  FROM server
    LEFT JOIN unnest($1::text[]) AS asked(role) ON true
    LEFT JOIN pg_roles AS roles ON roles.rolname = asked.role
    LEFT JOIN activity ON activity.usesysid = roles.oid`,
  columns: {
    role: 'text?',
    role_limit: 'integer?',
    connections: 'count',
    in_use: 'count',
    untracked: 'count',
    hidden: 'count',
    server_connections: 'count',
    server_limit: 'integer',
  },
}
