import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startPgbouncer, type Pooler } from '../../rig/pgbouncer.ts'
import { createDatabase, type PlatformDatabase } from '../../rig/platform/database.ts'
import { startPostgres, type PostgresServer } from '../../rig/postgres.ts'
import { openPostgres, type Postgres, type PostgresSettings } from '../../src/connections/postgres.ts'
import { postgres as doctor } from '../../src/cli/doctor/postgres.ts'
import { outboxTables } from '../../src/probes/outbox-tables.ts'
import { schemaMigrations } from '../../src/probes/schema-migrations.ts'
import { examined, foundOf } from '../support/doctor.ts'
import { failureOf, lookOnce, settingsOf } from '../support/postgres.ts'

let server: PostgresServer
let platform: PlatformDatabase
let pooler: Pooler
let settings: PostgresSettings
const open = new Set<Postgres>()

beforeAll(async () => {
  server = await startPostgres()
  platform = await createDatabase(server.url, 0)
  const direct = settingsOf(platform.monitorUrl)
  const superuser = settingsOf(server.url)
  const logins = [superuser, direct].map(({ user, password = '' }) => ({ user, password }))
  // What shops have that were troubled by drivers; ours asks for nothing that a pooler must ignore.
  const ignored = { ignore_startup_parameters: 'extra_float_digits,options,statement_timeout,lock_timeout' }
  pooler = await startPgbouncer(server, logins, ignored)
  settings = { ...direct, host: pooler.host, port: pooler.port }
})
afterAll(async () => {
  await pooler?.stop()
  await platform?.admin.end()
  await server?.stop()
})
afterEach(async () => {
  for (const one of open) await one.close()
  open.clear()
})

function opened(): Postgres {
  const postgres = openPostgres(settings)
  open.add(postgres)
  return postgres
}

async function looksWell(postgres: Postgres): Promise<void> {
  for (const probe of [outboxTables(postgres), schemaMigrations(postgres)])
    expect(await lookOnce(probe)).toMatchObject({ ok: true })
}

test('X32: two exporters behind a pooler in transaction mode see, again and again, and after a restart of one', async () => {
  const [first, second] = [opened(), opened()]
  for (let n = 0; n < 10; n += 1) await Promise.all([looksWell(first), looksWell(second)])
  expect([first.isPooled, second.isPooled]).toEqual([true, true])
  await second.close()
  const third = opened()
  for (let n = 0; n < 10; n += 1) await Promise.all([looksWell(first), looksWell(third)])
  const left = await platform.admin.query(`SELECT name FROM pg_prepared_statements`)
  expect(left.rows).toEqual([])
  expect(first.cost).toMatchObject({ connections: 1, failures: 0 })
})

test('X32: the bounds of a look hold behind a pooler, and leave nothing behind in the sessions that it lends', async () => {
  const postgres = opened()
  const [row] = await postgres.query(
    'settings',
    `SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
      current_setting('transaction_read_only') AS read_only, current_setting('enable_seqscan') AS seqscan,
      current_setting('jit') AS jit`,
  )
  expect(row).toEqual({ statement: '350ms', lock: '200ms', read_only: 'on', seqscan: 'off', jit: 'off' })
  expect((await failureOf(postgres.query('sleep', 'SELECT pg_sleep(5)'))).said).toBe(
    'timeout postgres_statement_timeout',
  )
  const insert = `INSERT INTO public.schema_migrations (version) VALUES ('ours')`
  expect((await failureOf(postgres.query('write', insert))).message).toContain('25006')
  expect(postgres.cost.connections).toBe(1)
  // Another client is lent the same sessions.
  const { user, password = '' } = settings
  const other = new pg.Client({
    host: pooler.host,
    port: pooler.port,
    database: settings.database,
    user,
    password,
  })
  await other.connect()
  for (let n = 0; n < 4; n += 1) {
    const { rows } = await other.query(
      `SELECT current_setting('statement_timeout') AS statement, current_setting('enable_seqscan') AS seqscan`,
    )
    expect(rows).toEqual([{ statement: '0', seqscan: 'on' }])
  }
  await other.end()
})

test('X32: a pooler that is restarted is dialled anew', async () => {
  const postgres = opened()
  await looksWell(postgres)
  await pooler.restart()
  await expect.poll(async () => (await lookOnce(outboxTables(postgres))).ok, { timeout: 20_000 }).toBe(true)
})

test('X32: a pooler that does not know the login is told as one', async () => {
  const stranger = openPostgres({ ...settings, user: 'nobody_known' })
  open.add(stranger)
  const { said } = await failureOf(stranger.query('one', 'SELECT 1'))
  expect(['unreachable postgres_pooler', 'unauthorized postgres_unauthorized']).toContain(said)
})

test('X32: the doctor names the pooler', async () => {
  const url = (port: number) => `postgres://${settings.user}@127.0.0.1:${port}/${settings.database}`
  const examine = (port: number) =>
    examined(doctor, {
      configuration: { postgres: { url: url(port), password: { file: 'password' } } },
      secrets: { password: settings.password ?? '' },
    })
  expect(foundOf(await examine(pooler.port), 'session')).toMatchObject({
    state: 'warning',
    reasons: ['postgres_pooler'],
  })
  expect(foundOf(await examine(server.port), 'session').state).toBe('ok')
})
