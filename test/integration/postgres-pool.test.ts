import { expect, test } from 'vitest'
import type { Postgres } from '../../src/connections/postgres.ts'
import { postgresConnections, type PostgresUsers } from '../../src/probes/postgres-connections.ts'
import { databaseRoles } from '../../src/rules/platform.ts'
import { platformInPostgres, serviceConnections, settingsOf, valuesOf } from '../support/postgres.ts'

const world = platformInPostgres()
const { connect } = serviceConnections(world)

const used = 'caracal_postgres_connections'
const inUse = 'caracal_postgres_connections_in_use'
const limit = 'caracal_postgres_connection_limit'

const pools = { api: 40, sts: 40, gateway: 40, audit: 20, coordinator: 20 }

/** A look, and the names of the statements that it asked. */
function watched(users: Partial<PostgresUsers> = {}, rolesEvery = 3_600_000, breaks = () => false) {
  const asked: string[] = []
  const postgres: Postgres = {
    cost: world.postgres.cost,
    isPooled: world.postgres.isPooled,
    close: () => world.postgres.close(),
    query: (name, text, values) => {
      asked.push(name)
      if (breaks()) return world.postgres.query('gate-broken', 'SELECT 1 / 0 AS broken', [])
      return world.postgres.query(name, text, values)
    },
  }
  const { user } = settingsOf(world.platform.monitorUrl)
  const given = { roles: databaseRoles, user, pools: () => pools, ...users }
  const probe = postgresConnections(postgres, given, rolesEvery)
  const [target] = probe.targets()
  return async () => {
    asked.length = 0
    if (target === undefined) throw new Error('no target')
    const look = await probe.look(target, new AbortController().signal)
    return { look, asked: [...asked], values: valuesOf({ ok: true, blindSpots: [], ...look }) }
  }
}

test('R161: T29: a cheap statement confirms the last look, which is given back as it was', async () => {
  await connect('api', 3)
  const look = watched()
  const first = await look()
  expect(first.asked).toEqual(['gate-connections'])
  const looks = [await look(), await look()]
  expect(looks.map(({ asked }) => asked)).toEqual([['gate-backends'], ['gate-backends']])
  for (const later of looks) expect(later.look).toBe(first.look)
})

test('R161: a connection that comes or goes is counted by the look that notices it', async () => {
  const look = watched()
  expect((await look()).values).toMatchObject({ [`${used} sts`]: 0 })
  const [sts] = await connect('sts', 1)
  const seen = await look()
  expect(seen.asked.at(-1)).toBe('gate-connections')
  expect(seen.values).toMatchObject({ [`${used} sts`]: 1 })
  await sts?.end()
  await expect.poll(async () => (await look()).values[`${used} sts`]).toBe(0)
})

test('R161: a role that gives a connection which another one takes is noticed too', async () => {
  const [api] = await connect('api', 1)
  const look = watched()
  await look()
  await api?.end()
  await connect('sts', 1)
  await expect
    .poll(async () => (await look()).values)
    .toMatchObject({ [`${used} api`]: 0, [`${used} sts`]: 1 })
})

test('R161: connections of a full pool that all turn busy are noticed without a new one', async () => {
  const opened = await connect('api', 4)
  const look = watched({ pools: () => ({ ...pools, api: 4 }) })
  expect((await look()).values).toMatchObject({
    [`${used} api`]: 4,
    [`${inUse} api`]: 0,
    [`${limit} api`]: 4,
  })
  await Promise.all(opened.map((client) => client.query('BEGIN')))
  const seen = await look()
  expect(seen.asked.at(-1)).toBe('gate-connections')
  expect(seen.values).toMatchObject({ [`${inUse} api`]: 4 })
  await Promise.all(opened.map((client) => client.query('COMMIT')))
  expect((await look()).values).toMatchObject({ [`${inUse} api`]: 0 })
})

test('R161: what comes and goes far below the limit waits for the next statement with roles, and is seen by it', async () => {
  const [api] = await connect('api', 2)
  const [rarely, soon] = [watched(), watched({}, 100)]
  await Promise.all([rarely(), soon()])
  await api?.query('BEGIN')
  expect(await rarely()).toMatchObject({ asked: ['gate-backends'], values: { [`${inUse} api`]: 0 } })
  await expect.poll(async () => (await soon()).values[`${inUse} api`]).toBe(1)
  await api?.query('COMMIT')
})

test('R161: nothing is confirmed behind an attempt that failed', async () => {
  let isBroken = false
  const look = watched({}, undefined, () => isBroken)
  await look()
  expect((await look()).asked).toEqual(['gate-backends'])
  isBroken = true
  await expect(look()).rejects.toThrow()
  isBroken = false
  expect((await look()).asked).toEqual(['gate-connections'])
})
