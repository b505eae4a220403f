import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres, type PostgresServer } from '../../rig/postgres.ts'
import { startRedis, type RedisServer } from '../../rig/redis.ts'
import { at, chartFolder, renderChart, theOne, type Values } from '../support/chart.ts'
import { libraryOf18, runJob } from '../support/chart-jobs.ts'

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

  async function grant(user: string, image: Readonly<Record<string, string>> = {}) {
    const objects = await renderChart(values(user))
    const file = join(folder, 'grants.sql')
    const { 'grants.sql': text = '' } = theOne(objects, 'ConfigMap', `${name}-sql`)['data'] as Record<
      string,
      string
    >
    await writeFile(file, text)
    return runJob(objects, `${name}-sql`, withAdministrator(), { '/grants/grants.sql': file }, image)
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

  it('X64: is made without TLS by the libpq of Postgres 18, which is stricter than the one of this machine', async () => {
    const { code, stderr } = await grant('gate_18', { LD_LIBRARY_PATH: await libraryOf18(folder) })
    expect([code, stderr]).toEqual([0, ''])
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

describe('X64: the Job for Postgres', () => {
  const own = '/var/run/caracal-gate'
  const pair = { clientCertificate: { secretName: 'client' } }

  it.each<[string, object, readonly string[], readonly string[]]>([
    ['without TLS', { mode: 'off', ...pair }, ['disable'], []],
    ['with the authorities of the system', { mode: 'verify-full' }, ['verify-full', 'system'], []],
    [
      'with an authority and a certificate of its own',
      { ca: { configMapName: 'authorities', key: 'pg.pem' }, ...pair },
      ['verify-full', `${own}/ca.crt`, `${own}/client.crt`, `${own}/client.key`],
      ['ca.crt', 'client.crt', 'client.key'],
    ],
  ])('says of TLS what libpq takes together, %s', async (_, tls, variables, files) => {
    const objects = await renderChart({
      postgres: { tls },
      grants: { postgres: { enabled: true, adminPassword } },
    })
    const spec = at(theOne(objects, 'Job', `${name}-sql`), 'spec.template.spec')
    const env = at(spec, 'containers.0.env') as readonly { name: string; value?: string }[]
    expect(env.filter((each) => each.name.startsWith('PGSSL')).map(({ value }) => value)).toEqual(variables)
    const sources = (at(spec, 'volumes.1.projected.sources') ?? []) as readonly object[]
    const items = sources.flatMap((source) => at(source, 'secret.items') ?? at(source, 'configMap.items'))
    expect(items.map((item) => at(item, 'path'))).toEqual(files)
    expect(at(spec, 'securityContext')).toMatchObject({ runAsUser: 999, fsGroup: 999 })
  })

  it('is refused where the name of the role is encoded in the URL, which nothing could decode', async () => {
    const url = 'postgres://gate%40reader@db/caracal'
    const values = { postgres: { url }, grants: { postgres: { enabled: true, adminPassword } } }
    await expect(renderChart(values)).rejects.toThrow('postgres.url without %')
  })
})

describe('X64: the Job for Redis', () => {
  it('shows the certificate of a client where one is named', async () => {
    const objects = await renderChart({
      redis: { url: 'rediss://redis:6380', tls: { clientCertificate: { secretName: 'client' } } },
      grants: { redis: { enabled: true, adminPassword } },
    })
    const spec = at(theOne(objects, 'Job', `${name}-acl`), 'spec.template.spec')
    expect(at(spec, 'containers.0.command.2')).toContain(
      '--cert /var/run/caracal-gate/client.crt --key /var/run/caracal-gate/client.key',
    )
    expect(at(spec, 'volumes.0.projected.sources.0.secret')).toMatchObject({ name: 'client' })
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
    const guide = await readFile(join(chartFolder, '../docs/operate/install-compose.md'), 'utf8')
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
