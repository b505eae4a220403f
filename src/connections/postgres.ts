import { Socket } from 'node:net'
import { checkServerIdentity } from 'node:tls'
import pg from 'pg'
import type { Millis } from '../core/time.ts'
import { PostgresFailure, postgresFailure } from './postgres-failure.ts'

/** PEM texts. The server's certificate is always verified, up to its name. */
export interface PostgresTls {
  /** Who may have signed the server's certificate; absent: the public authorities that Node trusts. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  /** The name in the server's certificate, where it is not `host`. */
  readonly servername?: string
}

export interface PostgresSettings {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  readonly password?: string
  readonly tls: false | PostgresTls
}

/** How long a query waits. Turn or dialling plus answer is what a hung server costs: below 800 ms by default. */
export interface PostgresPatience {
  /** For the turn on the connection, and for dialling when there is none. */
  readonly connect: Millis
  /** For the answer, by our clock; only a server that hangs needs it. */
  readonly answer: Millis
  /** For the answer, by the server's clock. Below `answer`, so that the server ends it and the connection lives. */
  readonly statement: Millis
  /** For a lock that a migration holds. */
  readonly lock: Millis
  /** After the server could not be reached or refused us, before it is dialled again. */
  readonly redial: Millis
}

const defaultPatience: PostgresPatience = {
  connect: 350,
  answer: 400,
  statement: 350,
  lock: 200,
  redial: 500,
}

/** What the looks at Postgres cost so far. */
export interface PostgresCost {
  readonly connections: number
  readonly statements: number
  readonly failures: number
  /** Time between sending a statement and its whole answer, summed up, in milliseconds. */
  readonly spent: Millis
}

/** One read-only connection, opened when it is needed and kept. */
export interface Postgres {
  readonly cost: PostgresCost
  /**
   * Runs one statement as the prepared statement `name`. Several queue for the connection; each leaves the queue when
   * its turn did not come within the patience.
   * @throws PostgresFailure for everything that the server or the network did
   */
  query<Row extends object>(name: string, text: string, values?: readonly unknown[]): Promise<readonly Row[]>
  /** Ends the connection within half a second, whether the server takes part or not. */
  close(): Promise<void>
}

/**
 * Planner settings of our session only. An index is used whatever stale statistics say of a backlog that is gone, no
 * bitmap is built of rows that a LIMIT will not take, and no worker process is started for us.
 */
const sessionOptions = [
  'default_transaction_read_only=on',
  'enable_seqscan=off',
  'enable_bitmapscan=off',
  'max_parallel_workers_per_gather=0',
  'jit=off',
]

const CLOSE_WITHIN: Millis = 500

/** Prepares the connection; nothing is dialled before the first query. */
export function openPostgres(settings: PostgresSettings, patience: Partial<PostgresPatience> = {}): Postgres {
  const spans = { ...defaultPatience, ...patience }
  const sockets = new Set<Socket>()
  const pool = new pg.Pool(poolConfig(settings, spans, sockets))
  const cost = { connections: 0, statements: 0, failures: 0, spent: 0 }
  let unreachable: { readonly failure: unknown; readonly until: number } | undefined

  pool.on('connect', () => (cost.connections += 1))
  // Without a listener an idle connection that breaks would end the process. The next query reports it.
  pool.on('error', () => {})

  async function takeTurn(): Promise<pg.PoolClient> {
    const refusal = unreachable
    if (refusal !== undefined && performance.now() < refusal.until) throw refusal.failure
    const dials = pool.totalCount === 0
    try {
      const client = await pool.connect()
      unreachable = undefined
      return client
    } catch (error) {
      const failure = postgresFailure(error, settings)
      // A refused connection costs the server a process: not at the rate of brisk looks.
      if (dials) unreachable = { failure, until: performance.now() + spans.redial }
      throw failure
    }
  }

  async function run<Row extends object>(
    client: pg.PoolClient,
    query: pg.QueryConfig,
  ): Promise<readonly Row[]> {
    const sentAt = performance.now()
    // A broken connection also fails its query; here the event would have nobody to tell.
    const ignore = () => {}
    client.on('error', ignore)
    try {
      const { rows } = await client.query<Row>(query)
      client.release()
      return rows
    } catch (error) {
      const failure = postgresFailure(error, settings)
      // A mere refusal leaves the connection whole; pool.query() would throw it away.
      client.release(!(failure instanceof PostgresFailure) || failure.fatal)
      throw failure
    } finally {
      client.off('error', ignore)
      cost.statements += 1
      cost.spent += performance.now() - sentAt
    }
  }

  return {
    cost,
    async query(name, text, values = []) {
      try {
        return await run(await takeTurn(), { name, text, values: [...values] })
      } catch (error) {
        cost.failures += 1
        throw error
      }
    },
    async close() {
      const late = setTimeout(() => sockets.forEach((socket) => socket.destroy()), CLOSE_WITHIN)
      await pool.end()
      clearTimeout(late)
    },
  }
}

function poolConfig(
  { host, port, user, database, password, tls }: PostgresSettings,
  spans: PostgresPatience,
  sockets: Set<Socket>,
): pg.PoolConfig {
  return {
    host,
    port,
    user,
    database,
    ...(password !== undefined && { password }),
    ssl: tls === false ? false : tlsConfig(host, tls),
    max: 1,
    // Kept for good: when the server has no slot left, the one that we hold lets us say so with numbers.
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: spans.connect,
    query_timeout: spans.answer,
    statement_timeout: spans.statement,
    lock_timeout: spans.lock,
    idle_in_transaction_session_timeout: 1_000,
    application_name: 'caracal-gate-exporter',
    options: sessionOptions.map((option) => `-c ${option}`).join(' '),
    keepAlive: true,
    stream: () => {
      const socket = new Socket()
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      return socket
    },
  }
}

/** pg takes `host` for the name in the certificate whatever `servername` says, so the name is compared here. */
function tlsConfig(host: string, { ca, cert, key, servername = host }: PostgresTls): pg.PoolConfig['ssl'] {
  return {
    rejectUnauthorized: true,
    checkServerIdentity: (_, certificate) => checkServerIdentity(servername, certificate),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  }
}
