import { describe, expect, test } from 'vitest'
import { databaseRoles } from '../../src/rules/platform.ts'
import { openPostgres } from '../../src/connections/postgres.ts'
import { outboxTables } from '../../src/probes/outbox-tables.ts'
import { postgresConnections, type PostgresUsers } from '../../src/probes/postgres-connections.ts'
import type { Probe } from '../../src/probes/probe.ts'
import {
  whyUnavailable,
  blindSpotsOf,
  lookOnce,
  platformInPostgres,
  serviceConnections,
  settingsOf,
  valuesOf,
} from '../support/postgres.ts'

const world = platformInPostgres({ max_connections: '24', reserved_connections: '2' })
const { connect, disconnect } = serviceConnections(world)

const used = 'caracal_postgres_connections'
const inUse = 'caracal_postgres_connections_in_use'
const limit = 'caracal_postgres_connection_limit'
const serverUsed = 'caracal_postgres_server_connections'
const serverLimit = 'caracal_postgres_server_connection_limit'
const accepts = 'caracal_postgres_accepts_connections'

const pools = { api: 40, sts: 40, gateway: 40, audit: 20, coordinator: 20 }

function probeOf(users: Partial<PostgresUsers> = {}): Probe {
  return postgresConnections(world.postgres, {
    roles: databaseRoles,
    user: settingsOf(world.platform.monitorUrl).user,
    pools: () => pools,
    ...users,
  })
}

describe('connections of the services', () => {
  test('T08: are counted by role for every service, whether it has metrics of its pool or not', async () => {
    const [api] = await connect('api', 3)
    const [sts] = await connect('sts', 2)
    await api?.query('BEGIN')
    const sleeping = sts?.query('SELECT pg_sleep(1)')
    const probe = probeOf()
    // The statement may still be on its way to the server.
    await expect.poll(async () => valuesOf(await lookOnce(probe))[`${inUse} sts`]).toBe(1)
    const outcome = await lookOnce(probe)
    await sleeping
    expect(blindSpotsOf(outcome)).toEqual({})
    expect(valuesOf(outcome)).toMatchObject({
      [`${used} api`]: 3,
      [`${inUse} api`]: 1,
      [`${limit} api`]: 40,
      [`${used} sts`]: 2,
      [`${inUse} sts`]: 1,
      [`${limit} audit`]: 20,
      [accepts]: 1,
      [serverLimit]: 24 - 3 - 2,
    })
    // Ours, the rig's and the five.
    expect(valuesOf(outcome)[serverUsed]).toBeGreaterThanOrEqual(6)
    expect(valuesOf(outcome)[serverUsed]).toBeLessThanOrEqual(10)
  })

  test('T48: a service without a connection has 0 of them', async () => {
    const seen = valuesOf(await lookOnce(probeOf()))
    for (const component of Object.keys(databaseRoles))
      expect(seen).toMatchObject({ [`${used} ${component}`]: 0, [`${inUse} ${component}`]: 0 })
  })

  test('have the limit of the role when that is below what the pools may open', async () => {
    await world.server.query('ALTER ROLE caracalapi CONNECTION LIMIT 7')
    const outcome = await lookOnce(probeOf())
    await world.server.query('ALTER ROLE caracalapi CONNECTION LIMIT -1')
    expect(valuesOf(outcome)).toMatchObject({ [`${limit} api`]: 7, [`${limit} sts`]: 40 })
    const reading = outcome.ok && outcome.readings.find(({ value }) => value === 7)
    expect(reading).toMatchObject({ detail: 'connection limit of role caracalapi' })
  })

  test('have an unknown limit when neither pool nor role tells it', async () => {
    const { api: _, ...others } = pools
    const outcome = await lookOnce(probeOf({ pools: () => others }))
    expect(blindSpotsOf(outcome)).toEqual({
      [`${limit} api`]: expect.stringMatching(/^not_configured pool_size_unknown: /),
    })
  })

  test('of services that share a role are judged together, and the reading says so', async () => {
    await connect('api', 2)
    const roles = { api: 'caracalapi', coordinator: 'caracalapi' }
    const outcome = await lookOnce(probeOf({ roles }))
    expect(valuesOf(outcome)).toMatchObject({
      [`${used} api`]: 2,
      [`${used} coordinator`]: 2,
      [`${limit} api`]: 60,
      [`${limit} coordinator`]: 60,
    })
    expect(outcome.ok && outcome.readings[0]?.detail).toBe('role caracalapi, shared by api, coordinator')
  })

  test('cannot be told of a role that does not exist', async () => {
    const outcome = await lookOnce(probeOf({ roles: { api: 'caracalapi', sts: 'caracal_typo' } }))
    const spots = blindSpotsOf(outcome)
    expect(Object.keys(spots)).toEqual([`${used} sts`, `${inUse} sts`, `${limit} sts`])
    expect(spots[`${used} sts`]).toMatch(/^ambiguous postgres_role_missing: .*caracal_typo/)
    expect(valuesOf(outcome)).toMatchObject({ [`${used} api`]: 0, [accepts]: 1 })
  })
})

