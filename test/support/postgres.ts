import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { createDatabase, type PlatformDatabase } from '../../rig/platform/database.ts'
import { startPostgres, type PostgresServer } from '../../rig/postgres.ts'
import type { Outcome } from '../../src/core/observation.ts'
import type { Labels } from '../../src/core/signal.ts'
import { openPostgres, type Postgres, type PostgresSettings } from '../../src/connections/postgres.ts'
import { PostgresFailure } from '../../src/connections/postgres-failure.ts'
import { type Probe } from '../../src/probes/probe.ts'
import { observe } from '../../src/probes/observe.ts'

/** Settings without TLS from the URL that a rig gives. */
export function settingsOf(url: string): PostgresSettings {
  const { hostname, port, username, password, pathname } = new URL(url)
  return {
    host: hostname,
    port: Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    tls: false,
  }
}

/** How a query failed: `unreachable postgres_refused`, and after how many milliseconds. */
export interface Failed {
  readonly said: string
  readonly message: string
  readonly took: number
}

/** What the query failed with; anything but a failure of Postgres fails the test. */
export async function failureOf(work: Promise<unknown>): Promise<Failed> {
  const startedAt = performance.now()
  const error = await work.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof PostgresFailure)) throw error
  const { unknownReason, reason, message } = error
  return { said: `${unknownReason} ${reason}`, message, took: performance.now() - startedAt }
}

/** Looks once, as the scheduler does. A fault of the probe's own fails the test. */
export async function lookOnce(probe: Probe): Promise<Outcome> {
  const faults: unknown[] = []
  const [target] = probe.targets()
  if (target === undefined) throw new Error(`${probe.name} has no target`)
  const clock = { now: () => performance.now() }
  const { outcome } = await observe(probe, target, clock, 1_000, (_probe, _target, fault) =>
    faults.push(fault),
  )
  if (faults.length > 0) throw faults[0]
  return outcome
}

/** Values by signal and labels: `{ 'caracal_outbox_messages api dead': 0 }`. */
export function valuesOf(outcome: Outcome): Record<string, number> {
  if (!outcome.ok) throw new Error(`nothing was seen: ${outcome.reason}: ${outcome.message}`)
  return Object.fromEntries(
    outcome.readings.map((reading) => [nameOf(reading.signal, reading.labels), reading.value]),
  )
}

/** Blind spots by signal and labels, with reason and message. */
export function blindSpotsOf(outcome: Outcome): Record<string, string> {
  if (!outcome.ok) throw new Error(`nothing was seen: ${outcome.reason}: ${outcome.message}`)
  return Object.fromEntries(
    outcome.blindSpots.map((spot) => [
      nameOf(spot.signal, spot.labels),
      `${spot.unknownReason} ${spot.reason}: ${spot.message}`,
    ]),
  )
}

/** `unreachable postgres_refused: ...` of a look that saw nothing at all. */
export function whyUnavailable(outcome: Outcome): string {
  if (outcome.ok) throw new Error('something was seen')
  return `${outcome.unknownReason} ${outcome.reason}: ${outcome.message}`
}

function nameOf(signal: string, labels: Labels): string {
  return [signal, ...Object.values(labels)].join(' ')
}

/** A real server with the database of the platform, and a connection of the monitor's login for each test. */
export function platformInPostgres(settings: Readonly<Record<string, string>> = {}) {
  let server: PostgresServer
  let platform: PlatformDatabase
  let postgres: Postgres

  beforeAll(async () => {
    server = await startPostgres({ settings })
    platform = await createDatabase(server.url, 0)
  })
  afterAll(async () => {
    await platform?.admin.end()
    await server?.stop()
  })
  beforeEach(() => {
    postgres = openPostgres(settingsOf(platform.monitorUrl))
  })
  afterEach(() => postgres.close())

  return {
    get server() {
      return server
    },
    get platform() {
      return platform
    },
    get postgres() {
      return postgres
    },
  }
}

/** Connections by the logins of services, closed after each test. */
export function serviceConnections(world: ReturnType<typeof platformInPostgres>) {
  const clients: pg.Client[] = []
  afterEach(disconnect)

  async function connect(service: 'api' | 'sts' | 'gateway', count: number): Promise<pg.Client[]> {
    const opened: pg.Client[] = []
    for (let n = 0; n < count; n += 1) {
      const client = new pg.Client({ connectionString: world.platform.urlOf(service) })
      client.on('error', () => {})
      await client.connect()
      clients.push(client)
      opened.push(client)
    }
    return opened
  }

  async function disconnect(): Promise<void> {
    await Promise.all(clients.splice(0).map((client) => client.end()))
    // The server frees a slot a moment after the client has gone.
    await expect
      .poll(() =>
        world.server.query(
          `SELECT FROM pg_stat_activity WHERE usename LIKE 'caracal%' AND usename <> 'caracal_gate'`,
        ),
      )
      .toHaveLength(0)
  }

  return { connect, disconnect }
}
