import {
  postgresAccepts,
  postgresConnectionLimit,
  postgresConnections as connectionsHeld,
  postgresConnectionsInUse,
  postgresServerConnections,
  postgresServerLimit,
} from '../rules/signals.ts'
import type { Postgres } from '../connections/postgres.ts'
import type { Unavailable } from '../core/observation.ts'
import { read, type Reading } from '../core/signal.ts'
import { SECOND, type Millis } from '../core/time.ts'
import { affordable, ask, firstRow, postgresTarget, spentColumn, type Statement } from './postgres.ts'
import { ProbeError, blindLook, joined, oneLook, type Look, type Pace, type Probe } from './probe.ts'
import { reasonsOf, type Declaration, type Reasons } from './declaration.ts'
import { postgresReasons } from './reasons.ts'

// Dearer than the outboxes and less urgent: a full pool stops a rollout only after minutes.
const pace: Pace = { quiet: 3 * SECOND, brisk: 500, timeout: 800 }

/** What is known of the connections of a component. */
const perComponent = [connectionsHeld, postgresConnectionsInUse, postgresConnectionLimit] as const
const about = {
  name: 'postgres-connections',
  provides: [...perComponent, postgresServerConnections, postgresServerLimit, postgresAccepts],
} as const

/** Without it the states of other roles' sessions are hidden in pg_stat_activity. */
const statsRole = 'pg_read_all_stats'

const reasons = {
  pool_size_unknown: ['the pool sizes of a component are not known', 'pools: { <component>: <connections> }'],
  postgres_activity_untracked: [
    'the server does not record what sessions do, so connections in use are unknown',
    'ALTER SYSTEM SET track_activities = on;',
    'SELECT pg_reload_conf();',
  ],
  postgres_role_missing: [
    'a database role of the platform is missing',
    '# run the migrations of the platform, which make its roles',
  ],
} as const satisfies Reasons
const why = reasonsOf({ ...postgresReasons, ...reasons })

export const declaration: Declaration = {
  ...about,
  reads: 'connections by database role, and what the roles and the server allow',
  asks: 'postgres',
  pace,
  needs: { role: statsRole },
  reasons,
  open: ({ postgres, roles, databaseUser: user, pools }) =>
    postgresConnections(postgres, { roles, user, pools }),
}

/** Of the 3 ms that all brisk looks together may cost Postgres in a second. */
const BUDGET: Millis = 1

/** Counts connections by the role of each component, beside what its pools, its role and the server allow. */
export function postgresConnections(postgres: Postgres, users: PostgresUsers): Probe {
  const components = Object.keys(users.roles)
  const roles = [...new Set(Object.values(users.roles))]
  let spent: Millis = 0
  return {
    ...about,
    targets: () => [postgresTarget],
    pace: () => affordable(pace, spent, BUDGET),
    async look() {
      try {
        const rows = await ask(postgres, activityStatement, [roles])
        spent = rows.at(-1)?.spent ?? 0
        const server = firstRow(activityStatement.name, rows)
        return joined([...componentsSeen(rows, users), { readings: serverReadings(server) }])
      } catch (error) {
        // Being refused for lack of a slot is the evidence itself. It hides who holds the others.
        if (error instanceof ProbeError && error.reason === 'postgres_connection_limit')
          return saturated(components, error)
        throw error
      }
    },
  }
}

function saturated(components: readonly string[], refusal: ProbeError): Look {
  return joined([
    { readings: [read(postgresAccepts, {}, 0)] },
    ...components.map((component) => blindLook(perComponent, { component }, refusal)),
    blindLook([postgresServerConnections, postgresServerLimit], {}, refusal),
  ])
}

function serverReadings(row: ActivityRow): Reading[] {
  const { server_connections: used, server_limit: limit } = row
  return [
    read(postgresServerConnections, {}, used),
    read(postgresServerLimit, {}, limit),
    // We hold a connection already, so whether another one would be granted follows from the count.
    read(postgresAccepts, {}, used < limit ? 1 : 0),
  ]
}

export interface PostgresUsers {
  /** Database role that each component logs in with. Components of one role are judged together. */
  readonly roles: Readonly<Record<string, string>>
  /** The login of the looks themselves, named in messages. */
  readonly user: string
  /** Connections that all replicas of each component may open by their pools. Asked at each look. */
  pools(): Readonly<Record<string, number>>
}

/** One look per component, from the rows of their roles. */
function componentsSeen(rows: readonly ActivityRow[], users: PostgresUsers): readonly Look[] {
  const byRole = new Map(rows.map((row) => [row.role, row]))
  return Object.entries(users.roles).map(([component, role]) => {
    const row = byRole.get(role)
    return row === undefined || row.role_limit === null
      ? roleMissing(component, role)
      : roleSeen(component, role, row, users)
  })
}

function roleSeen(component: string, role: string, row: ActivityRow, users: PostgresUsers): Look {
  const { roles, user } = users
  const sharers = Object.keys(roles).filter((other) => roles[other] === role)
  const shared = sharers.length > 1 ? `role ${role}, shared by ${sharers.join(', ')}` : undefined
  const hidden = whyHidden(row, role, user)
  const limit = limitOf(row.role_limit ?? -1, role, poolOf(sharers, users.pools()))
  const [most, from] = Array.isArray(limit) ? limit : [limit]
  const detail = [from, shared].filter((text) => text !== undefined).join('; ')
  return joined([
    oneLook(connectionsHeld, { component }, row.connections, shared),
    oneLook(postgresConnectionsInUse, { component }, hidden ?? row.in_use, shared),
    oneLook(postgresConnectionLimit, { component }, most, detail),
  ])
}

/** Those who share a role may open what their pools allow together; undefined when one pool is not known. */
function poolOf(sharers: readonly string[], pools: Readonly<Record<string, number>>): number | undefined {
  return sharers.reduce<number | undefined>((sum, component) => {
    const pool = pools[component]
    return sum === undefined || pool === undefined ? undefined : sum + pool
  }, 0)
}

function limitOf(
  roleLimit: number,
  role: string,
  pool: number | undefined,
): [limit: number, from: string] | Unavailable {
  if (roleLimit >= 0 && (pool === undefined || roleLimit < pool))
    return [roleLimit, `connection limit of role ${role}`]
  if (pool !== undefined) return [pool, 'its pools together']
  return why(
    'not_configured',
    'pool_size_unknown',
    `how many connections role ${role} may open is not known: configure the pool sizes of its components`,
  )
}

function whyHidden({ hidden, untracked }: ActivityRow, role: string, user: string): Unavailable | undefined {
  if (hidden > 0)
    return why(
      'unauthorized',
      'postgres_not_permitted',
      `${user} may not see what the connections of ${role} do: GRANT pg_monitor TO "${user.replaceAll('"', '""')}"`,
    )
  if (untracked > 0)
    return why(
      'ambiguous',
      'postgres_activity_untracked',
      `Postgres does not record what the connections of ${role} do: turn track_activities on`,
    )
  return undefined
}

function roleMissing(component: string, role: string): Look {
  const missing = why(
    'ambiguous',
    'postgres_role_missing',
    `there is no role ${role}, which ${component} should log in with: run the migrations or correct the configured role`,
  )
  return blindLook(perComponent, { component }, missing)
}

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
const activityStatement: Statement<ActivityRow> = {
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