test('without pg_monitor what connections do is unknown, and the message names the grant', async () => {
  await connect('api', 2)
  await world.server.query('REVOKE pg_monitor FROM caracal_gate')
  const outcome = await lookOnce(probeOf())
  await world.server.query('GRANT pg_monitor TO caracal_gate')
  expect(valuesOf(outcome)).toMatchObject({ [`${used} api`]: 2, [`${limit} api`]: 40, [accepts]: 1 })
  expect(blindSpotsOf(outcome)).toEqual({
    [`${inUse} api`]: expect.stringMatching(
      /^unauthorized postgres_not_permitted: .*caracalapi.*GRANT pg_monitor TO "caracal_gate"$/,
    ),
  })
  // Without a connection nothing is hidden.
  expect(valuesOf(outcome)).toMatchObject({ [`${inUse} sts`]: 0 })
})

test('with track_activities off what connections do is unknown', async () => {
  await world.server.query('ALTER ROLE caracalapi SET track_activities = off')
  await connect('api', 1)
  const outcome = await lookOnce(probeOf())
  await world.server.query('ALTER ROLE caracalapi RESET track_activities')
  expect(blindSpotsOf(outcome)).toEqual({
    [`${inUse} api`]: expect.stringMatching(/^ambiguous postgres_activity_untracked: /),
  })
})

describe('a full server', () => {
  async function fill(): Promise<void> {
    for (;;) {
      const refused = await connect('gateway', 1).then(
        () => false,
        () => true,
      )
      if (refused) return
    }
  }

  test('that refuses our connection is seen as such, and hides who holds the others', async () => {
    await fill()
    const outcome = await lookOnce(probeOf())
    expect(valuesOf(outcome)).toEqual({ [accepts]: 0 })
    const spots = blindSpotsOf(outcome)
    expect(Object.keys(spots)).toHaveLength(5 * 3 + 2)
    for (const said of Object.values(spots)) expect(said).toMatch(/^unreachable postgres_connection_limit: /)
    expect(whyUnavailable(await lookOnce(outboxTables(world.postgres)))).toMatch(
      /^unreachable postgres_connection_limit: /,
    )
    await disconnect()
    await expect.poll(async () => valuesOf(await lookOnce(probeOf()))[accepts]).toBe(1)
  })

  test('is told by its counts while we hold a connection, and outboxes are still seen', async () => {
    await lookOnce(probeOf())
    await fill()
    const seen = valuesOf(await lookOnce(probeOf()))
    expect(seen).toMatchObject({ [accepts]: 0, [serverLimit]: 19 })
    expect(seen[serverUsed]).toBeGreaterThanOrEqual(19)
    expect(seen[`${used} gateway`]).toBeGreaterThan(10)
    expect((await lookOnce(outboxTables(world.postgres))).ok).toBe(true)
  })

  test('is not what a login with a limit of its own meets', async () => {
    const other = openPostgres(settingsOf(world.platform.monitorUrl))
    await world.server.query('ALTER ROLE caracal_gate CONNECTION LIMIT 1')
    await other.query('one', 'SELECT 1')
    const outcome = await lookOnce(probeOf())
    await world.server.query('ALTER ROLE caracal_gate CONNECTION LIMIT -1')
    await other.close()
    expect(whyUnavailable(outcome)).toMatch(/^unreachable postgres_login_limit: /)
  })
})

test('T29: a look is one statement, ten times in a second at most', async () => {
  const probe = probeOf()
  await lookOnce(probe)
  const before = world.postgres.cost.statements
  await lookOnce(probe)
  expect(world.postgres.cost.statements - before).toBe(1)
  const { brisk, quiet } = probe.pace({ id: 'postgres', labels: {} })
  expect(brisk).toBeGreaterThanOrEqual(100)
  expect(brisk).toBeLessThanOrEqual(quiet)
})
