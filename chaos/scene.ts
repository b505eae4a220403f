import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { passwordOf } from '../demo/configuration.ts'
import { startPlatform, type Platform } from '../rig/platform/index.ts'
import { freePort, guardFolder, removeFolder, temporaryFolder } from '../rig/processes.ts'
import { startServers, type Servers } from '../rig/servers.ts'
import { chaosConfiguration, redisUsers } from './configuration.ts'
import { daemonOf, type Daemon } from './daemon.ts'
import { clockLibrary, quota, smallDisk, type Quota, type SmallDisk } from './machine.ts'
import { startProxy, type Proxy } from './proxy.ts'
import { newRecording, now, type Recording } from './recording.ts'

export interface Disks {
  /** Of the state; undefined where none can be made. */
  readonly state: SmallDisk | undefined
  readonly log: SmallDisk | undefined
}

/** Everything that runs, and what faults are made with. */
export interface Scene {
  readonly servers: Servers
  readonly platform: Platform
  readonly daemon: Daemon
  readonly recording: Recording
  /** Before Redis, before Postgres and before each replica, by `redis`, `postgres` and its name. */
  readonly proxies: ReadonlyMap<string, Proxy>
  readonly token: string
  readonly folder: string
  readonly stateFile: string
  readonly logFile: string
  /** Login of the exporter. */
  readonly redisPassword: string
  readonly postgres: { readonly user: string; readonly password: string }
  readonly disks: Disks
  readonly quota: Quota | undefined
  /** Sets the daemon's clock off by so many seconds; undefined where the machine lacks the library. */
  readonly setClock: ((seconds: number) => void) | undefined
  stop(): Promise<void>
}

/** Quick enough that what a fault leaves behind is gone within seconds. */
const timings = {
  snapshotReload: 500,
  snapshotStale: 2_000,
  reclaim: 1_000,
  auditGauges: 500,
  apiRedisPatience: 1_000,
  coordinatorRedisPatience: 1_000,
}

// The state of twenty rollouts, the one that is being written, and a copy of one that was not trusted.
const stateKilobytes = 8_192
const logKilobytes = 16_384

export async function setScene(seed: number, tell: (line: string) => void): Promise<Scene> {
  const undo: (() => Promise<unknown> | void)[] = []
  async function stop(): Promise<void> {
    for (const step of undo.splice(0).toReversed()) await step()
  }
  try {
    return await build(seed, tell, undo, stop)
  } catch (fault) {
    await stop()
    throw fault
  }
}

async function build(
  seed: number,
  tell: (line: string) => void,
  undo: (() => Promise<unknown> | void)[],
  stop: () => Promise<void>,
): Promise<Scene> {
  const folder = await temporaryFolder('chaos')
  const release = guardFolder(folder)
  undo.push(async () => {
    await removeFolder(folder)
    release()
  })
  const redisPassword = randomBytes(16).toString('hex')
  tell('starting Redis and Postgres ...')
  const servers = await startServers({
    // As the platform runs it: with a log on disk.
    redis: {
      config: { appendonly: 'yes', appendfsync: 'everysec' },
      users: redisUsers(redisPassword),
    },
  })
  undo.push(() => servers.stop())
  tell('starting the simulated platform: five services, two replicas each ...')
  const platform = await startPlatform({
    redisUrl: servers.redis.url,
    postgresUrl: servers.postgres.url,
    metricsBearer: randomBytes(16).toString('hex'),
    servers,
    timings,
  })
  undo.push(() => platform.stop())
  const proxies = await startProxies(servers, platform)
  undo.push(() => Promise.all([...proxies.values()].map((proxy) => proxy.close())))
  const disks = {
    state: await smallDisk(join(folder, 'state'), stateKilobytes),
    log: await smallDisk(join(folder, 'log'), logKilobytes),
  }
  for (const disk of Object.values(disks)) if (disk !== undefined) undo.push(() => disk.unmount())
  const recording = newRecording(seed, now())
  const token = randomBytes(16).toString('hex')
  const files = writeFiles(folder, { token, redisPassword, platform })
  const url = await configure(files, platform, proxies)
  const library = clockLibrary()
  const clockFile = join(folder, 'clock')
  writeFileSync(clockFile, '+0\n')
  const daemon = daemonOf({
    config: files.config,
    logFile: files.log,
    url,
    env: library === undefined ? {} : clockEnvironment(library, clockFile),
    onLife: (life) => recording.lives.push(life),
  })
  undo.push(() => daemon.kill())
  tell('starting the daemon ...')
  await daemon.start()
  const { username: user } = new URL(platform.postgres.url)
  return {
    servers,
    platform,
    daemon,
    recording,
    proxies,
    token,
    folder,
    stateFile: files.state,
    logFile: files.log,
    redisPassword,
    postgres: { user, password: passwordOf(platform.postgres.url) },
    disks,
    quota: quota(),
    setClock: library === undefined ? undefined : (seconds) => setOffset(clockFile, seconds),
    stop,
  }
}

