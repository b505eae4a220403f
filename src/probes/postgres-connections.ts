import { postgresAccepts, postgresServerConnections, postgresServerLimit } from '../rules/signals.ts'
import type { Postgres } from '../connections/postgres.ts'
import { blindSpot, type Unavailable } from '../core/observation.ts'
import { read, type Reading } from '../core/signal.ts'
import { SECOND, type Millis } from '../core/time.ts'
import { activityStatement, type ActivityRow } from './postgres-activity.ts'
import { firstRow } from './postgres-rows.ts'
import { componentsSeen, perComponent, type PostgresUsers } from './postgres-roles.ts'
import { affordable, ask, postgresTarget } from './postgres-look.ts'
import { ProbeError, type Look, type Pace, type Probe } from './probe.ts'

// Dearer than the outboxes and less urgent: a full pool stops a rollout only after minutes.
const pace: Pace = { quiet: 3 * SECOND, brisk: 500, timeout: 800 }

/** Of the 3 ms that all brisk looks together may cost Postgres in a second. */
const BUDGET: Millis = 1

/** Counts connections by the role of each component, beside what its pools, its role and the server allow. */
export function postgresConnections(postgres: Postgres, users: PostgresUsers): Probe {
  const components = Object.keys(users.roles)
  const roles = [...new Set(Object.values(users.roles))]
  let spent: Millis = 0
  return {
    name: 'postgres-connections',
    provides: [...perComponent, postgresServerConnections, postgresServerLimit, postgresAccepts],
    targets: () => [postgresTarget],
    pace: () => affordable(pace, spent, BUDGET),
    async look() {
      try {
        const rows = await ask(postgres, activityStatement, [roles])
        spent = rows.at(-1)?.spent ?? 0
        return lookOf(rows, firstRow(activityStatement.name, rows), users)
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
  const ofComponents = components.flatMap((component) =>
    perComponent.map((signal) => blindSpot(signal, { component }, whyUnavailable(refusal))),
  )
  const ofServer = [postgresServerConnections, postgresServerLimit].map((signal) =>
    blindSpot(signal, {}, whyUnavailable(refusal)),
  )
  return { readings: [read(postgresAccepts, {}, 0)], blindSpots: [...ofComponents, ...ofServer] }
}

function lookOf(rows: readonly ActivityRow[], server: ActivityRow, users: PostgresUsers): Look {
  const seen = componentsSeen(rows, users)
  return {
    readings: [...seen.flatMap(({ readings }) => readings), ...serverReadings(server)],
    blindSpots: seen.flatMap(({ blindSpots }) => blindSpots ?? []),
  }
}

function serverReadings(row: ActivityRow): Reading[] {
  const { server_connections: used, server_limit: limit } = row
  return [
    read(postgresServerConnections, {}, used),
    read(postgresServerLimit, {}, limit),
    // We hold a connection already, so whether another one would be granted is told by the count.
    read(postgresAccepts, {}, used < limit ? 1 : 0),
  ]
}

function whyUnavailable({ unknownReason, reason, message }: ProbeError): Unavailable {
  return { unknownReason, reason, message }
}
