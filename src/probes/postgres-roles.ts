import { postgresConnectionLimit, postgresConnections, postgresConnectionsInUse } from '../rules/signals.ts'
import { blindSpot, type Unavailable, type BlindSpot, type UnknownReason } from '../core/observation.ts'
import { read, type Reading } from '../core/signal.ts'
import type { ActivityRow } from './postgres-activity.ts'
import type { Look } from './probe.ts'

export interface PostgresUsers {
  /** Database role that each component logs in with. Components of one role are judged together. */
  readonly roles: Readonly<Record<string, string>>
  /** The login of the looks themselves, named in messages. */
  readonly user: string
  /** Connections that all replicas of each component may open by their pools. Asked at each look. */
  pools(): Readonly<Record<string, number>>
}

/** What a component may be asked about its connections. */
export const perComponent = [postgresConnections, postgresConnectionsInUse, postgresConnectionLimit] as const

/** One look per component, from the rows of their roles. */
export function componentsSeen(rows: readonly ActivityRow[], users: PostgresUsers): readonly Look[] {
  const byRole = new Map(rows.map((row) => [row.role, row]))
  const pools = users.pools()
  return Object.entries(users.roles).map(([component, role]) => {
    const sharers = Object.keys(users.roles).filter((other) => users.roles[other] === role)
    const row = byRole.get(role)
    return row === undefined || row.role_limit === null
      ? roleMissing(component, role)
      : roleSeen({ component, role, sharers, row, pools, user: users.user })
  })
}

interface Seen {
  readonly component: string
  readonly role: string
  readonly sharers: readonly string[]
  readonly row: ActivityRow
  readonly pools: Readonly<Record<string, number>>
  readonly user: string
}

function roleSeen({ component, role, sharers, row, pools, user }: Seen): Look {
  const readings: Reading[] = []
  const blindSpots: BlindSpot[] = []
  const shared = sharers.length > 1 ? `role ${role}, shared by ${sharers.join(', ')}` : undefined
  readings.push(read(postgresConnections, { component }, row.connections, shared))

  const hidden = whyHidden(row, role, user)
  if (hidden === undefined) readings.push(read(postgresConnectionsInUse, { component }, row.in_use, shared))
  else blindSpots.push(blindSpot(postgresConnectionsInUse, { component }, hidden))

  const limit = limitOf(row.role_limit ?? -1, role, poolOf(sharers, pools))
  if ('value' in limit) {
    const detail = shared === undefined ? limit.from : `${limit.from}; ${shared}`
    readings.push(read(postgresConnectionLimit, { component }, limit.value, detail))
  } else blindSpots.push(blindSpot(postgresConnectionLimit, { component }, limit))
  return { readings, blindSpots }
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
): { readonly value: number; readonly from: string } | Unavailable {
  if (roleLimit >= 0 && (pool === undefined || roleLimit < pool))
    return { value: roleLimit, from: `connection limit of role ${role}` }
  if (pool !== undefined) return { value: pool, from: 'its pools together' }
  return unavailable(
    'not_configured',
    'pool_size_unknown',
    `how many connections role ${role} may open is not known: configure the pool sizes of its components`,
  )
}

function whyHidden({ hidden, untracked }: ActivityRow, role: string, user: string): Unavailable | undefined {
  if (hidden > 0)
    return unavailable(
      'unauthorized',
      'postgres_not_permitted',
      `${user} may not see what the connections of ${role} do: GRANT pg_monitor TO "${user.replaceAll('"', '""')}"`,
    )
  if (untracked > 0)
    return unavailable(
      'ambiguous',
      'postgres_activity_untracked',
      `Postgres does not record what the connections of ${role} do: turn track_activities on`,
    )
  return undefined
}

function roleMissing(component: string, role: string): Look {
  const missing = unavailable(
    'ambiguous',
    'postgres_role_missing',
    `there is no role ${role}, which ${component} should log in with: run the migrations or correct the configured role`,
  )
  return {
    readings: [],
    blindSpots: perComponent.map((signal) => blindSpot(signal, { component }, missing)),
  }
}

function unavailable(unknownReason: UnknownReason, reason: string, message: string): Unavailable {
  return { unknownReason, reason, message }
}
