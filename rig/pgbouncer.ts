import { chown, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import pg from 'pg'
import { isRoot, nobody } from './postgres-binaries.ts'
import type { PostgresServer } from './postgres.ts'
import { freePort, launch, removeFolder, temporaryFolder, waitUntilReady } from './processes.ts'
import type { ServerProcess } from './processes.ts'

export type PoolerLogin = { readonly user: string; readonly password: string }

/** A pgbouncer before a Postgres of ours. */
export type Pooler = {
  readonly host: string
  readonly port: number
  /** Ends it and starts it on the same port: all connections break, on both sides. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Starts a real pgbouncer in transaction mode, which lends a session of the server to each transaction of a client. */
export async function startPgbouncer(
  server: PostgresServer,
  logins: readonly PoolerLogin[],
  settings: Readonly<Record<string, string>> = {},
): Promise<Pooler> {
  const folder = await temporaryFolder('pgbouncer')
  const port = await freePort()
  const all: Readonly<Record<string, string>> = {
    listen_addr: '127.0.0.1',
    listen_port: String(port),
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: join(folder, 'users'),
    pool_mode: 'transaction',
    default_pool_size: '2',
    ...settings,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`)
  const config = join(folder, 'pgbouncer.ini')
  await writeFile(
    config,
    `[databases]\n* = host=${server.host} port=${server.port}\n[pgbouncer]\n${lines.join('\n')}\n`,
  )
  await writeFile(
    all['auth_file'] ?? '',
    logins.map(({ user, password }) => `"${user}" "${password}"\n`).join(''),
  )
  if (isRoot())
    for (const path of [folder, config, join(folder, 'users')]) await chown(path, nobody.uid, nobody.gid)
  let running: ServerProcess | undefined
  async function start(): Promise<void> {
    const user = isRoot() ? { user: nobody } : {}
    running = launch({ command: findBinary(), args: [config], folder, endSignal: 'SIGINT', ...user })
    const started = running
    await waitUntilReady(
      started,
      () => answers(port, logins[0]),
      (why) => new Error(`pgbouncer did not start: ${why}\n${started.output()}`),
    )
  }
  async function stop(): Promise<void> {
    // SIGTERM ends it at once, SIGINT when its clients have gone.
    await running?.end('SIGTERM')
    await removeFolder(folder)
  }
  await start().catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return {
    host: '127.0.0.1',
    port,
    async restart() {
      await running?.end('SIGTERM')
      await start()
    },
    stop,
  }
}

function findBinary(): string {
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    '/usr/sbin',
    '/usr/local/sbin',
    '/opt/homebrew/bin',
  ]
  const found = folders.map((folder) => join(folder, 'pgbouncer')).find((path) => existsSync(path))
  if (found !== undefined) return found
  throw new Error(
    'No pgbouncer found. Install it (Debian: apt-get install -y --no-install-recommends pgbouncer; macOS: brew install pgbouncer).',
  )
}

async function answers(port: number, login: PoolerLogin | undefined): Promise<boolean> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    database: 'postgres',
    connectionTimeoutMillis: 1_000,
    ...login,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}
