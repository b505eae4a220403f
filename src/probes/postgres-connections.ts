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
import { affordable, ask, firstRow, openMeter, postgresTarget, sameRows, type Cost } from './postgres.ts'
import { activityStatement, backendsStatement, confirms, type ActivityRow } from './postgres-activity.ts'
import { ProbeError, blindLook, joined, oneLook, type Look, type Pace, type Probe } from './probe.ts'
import { reasonsOf, type Declaration, type Reasons } from './declaration.ts'
import { postgresReasons } from './reasons.ts'

const pace: Pace = { quiet: 3 * SECOND, brisk: 100, timeout: 800 }

// Who holds the connections is dearer to ask than how many there are, which tells at once when that may be another.
const ROLES_EVERY: Millis = 500

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
const BUDGET: Millis = 1.5

/** What the statement with the roles said last, and since when. */
interface Known {
  readonly rows: readonly (ActivityRow & Cost)[]
  readonly pools: string
  readonly look: Look
  /** By the id of the role. */
  readonly limits: ReadonlyMap<string, number>
  readonly askedAt: Millis
}

/**
 * Counts connections by the role of each component, beside what its pools, its role and the server allow. Between two
 * statements that say who holds them, a cheap one says whether that still stands: what it does not confirm is asked anew.
 */
export function postgresConnections(
  postgres: Postgres,
  users: PostgresUsers,
  rolesEvery: Millis = ROLES_EVERY,
): Probe {
  const components = Object.keys(users.roles)
  const roles = [...new Set(Object.values(users.roles))]
  const [whole, cheap] = [openMeter(), openMeter()]
  let known: Known | undefined
  let cost: Millis = 0

  async function lookAtRoles(): Promise<Look> {
    const askedAt = performance.now()
    const rows = await ask(postgres, activityStatement, [roles])
    cost = whole.least(rows.at(-1)?.spent ?? 0)
    const pools = JSON.stringify(users.pools())
    const isSame = known !== undefined && pools === known.pools && sameRows(rows, known.rows, 'backends')
    const look = isSame && known !== undefined ? known.look : lookOf(rows, users)
    known = { rows, pools, look, limits: limitsOf(rows, users), askedAt }
    return look
  }

  async function look(): Promise<Look> {
    const before = known
    if (before === undefined || performance.now() - before.askedAt >= rolesEvery) return lookAtRoles()
    const row = firstRow(backendsStatement.name, await ask(postgres, backendsStatement))
    cost = cheap.least(row.spent)
    const stands = confirms(
      firstRow(activityStatement.name, before.rows).backends,
      row.backends,
      before.limits,
    )
    return stands ? before.look : lookAtRoles()
  }

  return {
    ...about,
    targets: () => [postgresTarget],
    pace: () => affordable(pace, cost, BUDGET),
    look: () =>
      look().catch((error: unknown) => {
        known = undefined
        // Being refused for lack of a slot is the evidence itself. It hides who holds the others.
        if (error instanceof ProbeError && error.reason === 'postgres_connection_limit')
          return saturated(components, error)
        throw error
      }),
  }
}

function lookOf(rows: readonly ActivityRow[], users: PostgresUsers): Look {
  const server = firstRow(activityStatement.name, rows)
  return joined([...componentsSeen(rows, users), { readings: serverReadings(server) }])
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
  const { user } = users
  const sharers = sharersOf(role, users)
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

function sharersOf(role: string, { roles }: PostgresUsers): readonly string[] {
  return Object.keys(roles).filter((component) => roles[component] === role)
}

/** Of those roles that have one. */
function limitsOf(rows: readonly ActivityRow[], users: PostgresUsers): ReadonlyMap<string, number> {
  const limits = new Map<string, number>()
  for (const { role, role_id: id, role_limit: roleLimit } of rows) {
    if (role === null || id === null) continue
    const limit = limitOf(roleLimit ?? -1, role, poolOf(sharersOf(role, users), users.pools()))
    if (Array.isArray(limit)) limits.set(id, limit[0])
  }
  return limits
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
