import { realTimings, type Timings } from '../rig/platform/context.ts'
import { startWorld } from '../rig/platform/world.ts'
import { startServers } from '../rig/servers.ts'
import { linesByService } from './log-lines.ts'
import { countRequests } from './request-counts.ts'
import { now } from './statistics.ts'
import { armStrikes } from './strikes.ts'

export type PlatformSettings = {
  readonly metricsBearer: string
  readonly seedRows: number
  /** Of each service; two where nothing is said. */
  readonly replicas?: number
}

/** What the platform's process says of itself when all of it runs. */
export type PlatformFacts = {
  readonly replicas: readonly {
    readonly service: string
    readonly name: string
    readonly hostname: string
    readonly url: string
  }[]
  readonly redis: { readonly url: string; readonly pid: number }
  /** `url` is the superuser's login to the platform's database. */
  readonly postgres: { readonly url: string; readonly monitorUrl: string; readonly pid: number }
}

export type Call =
  | { readonly do: 'strike' | 'fix'; readonly name: string }
  | { readonly do: 'requests' | 'logged' }
  | { readonly do: 'stop' }

/** However many replicas there are, they do together what two of each service do: only what they are asked grows. */
function timingsFor(replicas: number): Partial<Timings> {
  const { apiDispatch, coordinatorDispatch, work, snapshotReload } = realTimings
  const slower = Math.max(1, replicas / 2)
  return {
    apiDispatch: apiDispatch * slower,
    coordinatorDispatch: coordinatorDispatch * slower,
    work: work * slower,
    // Well below the age at which a snapshot is stale.
    snapshotReload: Math.min(snapshotReload * slower, 2 * snapshotReload),
  }
}

function replicasOf(count: number) {
  return { api: count, sts: count, gateway: count, audit: count, coordinator: count, web: count }
}

/**
 * Runs Redis, Postgres and the simulated platform, two replicas of each of six services, in this process and obeys
 * the process that measures. Answers carry the time at which what was asked for had happened.
 */
export async function runPlatform(settings: PlatformSettings): Promise<void> {
  const send = process.send?.bind(process)
  if (send === undefined) throw new Error('the platform is started by the benchmark')
  const requests = countRequests()
  const servers = await startServers({
    redis: { config: { appendonly: 'yes', appendfsync: 'everysec' } },
    postgres: {
      settings: {
        shared_preload_libraries: 'pg_stat_statements',
        'pg_stat_statements.track_planning': 'on',
        'pg_stat_statements.track': 'all',
        // Each replica has a pool of its own.
        ...(settings.replicas !== undefined && { max_connections: String(100 + 20 * settings.replicas) }),
      },
    },
  })
  const { redis, postgres } = servers
  const world = await startWorld({
    redisUrl: redis.url,
    postgresUrl: postgres.url,
    metricsBearer: settings.metricsBearer,
    seedDispatchedRows: settings.seedRows,
    replicas: replicasOf(settings.replicas ?? 2),
    timings: timingsFor(settings.replicas ?? 2),
  })
  await world.database.admin.query('CREATE EXTENSION pg_stat_statements')
  const strikes = armStrikes(world, servers)

  async function carryOut(call: Call): Promise<unknown> {
    switch (call.do) {
      case 'strike':
        return strikes.on(call.name)
      case 'fix':
        return strikes.off(call.name)
      case 'requests':
        return requests.byPort()
      case 'logged':
        return linesByService(world.everyone())
      case 'stop':
        await world.stop()
        await servers.stop()
        return undefined
    }
  }

  process.on('message', ({ id, call }: { readonly id: number; readonly call: Call }) => {
    void carryOut(call).then(
      (value) => send({ id, at: now(), value }),
      (fault: unknown) => send({ id, fault: String(fault) }),
    )
  })
  // Without the process that measures no process would stop this one.
  process.on('disconnect', () => void carryOut({ do: 'stop' }).finally(() => process.exit()))
  process.on('SIGINT', () => {})
  const database = new URL(postgres.url)
  database.pathname = '/caracal'
  const facts: PlatformFacts = {
    replicas: world.everyone().map(({ service, name, hostname, endpoint }) => ({
      service,
      name,
      hostname,
      url: endpoint.url,
    })),
    redis: { url: redis.url, pid: redis.pid },
    postgres: { url: database.href, monitorUrl: world.database.monitorUrl, pid: postgres.pid },
  }
  send({ facts })
}
