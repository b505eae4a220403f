import { Redis } from 'ioredis'
import pg from 'pg'

/** Silence on purpose: a service retries, and its endpoints say that a dependency is gone. */
const ignore = () => {}

/** A client for commands that answer at once; each fails after 2 s, as the services' own do. */
export function commandClient(url: string, name: string): Redis {
  const client = new Redis(url, {
    ...common,
    connectionName: name,
    commandTimeout: 2_000,
    maxRetriesPerRequest: 1,
  })
  client.on('error', ignore)
  return client
}

/** A client whose commands wait for as long as Redis hangs, as those of `/ready` do. */
export function patientClient(url: string, name: string): Redis {
  const client = new Redis(url, { ...common, connectionName: name, maxRetriesPerRequest: 1 })
  client.on('error', ignore)
  return client
}

/** A client for blocking reads, which may wait for ever. */
export function blockingClient(url: string, name: string): Redis {
  const client = new Redis(url, { ...common, connectionName: name, maxRetriesPerRequest: 0 })
  client.on('error', ignore)
  return client
}

const common = {
  protocol: 2,
  connectTimeout: 2_000,
  enableReadyCheck: false,
  disableClientInfo: true,
  retryStrategy: (attempt: number) => Math.min(100 * attempt, 500),
} as const

/** The size of every service's pool (DB_POOL_MAX, DB_MAX_CONNS). */
export const poolMax = 20

export function servicePool(url: string, applicationName: string, min = 0): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolMax,
    min,
    idleTimeoutMillis: 30_000,
    connectionTimeoutMillis: 5_000,
    query_timeout: 5_000,
    ...(applicationName === '' ? {} : { application_name: applicationName }),
  })
  pool.on('error', ignore)
  // Clients that are checked out report a lost connection on themselves.
  pool.on('connect', (client) => client.on('error', ignore))
  return pool
}

/** Ends a pool without waiting for a database that does not answer. */
export async function endPool(pool: pg.Pool): Promise<void> {
  await Promise.race([pool.end(), pause(500)])
}

export async function within<T>(milliseconds: number, work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} timed out`)), milliseconds)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

export type Loop = { stop(): Promise<void> }

/** Runs `task` again and again with a pause between; a failed run is followed by the next. */
export function repeat(milliseconds: number, task: () => Promise<void>): Loop {
  let stopped = false
  let timer: NodeJS.Timeout
  let running: Promise<void> = Promise.resolve()
  const schedule = () => {
    timer = setTimeout(() => {
      running = task()
        .catch(ignore)
        .then(() => {
          if (!stopped) schedule()
        })
    }, milliseconds)
  }
  schedule()
  return {
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await Promise.race([running, pause(500)])
    },
  }
}
