import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { startPlatform } from '../../rig/platform/index.ts'
import type { Platform, PlatformOptions } from '../../rig/platform/index.ts'
import { childrenOf } from '../../rig/processes.ts'
import { startServers } from '../../rig/servers.ts'
import type { Servers } from '../../rig/servers.ts'

/** Real servers, the simulated platform on them, and the ways in which a test looks at it from outside. */
export type Scene = {
  readonly servers: Servers
  readonly platform: Platform
  readonly redis: Redis
  ready(name: string): Promise<{ readonly status: number; readonly body: unknown }>
  metric(name: string, family: string): Promise<number>
  forgetLimits(): Promise<void>
  /** Stops everything; returns the processes and folders that are still there. */
  end(): Promise<readonly string[]>
}

export const bearer = 'bearer-of-the-test'

/** Much shorter than in reality, so that every fault shows within a second or two. */
const timings: NonNullable<PlatformOptions['timings']> = {
  snapshotReload: 200,
  snapshotStale: 1_000,
  auditGauges: 300,
  reclaim: 2_000,
  apiRedisPatience: 500,
  coordinatorRedisPatience: 500,
  policyPoll: 200,
  work: 200,
}

/** Sets TMPDIR to a folder of its own, so that what is left behind can be told from what is others'. */
export async function setScene(options: Partial<PlatformOptions> = {}): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'rig-test-'))
  chmodSync(folder, 0o711)
  process.env['TMPDIR'] = folder
  const servers = await startServers()
  const platform = await startPlatform({
    redisUrl: servers.redis.url,
    postgresUrl: servers.postgres.url,
    metricsBearer: bearer,
    replicas: { web: 1 },
    seedDispatchedRows: 1_000,
    servers,
    ...options,
    timings: { ...timings, ...options.timings },
  }).catch(async (error: unknown) => {
    await servers.stop()
    throw error
  })
  const redis = new Redis(servers.redis.url, { protocol: 2, commandTimeout: 1_000, maxRetriesPerRequest: 0 })
  redis.on('error', () => {})

  async function end(): Promise<readonly string[]> {
    redis.disconnect()
    const pids = [servers.redis.pid, servers.postgres.pid, ...(await childrenOf(servers.postgres.pid))]
    await platform.stop()
    await servers.stop()
    const left = [...pids.filter(isRunning).map(String), ...readdirSync(folder)]
    rmSync(folder, { recursive: true, force: true })
    return left
  }

  return {
    servers,
    platform,
    redis,
    ...replicasOf(platform),
    // Calls to `/ready` are limited by the minute; the tests ask more than a monitor may.
    forgetLimits: async () => {
      const keys = await redis.keys('*_rl:*')
      if (keys.length > 0) await redis.del(...keys)
    },
    end,
  }
}

function replicasOf(platform: Platform): Pick<Scene, 'ready' | 'metric'> {
  async function ask(name: string, path: string, token?: string) {
    const url = platform.replicas.find((replica) => replica.name === name)?.url ?? ''
    const response = await fetch(`${url}${path}`, {
      signal: AbortSignal.timeout(3_000),
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    })
    return { status: response.status, body: await response.text() }
  }

  return {
    async ready(name) {
      const { status, body } = await ask(name, '/ready')
      return { status, body: body.startsWith('{') ? JSON.parse(body) : body }
    },
    async metric(name, family) {
      const { body } = await ask(name, '/metrics', bearer)
      const line = body.split('\n').find((candidate) => candidate.startsWith(`${family} `))
      return line === undefined ? Number.NaN : Number(line.split(' ')[1])
    },
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
