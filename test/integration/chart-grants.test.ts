import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres, type PostgresServer } from '../../rig/postgres.ts'
import { startRedis, type RedisServer } from '../../rig/redis.ts'
import { chartFolder, renderChart, theOne, type Values } from '../support/chart.ts'
import { runJob } from '../support/chart-jobs.ts'

// The Jobs that make the exporter's own role and user, with the real psql and redis-cli.

const name = 'gate-caracal-gate-exporter-grants'
const awkward = `it's "quoted" $(no) \\ 100%`
const secrets = {
  'caracal-gate/postgresPassword': awkward,
  'caracal-gate/redisPassword': awkward,
  'admin/password': 'of-the-administrator',
}
const adminPassword = { secretName: 'admin', key: 'password' }

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gate-grants-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the role in Postgres', () => {
  let postgres: PostgresServer

  beforeAll(async () => {
    postgres = await startPostgres()
    const client = new pg.Client({ connectionString: await postgres.createDatabase('caracal') })
    await client.connect()
    for (const table of ['event_outbox', 'caracal_outbox', 'schema_migrations', 'sessions'])
      await client.query(`CREATE TABLE ${table} (id int)`)
    await client.end()
  })

  afterAll(() => postgres.stop())

  function withAdministrator() {
    return { ...secrets, 'admin/password': decodeURIComponent(new URL(postgres.url).password) }
  }

  function values(user: string, database = 'caracal'): Values {
    return {
      postgres: { url: `postgres://${user}@127.0.0.1:${postgres.port}/${database}`, tls: { mode: 'off' } },
      grants: { postgres: { enabled: true, adminUser: 'postgres', adminPassword } },
    }
  }

  async function grant(user: string) {
    const objects = await renderChart(values(user))
    const file = join(folder, 'grants.sql')
    const { 'grants.sql': text = '' } = theOne(objects, 'ConfigMap', `${name}-sql`)['data'] as Record<
      string,
      string
    >
    await writeFile(file, text)
    return runJob(objects, `${name}-sql`, withAdministrator(), { '/grants/grants.sql': file })
  }

  async function asked(user: string, sql: string): Promise<string> {
    const client = new pg.Client({
      host: '127.0.0.1',
      port: postgres.port,
      database: 'caracal',
      user,
      password: awkward,
    })
    await client.connect()
    try {
      await client.query(sql)
      return 'done'
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    } finally {
      await client.end()
    }
  }

  it('is made, again and again, with a password and a name that need quoting', async () => {
    for (const user of ['caracal_gate', 'caracal_gate', 'Gate-Reader']) {
      const { code, stderr } = await grant(user)
      expect([code, stderr]).toEqual([0, ''])
    }
    expect(await asked('Gate-Reader', 'SELECT id FROM event_outbox')).toBe('done')
  })

  it('reads what is looked at, sees the states of sessions, and does nothing else', async () => {
    for (const table of ['event_outbox', 'caracal_outbox', 'schema_migrations'])
      expect(await asked('caracal_gate', `SELECT count(*) FROM ${table}`)).toBe('done')
    expect(await asked('caracal_gate', 'SELECT id FROM sessions')).toContain('permission denied')
    expect(await asked('caracal_gate', 'DELETE FROM event_outbox')).toContain('permission denied')
    expect(await asked('caracal_gate', 'CREATE TABLE public.own (id int)')).toContain('permission denied')
    const [role] = await postgres.query(
      `SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolconnlimit,
              pg_has_role(oid, 'pg_read_all_stats', 'MEMBER') AS stats
       FROM pg_roles WHERE rolname = 'caracal_gate'`,
    )
    expect(role).toEqual({
      rolsuper: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolreplication: false,
      rolconnlimit: 6,
      stats: true,
    })
  })

  it('is not made by half where a table is missing: the Job fails and says which', async () => {
    await postgres.createDatabase('empty')
    const objects = await renderChart(values('caracal_gate_2', 'empty'))
    const files = { '/grants/grants.sql': join(chartFolder, 'files/grants.sql') }
    const { code, stderr } = await runJob(objects, `${name}-sql`, withAdministrator(), files)
    expect([code, stderr]).toEqual([3, expect.stringContaining('relation "event_outbox" does not exist')])
    expect(await postgres.query(`SELECT FROM pg_roles WHERE rolname = 'caracal_gate_2'`)).toEqual([])
  })
})

describe('the user in Redis', () => {
  let redis: RedisServer

  beforeAll(async () => {
    const users = ['user default off', 'user admin on >of-the-administrator ~* &* +@all']
    redis = await startRedis({ users })
  })

  afterAll(() => redis.stop())

  function objects(path: string, save: boolean) {
    return renderChart({
      redis: { url: `redis://127.0.0.1:${redis.port}${path}` },
      grants: { redis: { enabled: true, adminUser: 'admin', adminPassword, save } },
    })
  }

  function login() {
    return new Redis({ port: redis.port, username: 'caracal_gate', password: awkward, protocol: 2 })
  }

  it('is made with the rights of the guide, and is still there after a restart once it is saved', async () => {
    const ended = await runJob(await objects('/0', true), `${name}-acl`, secrets)
    expect(ended).toEqual({ code: 0, stdout: 'OK\nOK\n', stderr: '' })
    await redis.kill()
    await redis.restart()
    const client = login()
    expect(await client.call('TIME')).toHaveLength(2)
    await expect(client.call('XRANGE', 'others', '-', '+')).rejects.toThrow('NOPERM')
    await expect(client.call('SET', 'caracal.x', '1')).rejects.toThrow('NOPERM')
    await expect(client.call('SELECT', '2')).rejects.toThrow('NOPERM')
    client.disconnect()
  })

  it('may choose a database only where the URL names another than the first', async () => {
    expect(await runJob(await objects('/2', false), `${name}-acl`, secrets)).toMatchObject({ code: 0 })
    const client = login()
    expect(await client.call('SELECT', '2')).toBe('OK')
    client.disconnect()
  })

  it('is not said to be made when Redis refuses', async () => {
    const wrong = { ...secrets, 'admin/password': 'wrong' }
    const { code, stdout, stderr } = await runJob(await objects('/0', false), `${name}-acl`, wrong)
    expect(code).not.toBe(0)
    expect(stdout + stderr).toMatch(/WRONGPASS|NOAUTH/)
    expect(stdout + stderr).not.toContain(awkward)
  })
})

describe('what is granted', () => {
  it('is what the guide for Compose says', async () => {
    const guide = await readFile(join(chartFolder, '../docs/install-compose.md'), 'utf8')
    const sql = await readFile(join(chartFolder, 'files/grants.sql'), 'utf8')
    const acl = (await readFile(join(chartFolder, 'files/redis-acl.txt'), 'utf8')).trim()
    const tables = /GRANT SELECT ON (.*) TO/
    expect(tables.exec(sql)?.[1]).toBe(tables.exec(guide)?.[1])
    const said = /ACL SETUSER caracal_gate (.*)$/m
      .exec(guide)?.[1]
      ?.replaceAll("'", '')
      .replace('>change-me ', '')
    const sorted = (text = '') => text.replace(' on ', ' ').split(' ').toSorted()
    expect(sorted(acl)).toEqual(sorted(said))
  })
})
