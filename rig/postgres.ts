import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { isRoot, nobody, postgresBinaries } from './postgres-binaries.ts'
import { initialiseCluster, installCertificate, superuser } from './postgres-cluster.ts'
import type { Certificate } from './postgres-cluster.ts'
import {
  childrenOf,
  freePort,
  launch,
  removeFolder,
  signalProcess,
  temporaryFolder,
  waitUntilReady,
} from './processes.ts'
import type { ServerProcess } from './processes.ts'

export type PostgresOptions = {
  /** Settings of postgresql.conf: `{ max_connections: '20' }`. */
  readonly settings?: Readonly<Record<string, string>>
  readonly ssl?: Certificate
}

export type Login = {
  readonly user?: string
  readonly password?: string
  readonly database?: string
}

/** A PostgreSQL of our own. */
export type PostgresServer = {
  /** Login of the superuser `postgres` to the database `postgres`. */
  readonly url: string
  readonly host: string
  readonly port: number
  readonly pid: number
  /** One statement (or several without parameters) as superuser in the database `postgres`. */
  query(sql: string, parameters?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>
  /** Creates a database and returns the superuser's URL of it. */
  createDatabase(name: string): Promise<string>
  urlFor(login: Login): string
  /** SIGSTOP to the postmaster and every backend: connections stay open and nothing answers. */
  suspend(): Promise<void>
  resume(): Promise<void>
  /** SIGQUIT: connections break, the port refuses; the data stays for `restart`. */
  kill(): Promise<void>
  restart(): Promise<void>
  stop(): Promise<void>
}

/**
 * What a throw-away server needs: nothing survives it, so nothing has to reach the disk.
 * `wal_level` minimal makes loading a million rows quick.
 */
const throwAway: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_connections: '100',
}

/** Makes a database cluster in a temporary folder and serves it on a free loopback port, with passwords. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const folder = await temporaryFolder('postgres')
  try {
    const binaries = await postgresBinaries(folder)
    await initialiseCluster(binaries, folder)
    if (options.ssl !== undefined) await installCertificate(folder, options.ssl)
    return await startOnFreePort(binaries, folder, options)
  } catch (error) {
    await removeFolder(folder)
    throw error
  }
}

async function startOnFreePort(
  binaries: string,
  folder: string,
  options: PostgresOptions,
): Promise<PostgresServer> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    try {
      return await startOn(port, binaries, folder, options)
    } catch (error) {
      // Between asking for a free port and taking it another process may have taken it.
      if (attempt === 3 || !String(error).includes('Address already in use')) throw error
    }
  }
}

async function startOn(
  port: number,
  binaries: string,
  folder: string,
  options: PostgresOptions,
): Promise<PostgresServer> {
  const urlFor = urlsOf(port)
  const spawnServer = () => spawnPostgres(port, binaries, folder, options)
  let server = await spawnServer()
  const pool = new pg.Pool({
    connectionString: urlFor({}),
    max: 2,
    application_name: 'rig',
    ...trustAnyCertificate(options),
  })
  // A killed server breaks idle connections; the next query reports it.
  pool.on('error', () => {})
  async function query(sql: string, parameters?: readonly unknown[]): Promise<Record<string, unknown>[]> {
    const result = await pool.query<Record<string, unknown>>(sql, parameters && [...parameters])
    return result.rows
  }
  async function end(): Promise<void> {
    await resumeAll(server)
    await server.end('SIGQUIT')
  }
  return {
    url: urlFor({}),
    host: '127.0.0.1',
    port,
    get pid() {
      return server.pid
    },
    query,
    createDatabase: async (name) => {
      await query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`)
      return urlFor({ database: name })
    },
    urlFor,
    suspend: () => suspendAll(server),
    resume: () => resumeAll(server),
    kill: end,
    restart: async () => {
      await end()
      server = await spawnServer()
    },
    stop: async () => {
      await resumeAll(server)
      // A pool waits for its queries; a stopping rig does not.
      await Promise.race([pool.end(), delay(500, undefined, { ref: false })])
      await end()
      await removeFolder(folder)
    },
  }
}

async function spawnPostgres(
  port: number,
  binaries: string,
  folder: string,
  options: PostgresOptions,
): Promise<ServerProcess> {
  const settings: Record<string, string> = {
    ...throwAway,
    port: String(port),
    unix_socket_directories: folder,
    ...(options.ssl === undefined ? {} : { ssl: 'on' }),
    ...options.settings,
  }
  const args = ['-D', join(folder, 'data')]
  for (const [name, value] of Object.entries(settings)) args.push('-c', `${name}=${value}`)
  const user = isRoot() ? { user: nobody } : {}
  const command = join(binaries, 'postgres')
  const server = launch({ command, args, folder, endSignal: 'SIGQUIT', ...user })
  await waitUntilReady(
    server,
    () => acceptsQueries(port, options),
    (why) => new Error(`postgres did not start: ${why}\n${server.output()}`),
  ).catch(async (error: unknown) => {
    await server.end('SIGQUIT')
    throw error
  })
  return server
}

async function acceptsQueries(port: number, options: PostgresOptions): Promise<boolean> {
  const client = new pg.Client({
    connectionString: urlsOf(port)({}),
    connectionTimeoutMillis: 1_000,
    ...trustAnyCertificate(options),
  })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('SELECT 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

/** For our own look at our own server only. */
function trustAnyCertificate(options: PostgresOptions): pg.ClientConfig {
  return options.ssl === undefined ? {} : { ssl: { rejectUnauthorized: false } }
}

function urlsOf(port: number): (login: Login) => string {
  return (login) => {
    const user = encodeURIComponent(login.user ?? superuser.user)
    const password = encodeURIComponent(
      login.user === undefined ? superuser.password : (login.password ?? ''),
    )
    const database = encodeURIComponent(login.database ?? 'postgres')
    return `postgres://${user}:${password}@127.0.0.1:${port}/${database}`
  }
}

/** The postmaster first, so that it starts no further backend while its children are being stopped. */
async function suspendAll(server: ServerProcess): Promise<void> {
  server.signal('SIGSTOP')
  for (const child of await childrenOf(server.pid)) signalProcess(child, 'SIGSTOP')
}

async function resumeAll(server: ServerProcess): Promise<void> {
  if (!server.running()) return
  for (const child of await childrenOf(server.pid)) signalProcess(child, 'SIGCONT')
  server.signal('SIGCONT')
}
