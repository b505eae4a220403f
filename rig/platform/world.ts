import { randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'
import { guardFolder, removeFolder, temporaryFolder } from '../processes.ts'
import { isCollision } from './admin-token.ts'
import { startApi } from './api.ts'
import type { ApiReplica } from './api.ts'
import { startAudit } from './audit.ts'
import type { AuditReplica } from './audit.ts'
import { commandClient, endPool } from './clients.ts'
import { realTimings, services } from './context.ts'
import type { Context, Identity, Secrets, Service, Timings } from './context.ts'
import { startCoordinator } from './coordinator.ts'
import type { CoordinatorReplica } from './coordinator.ts'
import { createDatabase } from './database.ts'
import type { PlatformDatabase } from './database.ts'
import { startGateway } from './gateway.ts'
import type { GatewayReplica } from './gateway.ts'
import { provisionStreams } from './streams.ts'
import { startSts } from './sts.ts'
import type { StsReplica } from './sts.ts'
import { startWeb } from './web.ts'
import type { WebReplica } from './web.ts'

export type AnyReplica =
  ApiReplica | StsReplica | GatewayReplica | AuditReplica | CoordinatorReplica | WebReplica
export type ReplicaOf<S extends Service> = Extract<AnyReplica, { readonly service: S }>

/** What stops and continues a server process; given when the rig owns the server. */
export type Suspendable = { suspend(): Promise<void> | void; resume(): Promise<void> | void }

export type WorldOptions = {
  readonly redisUrl: string
  /** Superuser login; the database `caracal` of this server is recreated. */
  readonly postgresUrl: string
  /** Replicas per service; 2 each and no web unless said. */
  readonly replicas?: Partial<Record<Service, number>>
  readonly metricsBearer: string
  /** Rows that the API's outbox has sent before. */
  readonly seedDispatchedRows?: number
  readonly timings?: Partial<Timings>
  readonly servers?: { readonly redis?: Suspendable; readonly postgres?: Suspendable }
  /** False for a Web without the build of the console. */
  readonly webRoot?: boolean
}

/** Where a further replica listens, and what it is called. */
export type Place = Pick<Identity, 'name' | 'address' | 'port'>

/** The running platform as its faults see it. */
export type World = {
  /** For what an operator does by hand. */
  readonly redis: Redis
  readonly database: PlatformDatabase
  readonly secrets: Secrets
  readonly servers: { readonly redis?: Suspendable; readonly postgres?: Suspendable }
  all<S extends Service>(service: S): readonly ReplicaOf<S>[]
  everyone(): readonly AnyReplica[]
  byName(name: string): AnyReplica
  /** What the API does when a policy set version is activated; STS replicas see it at their next poll. */
  activatePolicy(version: string, since: Date): void
  /** Ends a replica's process and starts another in its place: same host name, port and volume. */
  replace(name: string): Promise<void>
  /** Starts a further replica, such as what runs in a pod; its name is its host's. */
  add(service: Service, place: Place): Promise<AnyReplica>
  /** Ends a replica for good; nothing happens when there is none of this name. */
  remove(name: string): Promise<void>
  stop(): Promise<void>
}

const start = {
  api: startApi,
  sts: startSts,
  gateway: startGateway,
  audit: startAudit,
  coordinator: startCoordinator,
  web: startWeb,
} satisfies Record<Service, (identity: Identity, context: Context) => Promise<AnyReplica>>

export async function startWorld(options: WorldOptions): Promise<World> {
  const replicas = new Map<string, AnyReplica>()
  const redis = commandClient(options.redisUrl, 'rig')
  const volumes = await temporaryFolder('volumes')
  const releaseVolumes = guardFolder(volumes)
  const secrets = makeSecrets(options)
  let database: PlatformDatabase | undefined

  async function stop(): Promise<void> {
    await Promise.all([...replicas.values()].map((replica) => replica.stop()))
    redis.disconnect()
    if (database !== undefined) await endPool(database.admin)
    await removeFolder(volumes)
    releaseVolumes()
  }

  try {
    await provisionStreams(redis)
    database = await createDatabase(options.postgresUrl, options.seedDispatchedRows ?? 0)
    const context: Context = {
      redisUrl: options.redisUrl,
      databaseUrl: database.urlOf,
      secrets,
      timings: { ...realTimings, ...options.timings },
      stsUrl: () => stsThroughService(replicas),
      activePolicy: { version: 'version-1', since: new Date(0) },
      webRoot: options.webRoot ?? true,
      volumes,
    }
    // In order: a Gateway asks the STS. The replicas of one service start at once.
    for (const service of services) {
      const count = options.replicas?.[service] ?? (service === 'web' ? 0 : 2)
      const names = Array.from({ length: count }, (_, index) => `${service}-${index}`)
      const started = await Promise.allSettled(names.map((name) => startFirst(service, name, context)))
      for (const one of started) if (one.status === 'fulfilled') replicas.set(one.value.name, one.value)
      for (const one of started) if (one.status === 'rejected') throw one.reason
    }
    return world(options, { redis, database, secrets, replicas, context, stop })
  } catch (error) {
    await stop()
    throw error
  }
}

async function startFirst(service: Service, name: string, context: Context): Promise<AnyReplica> {
  const place = { name, hostname: `caracal-caracal-${name}`, address: '127.0.0.1', port: 0 }
  return supervised(service, place, context)
}

/** A service that ends because another did the same at the same time is started again, as by a kubelet. */
async function supervised(
  service: Service,
  place: Parameters<typeof newIdentity>[0],
  context: Context,
): Promise<AnyReplica> {
  try {
    return await start[service](newIdentity(place), context)
  } catch (error) {
    if (!isCollision(error)) throw error
    return start[service](newIdentity(place), context)
  }
}

type Parts = {
  readonly redis: Redis
  readonly database: PlatformDatabase
  readonly secrets: Secrets
  readonly replicas: Map<string, AnyReplica>
  readonly context: Context
  readonly stop: () => Promise<void>
}

function world(options: WorldOptions, parts: Parts): World {
  const { redis, database, secrets, replicas, context, stop } = parts
  function byName(name: string): AnyReplica {
    const replica = replicas.get(name)
    if (replica === undefined) {
      throw new Error(`There is no replica ${name}; there are ${[...replicas.keys()].join(', ')}`)
    }
    return replica
  }
  return {
    redis,
    database,
    secrets,
    servers: options.servers ?? {},
    all: <S extends Service>(service: S) =>
      [...replicas.values()].filter((replica): replica is ReplicaOf<S> => replica.service === service),
    everyone: () => [...replicas.values()],
    byName,
    activatePolicy: (version, since) => {
      Object.assign(context.activePolicy, { version, since })
    },
    replace: async (name) => {
      const old = byName(name)
      await old.stop()
      const { hostname, endpoint } = old
      const address = new URL(endpoint.url).hostname
      const identity = newIdentity({ name, hostname, address, port: endpoint.port })
      replicas.set(name, await start[old.service](identity, context))
    },
    add: async (service, place) => {
      const replica = await supervised(service, { ...place, hostname: place.name }, context)
      replicas.set(place.name, replica)
      return replica
    },
    remove: async (name) => {
      const replica = replicas.get(name)
      replicas.delete(name)
      await replica?.stop()
    },
    stop,
  }
}

function stsThroughService(replicas: ReadonlyMap<string, AnyReplica>): string {
  const candidates = [...replicas.values()].filter((replica) => replica.service === 'sts')
  const answering = candidates.filter((replica) => replica.endpoint.misbehaviour === undefined)
  const chosen = (answering.length > 0 ? answering : candidates)[0]
  return chosen?.endpoint.url ?? 'http://127.0.0.1:1'
}

let lastPid = 100

function newIdentity(place: Omit<Identity, 'pid'>): Identity {
  lastPid += 1
  return { ...place, pid: lastPid }
}

function makeSecrets(options: WorldOptions): Secrets {
  const random = () => randomBytes(32).toString('hex')
  return {
    metricsBearer: options.metricsBearer,
    coordinatorToken: random(),
    adminToken: random(),
    auditHmacKey: random(),
    streamsHmacKey: random(),
    mandateKey: random(),
    exchangeHmacKey: random(),
    clientSecret: random(),
    readerToken: `cat_${random()}`,
  }
}
