import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { demoConfiguration, passwordOf, type DemoFiles } from '../../demo/configuration.ts'
import { startDaemon } from '../../demo/daemon.ts'
import { gatesAt, type Gates } from '../../demo/gates.ts'
import { startPlatform, type Platform, type PlatformOptions } from '../../rig/platform/index.ts'
import { removeFolder, signalProcess, temporaryFolder } from '../../rig/processes.ts'
import type { RedisOptions } from '../../rig/redis.ts'
import { startServers, type Servers } from '../../rig/servers.ts'
import type { GateReport } from '../../src/contract/document.ts'
import type { CheckReport, StopConditionReport } from '../../src/contract/items.ts'
import { PATIENCE } from './waiting.ts'

/** A configuration as its file holds it. */
export type Configuration = Record<string, unknown>

export interface Answer {
  readonly status: number
  readonly text: string
  /** The body as JSON. */
  json<T = Record<string, unknown>>(): T
}

/** A daemon that runs as a process of its own. */
export interface Gate extends Gates {
  readonly url: string
  readonly pid: number
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** The value of one sample as it stands in `/metrics`, labels included; undefined when there is none. */
  metric(sample: string): Promise<number | undefined>
  signal(name: NodeJS.Signals): void
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
  /** SIGKILL. */
  kill(): Promise<void>
}

/** The simulated platform on real servers, and what a daemon needs to watch it. */
export interface Ground {
  readonly servers: Servers
  readonly platform: Platform
  readonly folder: string
  readonly files: DemoFiles
  /** A token that may do everything. */
  readonly token: string
  /** Writes the configuration file: the demo's, as `change` leaves it. */
  configure(change?: (configuration: Configuration) => void): void
  /** @param env what the daemon gets beside our own environment */
  start(env?: Readonly<Record<string, string>>): Promise<Gate>
  /** All that daemons have written to stderr. */
  log(): string
  end(): Promise<void>
}

export interface GroundOptions {
  readonly platform?: Partial<PlatformOptions>
  readonly redis?: RedisOptions
}

const timings = { snapshotReload: 500, snapshotStale: 2_000, reclaim: 1_000, auditGauges: 300 }

/** Two replicas where a test tells one from the other. */
const replicas = { api: 1, sts: 1, gateway: 2, audit: 1, coordinator: 1 }

export async function setGround(options: GroundOptions = {}): Promise<Ground> {
  const servers = await startServers({
    redis: { ...options.redis, config: { appendonly: 'yes', ...options.redis?.config } },
  })
  const platform = await startPlatform({
    redisUrl: servers.redis.url,
    postgresUrl: servers.postgres.url,
    servers,
    timings,
    replicas,
    metricsBearer: randomBytes(16).toString('hex'),
    ...options.platform,
  }).catch(async (fault: unknown) => {
    await servers.stop()
    throw fault
  })
  return groundOn({
    servers,
    platform,
    async stop() {
      await platform.stop()
      await servers.stop()
    },
  })
}

/** A platform that runs already; the ground ends it. */
export interface Stage {
  readonly servers: Servers
  readonly platform: Platform
  stop(): Promise<void>
}

/** What daemons need that watch the platform of this stage. */
export async function groundOn(stage: Stage): Promise<Ground> {
  const { servers, platform } = stage
  const folder = await temporaryFolder('gate')
  await chmod(folder, 0o700)
  const files = filesIn(folder)
  const token = randomBytes(16).toString('hex')
  writeFileSync(files.metricsBearer, platform.metricsBearer)
  writeFileSync(files.token, token)
  writeFileSync(files.redisPassword, passwordOf(platform.redis.url))
  writeFileSync(files.postgresPassword, passwordOf(platform.postgres.url))
  const logFile = join(folder, 'daemon.log')
  const gates = new Set<Gate>()

  function configure(change: (configuration: Configuration) => void = () => {}): void {
    const configuration = parse(demoConfiguration(platform, files)) as Configuration
    configuration['rollout'] = { steady: '500ms' }
    change(configuration)
    writeFileSync(files.config, stringify(configuration))
  }

  configure()
  return {
    servers,
    platform,
    folder,
    files,
    token,
    configure,
    async start(env) {
      const gate = await startGate(files.config, logFile, token, env)
      gates.add(gate)
      return gate
    },
    log: () => readFileSync(logFile, 'utf8'),
    async end() {
      await Promise.all([...gates].map((gate) => gate.kill()))
      await stage.stop()
      await removeFolder(folder)
    },
  }
}

function filesIn(folder: string): DemoFiles {
  return {
    config: join(folder, 'caracal-gate.yaml'),
    redisPassword: join(folder, 'redis-password'),
    postgresPassword: join(folder, 'postgres-password'),
    metricsBearer: join(folder, 'metrics-bearer'),
    token: join(folder, 'token'),
    state: join(folder, 'state', 'state.json'),
  }
}

/** Starts the daemon with a configuration file; `token` is what its commands are given with. */
export async function startGate(
  config: string,
  logFile: string,
  token = '',
  env?: Readonly<Record<string, string>>,
): Promise<Gate> {
  const daemon = await startDaemon(config, logFile, env)
  const { url, pid, ended } = daemon

  async function get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const response = await fetch(url + path, { headers, signal: AbortSignal.timeout(PATIENCE * 5_000) })
    const text = await response.text()
    return { status: response.status, text, json: () => JSON.parse(text) }
  }

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    signalProcess(pid, signal)
    return ended
  }

  const gates = gatesAt(url, token)
  return {
    ...gates,
    until: (what, accept, withinSeconds) => gates.until(what, accept, PATIENCE * withinSeconds),
    url,
    pid,
    get,
    async metric(sample) {
      const { text } = await get('/metrics')
      const line = text.split('\n').find((candidate) => candidate.startsWith(`${sample} `))
      return line === undefined ? undefined : Number(line.slice(sample.length + 1))
    },
    signal: (name) => signalProcess(pid, name),
    stop: () => end('SIGTERM'),
    kill: async () => void (await end('SIGKILL')),
  }
}

/** Who acts in tests, and why. */
export const author = { actor: 'a test', reason: 'to see what happens' }

export function stopIn(report: GateReport, id: string): StopConditionReport {
  const stop = report.stopConditions.find((candidate) => candidate.id === id)
  if (stop === undefined) throw new Error(`there is no stop condition ${id}`)
  return stop
}

export function checkIn(report: GateReport, id: string): CheckReport {
  const check = report.gates.flatMap(({ checks }) => checks).find((candidate) => candidate.id === id)
  if (check === undefined) throw new Error(`there is no check ${id}`)
  return check
}

export function isFiring(id: string): (report: GateReport) => boolean {
  return (report) => stopIn(report, id).state === 'firing'
}

export function proceeds({ verdict }: GateReport): boolean {
  return verdict === 'proceed'
}
