import { writeFile } from 'node:fs/promises'
import { beforeAll, expect, test } from 'vitest'
import { postgres as doctor } from '../../src/cli/doctor/postgres.ts'
import { outboxTables } from '../../src/probes/outbox-tables.ts'
import { postgresConnections } from '../../src/probes/postgres-connections.ts'
import type { Probe } from '../../src/probes/probe.ts'
import { schemaMigrations } from '../../src/probes/schema-migrations.ts'
import { examined, foundOf } from '../support/doctor.ts'
import { failureOf, lookOnce, platformInPostgres, settingsOf } from '../support/postgres.ts'

const world = platformInPostgres({ wal_level: 'replica' })

beforeAll(async () => {
  const { server, platform } = world
  await platform.admin.query('CREATE TABLE empty (version text)')
  await platform.admin.query('GRANT SELECT ON empty TO caracal_gate')
  const [row] = await server.query('SHOW data_directory')
  await server.query('CHECKPOINT')
  await writeFile(`${String(row?.['data_directory'])}/standby.signal`, '')
  await server.restart()
})

async function saidBy(probe: Probe): Promise<string> {
  const outcome = await lookOnce(probe)
  return outcome.ok ? 'seen' : `${outcome.unknownReason} ${outcome.reason}`
}

test('X90: nothing that a standby says proves anything, for any probe and any statement', async () => {
  const { postgres } = world
  const users = { roles: { api: 'caracalapi' }, user: 'caracal_gate', pools: () => ({ api: 40 }) }
  for (const probe of [
    outboxTables(postgres),
    schemaMigrations(postgres),
    postgresConnections(postgres, users),
  ])
    expect(await saidBy(probe)).toBe('contradictory postgres_in_recovery')
  // The role is that of the connection: a statement that says nothing of it, or gives no row, is refused alike.
  for (const text of ['SELECT 1', 'SELECT version FROM public.empty'])
    expect((await failureOf(postgres.query('any', text))).said).toBe('contradictory postgres_in_recovery')
  expect(postgres.cost.connections).toBe(1)
})

test('X90: the doctor is told by a standby what it is', async () => {
  const { platform, server } = world
  const { user, password = '', database } = settingsOf(platform.monitorUrl)
  const found = await examined(doctor, {
    configuration: {
      postgres: {
        url: `postgres://${user}@127.0.0.1:${server.port}/${database}`,
        password: { file: 'password' },
      },
    },
    secrets: { password },
  })
  expect(foundOf(found, 'primary')).toMatchObject({ state: 'failed', reasons: ['postgres_in_recovery'] })
  expect(foundOf(found, 'login').state).toBe('ok')
})

test('X90: a standby that is promoted is believed from then on', async () => {
  const { postgres, server } = world
  await failureOf(postgres.query('one', 'SELECT 1'))
  // The connections that the rig held were broken by the restart.
  await expect.poll(() => server.query('SELECT pg_promote()').catch(() => [])).toHaveLength(1)
  await expect.poll(() => saidBy(outboxTables(postgres)), { timeout: 20_000 }).toBe('seen')
})