async function startProxies(servers: Servers, platform: Platform): Promise<ReadonlyMap<string, Proxy>> {
  const targets = [
    ['redis', servers.redis],
    ['postgres', servers.postgres],
    ...platform.replicas.map(({ name, url }) => {
      const { hostname: host, port } = new URL(url)
      return [name, { host, port: Number(port) }] as const
    }),
  ] as const
  const started = targets.map(
    async ([name, { host, port }]) => [name, await startProxy({ host, port })] as const,
  )
  return new Map(await Promise.all(started))
}

interface Files {
  readonly config: string
  readonly redisPassword: string
  readonly postgresPassword: string
  readonly metricsBearer: string
  readonly token: string
  readonly state: string
  readonly log: string
}

function writeFiles(
  folder: string,
  { token, redisPassword, platform }: { token: string; redisPassword: string; platform: Platform },
): Files {
  for (const name of ['state', 'log']) mkdirSync(join(folder, name), { recursive: true, mode: 0o700 })
  const files = {
    config: join(folder, 'caracal-gate.yaml'),
    redisPassword: join(folder, 'redis-password'),
    postgresPassword: join(folder, 'postgres-password'),
    metricsBearer: join(folder, 'metrics-bearer'),
    token: join(folder, 'token'),
    state: join(folder, 'state', 'state.json'),
    log: join(folder, 'log', 'daemon.log'),
  }
  const secrets = [
    [files.redisPassword, redisPassword],
    [files.postgresPassword, passwordOf(platform.postgres.url)],
    [files.metricsBearer, platform.metricsBearer],
    [files.token, token],
  ] as const
  for (const [file, secret] of secrets) writeFileSync(file, secret, { mode: 0o600 })
  chmodSync(folder, 0o700)
  return files
}

async function configure(
  files: Files,
  platform: Platform,
  proxies: ReadonlyMap<string, Proxy>,
): Promise<string> {
  const portOf = (name: string) => proxies.get(name)?.port ?? 0
  const port = await freePort()
  const text = chaosConfiguration({
    port,
    replicas: platform.replicas.map((replica) => ({
      ...replica,
      url: `http://127.0.0.1:${portOf(replica.name)}`,
    })),
    redisPort: portOf('redis'),
    postgresPort: portOf('postgres'),
    postgresUser: new URL(platform.postgres.url).username,
    files,
  })
  writeFileSync(files.config, text)
  return `http://127.0.0.1:${port}`
}

/** The wall clock alone is false: timers and spans follow the clock of the machine, as after a step of NTP. */
function clockEnvironment(library: string, file: string): Readonly<Record<string, string>> {
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_CACHE_DURATION: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    FAKETIME_DONT_RESET: '1',
  }
}

function setOffset(file: string, seconds: number): void {
  writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}\n`)
}
