import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certificateAuthority } from '../../rig/certificate-authority.ts'
import { startPostgres, type PostgresServer } from '../../rig/postgres.ts'
import { databaseRoles } from '../../src/rules/platform.ts'
import { postgres } from '../../src/cli/doctor/postgres.ts'
import { rolesNeeded, tablesRead } from '../../src/probes/index.ts'
import { examined, foundOf, subjectsThat } from '../support/doctor.ts'

const password = 'gate-Pass+word/1'
const roles = ['the-gate', ...Object.values(databaseRoles)]
const [statsRole = ''] = rolesNeeded
let server: PostgresServer
/** Superuser in the database of the platform. */
let owner: pg.Client

beforeAll(async () => {
  server = await startPostgres()
  owner = new pg.Client({ connectionString: await server.createDatabase('caracal') })
  await owner.connect()
  for (const { table, columns } of tablesRead)
    await owner.query(`CREATE TABLE ${table} (${columns.map((column) => `${column} text`).join(', ')})`)
  for (const role of roles) await owner.query(`CREATE ROLE "${role}" LOGIN PASSWORD '${password}'`)
  await granted()
})
afterAll(async () => {
  await owner?.end()
  await server?.stop()
})

/** What the shipped file grants; it is for psql, whose variables are put in here. */
async function granted(): Promise<void> {
  const text = readFileSync(join(import.meta.dirname, '../../helm/files/grants.sql'), 'utf8')
  for (const line of text.split('\n').filter((one) => one.startsWith('GRANT ')))
    await owner.query(line.replaceAll(':"gate_role"', '"the-gate"'))
}

function examinedAs(user = 'the-gate', database = 'caracal', secret = password, port = server.port) {
  const url = `postgres://${user}@127.0.0.1:${port}/${database}`
  const configuration = { postgres: { url, password: { file: 'postgres-password' } } }
  return examined(postgres, { configuration, secrets: { 'postgres-password': secret } })
}

/** Runs the doctor's lines as they are; comments are for people. */
async function applied(lines: readonly string[] | undefined): Promise<void> {
  const statements = (lines ?? []).filter((line) => line.endsWith(';'))
  expect(statements).not.toEqual([])
  for (const statement of statements) await owner.query(statement)
}

/** Takes something away, looks, fixes it by the line that was given, and looks again. */
async function brokenAndMended(breaking: string, subject: string) {
  await owner.query(breaking)
  try {
    const before = await examinedAs()
    const one = foundOf(before, subject)
    await applied(one.fix)
    expect(subjectsThat(await examinedAs(), one.state)).not.toContain(subject)
    return { one, failures: subjectsThat(before, 'failed') }
  } finally {
    await granted()
  }
}

