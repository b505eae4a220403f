import { chmodSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { startPlatform, type Platform } from '../rig/platform/index.ts'
import { guardFolder, removeFolder, temporaryFolder } from '../rig/processes.ts'
import { startPostgres } from '../rig/postgres.ts'
import { startRedis } from '../rig/redis.ts'
import { startServers } from '../rig/servers.ts'
import { demoConfiguration, passwordOf } from './configuration.ts'
import { startDaemon, type Daemon } from './daemon.ts'
import { gatesAt, type Gates } from './gates.ts'

/** Everything that runs in the demo. */
export type Stage = {
  readonly platform: Platform
  readonly daemon: Daemon
  readonly gates: Gates
  readonly token: string
  readonly logFile: string
  readonly redisUrl: string
  readonly postgresUrl: string
  /** Ends all of it in reverse order and removes what it left on disk. */
  stop(): Promise<void>
}

export type StageOptions = {
  /** Where the daemon listens on the loopback address; any port that is free unless said. */
  readonly port?: number
  /** May do everything; a random one unless said. */
  readonly token?: string
  /** Ends the start between two of its parts. */
  readonly interrupted?: AbortSignal
}

/** A snapshot is reloaded and goes stale in seconds, so that a fault shows while a person looks. */
const timings = { snapshotReload: 1_000, snapshotStale: 3_000, reclaim: 2_000, auditGauges: 1_000 }

/**
 * Starts a real Redis and a real Postgres (or takes those of TEST_REDIS_URL and TEST_PG_URL), the simulated platform
 * on them and the daemon against it. What started is stopped again when a later part fails.
 */
export async function setStage(tell: (line: string) => void, options: StageOptions = {}): Promise<Stage> {
  const { port = 0, token = randomBytes(16).toString('hex'), interrupted } = options
  const undo: (() => Promise<unknown> | void)[] = []
  const stop = () => undoAll(undo.splice(0).toReversed())
  try {
    const folder = await temporaryFolder('demo')
    undo.push(guardFolder(folder))
    undo.push(() => removeFolder(folder))
    tell('starting Redis and Postgres ...')
    const stores = await startStores()
    undo.push(() => stores.stop())
    interrupted?.throwIfAborted()
    tell('starting the simulated platform: five services, two replicas each ...')
    const metricsBearer = randomBytes(16).toString('hex')
    const { redis, postgres } = stores
    const platform = await startPlatform({
      redisUrl: redis.url,
      postgresUrl: postgres.url,
      metricsBearer,
      timings,
      servers: stores.owned ? { redis: stores.redis, postgres: stores.postgres } : {},
    })
    undo.push(() => platform.stop())
    // Redis before 7.2 does not show a consumer that never had an entry; in a platform that has run for a day each had one.
    await platform.rotateKey()
    interrupted?.throwIfAborted()
    const files = {
      config: join(folder, 'caracal-gate.yaml'),
      redisPassword: join(folder, 'redis-password'),
      postgresPassword: join(folder, 'postgres-password'),
      metricsBearer: join(folder, 'metrics-bearer'),
      token: join(folder, 'token'),
      state: join(folder, 'state.json'),
    }
    const secrets = [
      [files.metricsBearer, metricsBearer],
      [files.token, token],
      [files.redisPassword, passwordOf(platform.redis.url)],
      [files.postgresPassword, passwordOf(platform.postgres.url)],
    ] as const
    for (const [file, secret] of secrets) if (secret !== '') writeFileSync(file, secret, { mode: 0o600 })
    writeFileSync(files.config, demoConfiguration(platform, files, port))
    chmodSync(folder, 0o700)
    const logFile = join(folder, 'daemon.log')
    tell('starting the daemon ...')
    const daemon = await startDaemon(files.config, logFile, {}, folder)
    undo.push(() => daemon.stop())
    const gates = gatesAt(daemon.url, token)
    return { platform, daemon, gates, token, logFile, redisUrl: redis.url, postgresUrl: postgres.url, stop }
  } catch (fault) {
    await stop()
    throw fault
  }
}

/** Takes every step, whatever becomes of the others. */
async function undoAll(steps: readonly (() => Promise<unknown> | void)[]): Promise<void> {
  const failures: unknown[] = []
  for (const step of steps) {
    try {
      await step()
    } catch (failure) {
      failures.push(failure)
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('\n'))
}

async function startStores() {
  const redisUrl = process.env['TEST_REDIS_URL']
  const postgresUrl = process.env['TEST_PG_URL']
  if (redisUrl === undefined && postgresUrl === undefined) {
    // The platform runs Redis with a log on disk, and the daemon says so when it does not.
    const servers = await startServers({ redis: { config: { appendonly: 'yes', appendfsync: 'everysec' } } })
    return { ...servers, owned: true as const }
  }
  const redis = redisUrl === undefined ? await startRedis() : { url: redisUrl, stop: async () => {} }
  const postgres =
    postgresUrl === undefined ? await startPostgres() : { url: postgresUrl, stop: async () => {} }
  return {
    redis,
    postgres,
    owned: false as const,
    async stop() {
      await Promise.all([redis.stop(), postgres.stop()])
    },
  }
}
