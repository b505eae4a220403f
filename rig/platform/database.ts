import { randomBytes } from 'node:crypto'
import pg from 'pg'
import type { Service } from './context.ts'
import { grants, monitorRole, releasedMigrations, roles, tables } from './schema.sql.ts'

export type PlatformDatabase = {
  /** As superuser; at most two connections, `application_name` rig. */
  readonly admin: pg.Pool
  readonly urlOf: (service: Service) => string
  readonly monitorUrl: string
}

const databaseName = 'caracal'

/** Recreates the platform's database in the given server, with its roles, and `seedRows` dispatched rows. */
export async function createDatabase(superuserUrl: string, seedRows: number): Promise<PlatformDatabase> {
  const maintenance = new pg.Client({ connectionString: superuserUrl, application_name: 'rig' })
  await maintenance.connect()
  const password = randomBytes(16).toString('hex')
  try {
    await maintenance.query(`DROP DATABASE IF EXISTS ${databaseName} WITH (FORCE)`)
    for (const role of [...Object.values(roles), monitorRole]) {
      await createRole(maintenance, role, password)
    }
    await maintenance.query(`CREATE DATABASE ${databaseName}`)
  } finally {
    await maintenance.end()
  }
  const admin = new pg.Pool({
    connectionString: withLogin(superuserUrl),
    max: 2,
    application_name: 'rig',
    query_timeout: 120_000,
  })
  admin.on('error', () => {})
  admin.on('connect', (client) => client.on('error', () => {}))
  try {
    await fill(admin, seedRows)
  } catch (error) {
    await admin.end()
    throw error
  }
  return {
    admin,
    urlOf: (service) => withLogin(superuserUrl, roles[service], password),
    monitorUrl: withLogin(superuserUrl, monitorRole, password),
  }
}

async function fill(admin: pg.Pool, seedRows: number): Promise<void> {
  await admin.query(tables)
  await admin.query(grants)
  for (const version of releasedMigrations) {
    await admin.query('INSERT INTO schema_migrations (version) VALUES ($1)', [version])
  }
  if (seedRows === 0) return
  await admin.query(
    `INSERT INTO event_outbox (id, stream_name, payload_json, attempts, dispatched_at, created_at)
     SELECT 'seed-' || n, 'caracal.policy.invalidate', '{"zone_id":"zone-rig","policy_set_id":"seed"}', 1,
       now() - interval '1 day', now() - interval '1 day'
     FROM generate_series(1, $1::int) AS n`,
    [seedRows],
  )
  await admin.query('VACUUM ANALYZE event_outbox')
}

/** Roles belong to the whole server, so an earlier platform on it may have left them. */
async function createRole(client: pg.Client, role: string, password: string): Promise<void> {
  const found = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role])
  const verb = found.rowCount === 0 ? 'CREATE' : 'ALTER'
  await client.query(`${verb} ROLE ${role} LOGIN PASSWORD '${password}'`)
}

function withLogin(superuserUrl: string, user?: string, password?: string): string {
  const url = new URL(superuserUrl)
  url.pathname = `/${databaseName}`
  if (user !== undefined) url.username = user
  if (password !== undefined) url.password = password
  return url.href
}