describe('the doctor of Postgres', () => {
  it('finds nothing to fix with the grants of the chart', async () => {
    const found = await examinedAs()
    expect(subjectsThat(found, 'failed')).toEqual([])
    expect(subjectsThat(found, 'ok')).toEqual(
      expect.arrayContaining([
        'version',
        'primary',
        'session',
        'rights',
        'sessions',
        'roles',
        'schema public',
      ]),
    )
  })

  it.each(tablesRead)('names the grant on $table, and its line fixes it', async ({ table, probe }) => {
    const { one, failures } = await brokenAndMended(`REVOKE SELECT ON ${table} FROM "the-gate"`, table)
    expect(failures).toEqual([table])
    expect(one.message).toContain(`so ${probe} sees nothing`)
    expect(one.fix).toEqual([`GRANT SELECT ON public.${table} TO "the-gate";`])
  })

  it('names the one column that is closed, where rights are given by column', async () => {
    await owner.query('REVOKE SELECT ON event_outbox FROM "the-gate"')
    await owner.query('GRANT SELECT (available_at, created_at) ON event_outbox TO "the-gate"')
    const found = await examinedAs()
    expect(foundOf(found, 'event_outbox').message).toMatch(/may not read dispatched_at,/)
    await applied(foundOf(found, 'event_outbox').fix)
    expect(subjectsThat(await examinedAs(), 'failed')).toEqual([])
  })

  it('names the right to see sessions, and its line fixes it', async () => {
    const { one, failures } = await brokenAndMended(`REVOKE ${statsRole} FROM "the-gate"`, 'sessions')
    expect(failures).toEqual(['sessions'])
    expect(one.fix).toEqual([`GRANT ${statsRole} TO "the-gate";`])
  })

  it('names the right to use the schema, and its line fixes it', async () => {
    const { failures } = await brokenAndMended('REVOKE USAGE ON SCHEMA public FROM public', 'schema public')
    expect(failures).toEqual(['schema public'])
  })

  it('warns of a right to write, and its line takes it away', async () => {
    const { one } = await brokenAndMended(
      'GRANT SELECT, INSERT ON schema_migrations TO "the-gate"',
      'schema_migrations',
    )
    expect(one.state).toBe('warning')
  })

  it('warns of a connection limit that two replicas do not fit into, and its line fixes it', async () => {
    const { one } = await brokenAndMended('ALTER ROLE "the-gate" CONNECTION LIMIT 2', 'connections')
    expect(one).toMatchObject({ state: 'warning', reasons: ['postgres_login_limit'] })
  })

  it('says that a role may not log in, and its line fixes it', async () => {
    const { one, failures } = await brokenAndMended('ALTER ROLE "the-gate" NOLOGIN', 'login')
    expect(failures).toEqual(['login'])
    expect(one.reasons).toEqual(['postgres_unauthorized'])
  })

  it('says which columns a table of another version lacks', async () => {
    await owner.query('ALTER TABLE caracal_outbox RENAME COLUMN status TO state')
    const found = await examinedAs()
    await owner.query('ALTER TABLE caracal_outbox RENAME COLUMN state TO status')
    expect(foundOf(found, 'caracal_outbox').message).toContain('it lacks the column status')
  })

  it('says which role of the platform is not there', async () => {
    await owner.query('ALTER ROLE caracalsts RENAME TO other')
    const found = await examinedAs()
    await owner.query('ALTER ROLE other RENAME TO caracalsts')
    expect(foundOf(found, 'roles')).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('no role caracalsts') as string,
    })
  })

  it('says that the tables are not in this database, or that there is none of this name', async () => {
    expect(subjectsThat(await examinedAs('the-gate', 'postgres'), 'failed')).toEqual(
      tablesRead.map(({ table }) => table),
    )
    const found = await examinedAs('the-gate', 'nowhere')
    expect(found).toMatchObject([{ subject: 'login', reasons: ['postgres_database_missing'] }])
    expect(found[0]?.fix?.[0]).toContain(`postgres.url: postgres://the-gate@127.0.0.1:${server.port}/`)
  })

  it('says that a password is refused, without telling it', async () => {
    const found = await examinedAs('the-gate', 'caracal', 'wrong-Secret+9')
    expect(found).toMatchObject([{ subject: 'login', state: 'failed', reasons: ['postgres_unauthorized'] }])
    expect(JSON.stringify(found)).not.toContain('wrong-Secret')
  })

  it('says that nothing listens there', async () => {
    expect(await examinedAs('the-gate', 'caracal', password, 9)).toMatchObject([
      { subject: 'login', reasons: ['postgres_refused'] },
    ])
  })

  it('warns of a superuser', async () => {
    const admin = decodeURIComponent(new URL(server.url).password)
    expect(foundOf(await examinedAs('postgres', 'caracal', admin), 'rights').state).toBe('warning')
  })

  it('says that a server without TLS is asked for it', async () => {
    const ca = certificateAuthority().ca
    const found = await examined(postgres, {
      configuration: {
        postgres: {
          url: `postgres://the-gate@127.0.0.1:${server.port}/caracal`,
          tls: { caFile: 'ca.pem' },
        },
      },
      secrets: { 'ca.pem': ca },
    })
    expect(found).toMatchObject([{ subject: 'login', state: 'failed', reasons: ['postgres_tls'] }])
    // X77: a CA is not what is missing here.
    expect(found[0]?.fix?.join()).not.toContain('caFile')
    expect(found[0]?.fix?.join()).toContain('doctor --only tls')
  })
})

describe('the tables that the looks read', () => {
  it('are those of the grants in the chart', () => {
    const text = readFileSync(join(import.meta.dirname, '../../helm/files/grants.sql'), 'utf8')
    const names = /^GRANT SELECT ON (.*) TO/m.exec(text)?.[1]?.split(', ')
    expect(tablesRead.map(({ table }) => table)).toEqual(names)
    expect(text).toContain(`GRANT ${statsRole} TO`)
  })
})
