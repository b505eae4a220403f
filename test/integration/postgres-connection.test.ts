import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createDatabase, type PlatformDatabase } from '../../rig/platform/database.ts'
import { startPostgres, type PostgresServer } from '../../rig/postgres.ts'
import { openPostgres, type Postgres, type PostgresSettings } from '../../src/connections/postgres.ts'
import { failureOf, settingsOf, type Failed } from '../support/postgres.ts'

let server: PostgresServer
let platform: PlatformDatabase
let settings: PostgresSettings
let postgres: Postgres

beforeAll(async () => {
  server = await startPostgres({ settings: { max_connections: '20' } })
  platform = await createDatabase(server.url, 0)
  settings = settingsOf(platform.monitorUrl)
})
afterAll(async () => {
  await platform?.admin.end()
  await server?.stop()
})
beforeEach(() => {
  postgres = openPostgres(settings)
})
afterEach(() => postgres.close())

async function saidWith(changes: Partial<PostgresSettings>): Promise<Failed> {
  const other = openPostgres({ ...settings, ...changes })
  try {
    return await failureOf(other.query('one', 'SELECT 1'))
  } finally {
    await other.close()
  }
}

describe('a session', () => {
  test('cannot write, whatever its login is granted', async () => {
    const superuser = openPostgres({ ...settingsOf(server.url), database: 'caracal' })
    const insert = `INSERT INTO schema_migrations (version) VALUES ('9999_ours')`
    const { message } = await failureOf(superuser.query('write', insert))
    await superuser.close()
    expect(message).toContain('25006')
    expect(
      (await platform.admin.query(`SELECT FROM schema_migrations WHERE version = '9999_ours'`)).rowCount,
    ).toBe(0)
  })

  test('bears our name and bounds every wait', async () => {
    const [row] = await postgres.query(
      'settings',
      `SELECT current_setting('application_name') AS name, current_setting('statement_timeout') AS statement,
        current_setting('lock_timeout') AS lock, current_setting('enable_seqscan') AS seqscan`,
    )
    expect(row).toEqual({ name: 'caracal-gate-exporter', statement: '350ms', lock: '200ms', seqscan: 'off' })
  })

  test('T29: is one for all looks, which wait for their turn, and its cost is counted', async () => {
    const pids = await Promise.all(
      [1, 2, 3, 4].map(() => postgres.query<{ pid: number }>('pid', 'SELECT pg_backend_pid() AS pid')),
    )
    expect(new Set(pids.map(([row]) => row?.pid)).size).toBe(1)
    expect(postgres.cost).toMatchObject({ connections: 1, statements: 4, failures: 0 })
    expect(postgres.cost.spent).toBeGreaterThan(0)
  })

  test('X32: keeps its statements prepared as long as the server itself answers', async () => {
    const prepared = { name: 'prepared', text: 'SELECT name FROM pg_prepared_statements ORDER BY name' }
    const names: (readonly string[])[] = []
    for (let n = 0; n < 3; n += 1) {
      const rows = await postgres.query<{ name: string }>(prepared.name, prepared.text)
      names.push(rows.map(({ name }) => name))
    }
    // The first answer tells who answers.
    expect(names).toEqual([[], ['gate-session', 'prepared'], ['gate-session', 'prepared']])
    expect(postgres.isPooled).toBe(false)
    await failureOf(postgres.query('missing', 'SELECT FROM nowhere_at_all'))
    // A name never stands for the statement that it stood for before.
    for (const value of [1, 2])
      expect(await postgres.query('missing', `SELECT ${value} AS value`)).toEqual([{ value }])
  })

  test('outlives a refused statement', async () => {
    await failureOf(postgres.query('missing', 'SELECT FROM nowhere_at_all'))
    await postgres.query('one', 'SELECT 1')
    expect(postgres.cost).toMatchObject({ connections: 1, statements: 2, failures: 1 })
  })

  test('is opened anew with its prepared statements when an operator ended it', async () => {
    await postgres.query('one', 'SELECT 1')
    await server.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1`, [
      settings.user,
    ])
    await expect.poll(() => postgres.query('one', 'SELECT 1').catch(() => [])).toHaveLength(1)
    expect(postgres.cost.connections).toBe(2)
  })
})

describe('a refused login', () => {
  test('with a wrong password, an unknown role, no password', async () => {
    for (const changes of [{ password: 'wrong-secret' }, { user: 'nobody_known' }]) {
      const { said, message } = await saidWith(changes)
      expect(said).toBe('unauthorized postgres_unauthorized')
      expect(message).not.toContain('wrong-secret')
    }
    const { password: _, ...without } = settings
    const other = openPostgres(without)
    expect((await failureOf(other.query('one', 'SELECT 1'))).said).toBe('unauthorized postgres_unauthorized')
    await other.close()
  })

  test('with an unknown database', async () => {
    const { said, message } = await saidWith({ database: 'caracel' })
    expect(said).toBe('unreachable postgres_database_missing')
    expect(message).toContain('caracel')
  })

  test('with the connection limit of the login reached, which is not a full server', async () => {
    await server.query('CREATE ROLE narrow LOGIN PASSWORD $$narrow$$ CONNECTION LIMIT 1')
    const login = { user: 'narrow', password: 'narrow' }
    const first = openPostgres({ ...settings, ...login })
    await first.query('one', 'SELECT 1')
    expect((await saidWith(login)).said).toBe('unreachable postgres_login_limit')
    await first.close()
  })

  test('is not tried again at the rate of brisk looks', async () => {
    const other = openPostgres({ ...settings, user: 'late', password: 'late' }, { redial: 1_000 })
    await failureOf(other.query('one', 'SELECT 1'))
    await server.query('CREATE ROLE late LOGIN PASSWORD $$late$$')
    expect((await failureOf(other.query('one', 'SELECT 1'))).said).toBe('unauthorized postgres_unauthorized')
    await expect
      .poll(() => other.query('one', 'SELECT 1').catch(() => []), { timeout: 3_000 })
      .toHaveLength(1)
    await other.close()
  })
})

describe('a server that does not answer', () => {
  test('that is hung costs less than 800 ms a look, keeps nobody waiting longer, and is found again', async () => {
    await postgres.query('one', 'SELECT 1')
    await server.suspend()
    try {
      const together = await Promise.all([1, 2, 3].map(() => failureOf(postgres.query('one', 'SELECT 1'))))
      const dialling = await failureOf(postgres.query('one', 'SELECT 1'))
      for (const { said, took } of [...together, dialling]) {
        expect(said).toBe('timeout postgres_timeout')
        expect(took).toBeLessThan(800)
      }
    } finally {
      await server.resume()
    }
    await expect.poll(() => postgres.query('one', 'SELECT 1').catch(() => [])).toHaveLength(1)
  })

  test('that is hung cannot delay the end', async () => {
    await postgres.query('one', 'SELECT 1')
    await server.suspend()
    try {
      const startedAt = performance.now()
      await postgres.close()
      expect(performance.now() - startedAt).toBeLessThan(2_000)
    } finally {
      await server.resume()
      postgres = openPostgres(settings)
    }
  })

  test('that is gone is said at once, and found again when it is back', async () => {
    await postgres.query('one', 'SELECT 1')
    await server.kill()
    await failureOf(postgres.query('one', 'SELECT 1'))
    const { said, took } = await failureOf(postgres.query('one', 'SELECT 1'))
    expect(said).toBe('unreachable postgres_refused')
    expect(took).toBeLessThan(300)
    await server.restart()
    await expect
      .poll(() => postgres.query('one', 'SELECT 1').catch(() => []), { timeout: 3_000 })
      .toHaveLength(1)
  })

  test('that shuts down is unavailable', async () => {
    const guest = openPostgres(settings)
    await guest.query('one', 'SELECT 1')
    // A smart shutdown waits for the guest and refuses everybody else.
    process.kill(server.pid, 'SIGTERM')
    try {
      await expect.poll(async () => (await saidWith({})).said).toBe('unreachable postgres_unavailable')
    } finally {
      await guest.close()
      await server.restart()
    }
  })

  test('whose name does not resolve', async () => {
    const { said } = await saidWith({ host: 'postgres.invalid' })
    expect(['unreachable postgres_name_unknown', 'timeout postgres_timeout']).toContain(said)
  })
})

describe('a statement', () => {
  test('that takes too long is cancelled by the server', async () => {
    const { said, took } = await failureOf(postgres.query('sleep', 'SELECT pg_sleep(5)'))
    expect(said).toBe('timeout postgres_statement_timeout')
    expect(took).toBeLessThan(800)
    await postgres.query('one', 'SELECT 1')
    expect(postgres.cost.connections).toBe(1)
  })

  test('gives way to a migration that holds the table', async () => {
    const migration = await platform.admin.connect()
    await migration.query('BEGIN; LOCK TABLE event_outbox IN ACCESS EXCLUSIVE MODE')
    try {
      await postgres.query('one', 'SELECT 1')
      const { said } = await failureOf(postgres.query('outbox', 'SELECT count(*) FROM event_outbox'))
      expect(said).toBe('timeout postgres_lock_timeout')
    } finally {
      await migration.query('ROLLBACK')
      migration.release()
    }
    await postgres.query('outbox', 'SELECT count(*) FROM event_outbox')
  })
})
