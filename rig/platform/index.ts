import type { Service } from './context.ts'
import { clearBeforeStop, controlFaults } from './faults.ts'
import type { FaultControl } from './faults.ts'
import { recoverFromPostgresOutage, recoverFromRedisOutage } from './recovery.ts'
import { addSigned, streams } from './streams.ts'
import { tenant } from './tenant.ts'
import { startWorld } from './world.ts'
import type { AnyReplica, Place, WorldOptions } from './world.ts'

export type PlatformReplica = {
  readonly service: Service
  readonly name: string
  readonly hostname: string
  /** Base URL of its own port; it stays the same when the replica is replaced. */
  readonly url: string
}

/** A simulated Caracal platform that lives in this process, against a real Redis and Postgres. */
export type Platform = {
  readonly replicas: readonly PlatformReplica[]
  readonly redis: { readonly url: string }
  /** The least-privileged login of a monitor. */
  readonly postgres: { readonly url: string }
  readonly metricsBearer: string
  /** The one tenant whose requests are answered, with its secrets. */
  readonly tenant: typeof tenant & Readonly<Record<'clientSecret' | 'readerToken', string>>
  readonly faults: FaultControl
  /** Those that run now. */
  running(): readonly PlatformReplica[]
  /** Whether an Audit or a Gateway replica reads its stream no more; it says nothing of it, and without traffic nor does anything else. */
  deafen(name: string, on: boolean): void
  /** Has a Gateway load its snapshot of revocations now, as every 30 s. */
  reloadSnapshot(name: string): Promise<void>
  /** Activates another policy set version, as if at that time. */
  activatePolicy(version: string, since: Date): void
  /** What a replica has written to its log because it was asked. */
  logged(name: string): { readonly lines: number; readonly bytes: number }
  /** Ends a replica's process and starts another in its place. */
  replaceReplica(name: string): Promise<void>
  /** Starts what runs in a pod; `replicas` holds only those that were there from the start. */
  startReplica(service: Service, place: Place): Promise<PlatformReplica>
  stopReplica(name: string): Promise<void>
  /** What a person does when Redis or Postgres is back after an outage, until both answer and nothing is left over. */
  recover(): Promise<void>
  /** Publishes what the API does when a signing key is rotated: the STS drops its cached keys. */
  rotateKey(): Promise<void>
  stop(): Promise<void>
}

export type { WorldOptions as PlatformOptions } from './world.ts'

/** Recreates database and streams, starts all replicas, and has them work until `stop`. */
export async function startPlatform(options: WorldOptions): Promise<Platform> {
  const world = await startWorld(options)
  const faults = controlFaults(world)
  return {
    replicas: world.everyone().map(described),
    redis: { url: options.redisUrl },
    postgres: { url: world.database.monitorUrl },
    metricsBearer: world.secrets.metricsBearer,
    tenant: {
      ...tenant,
      clientSecret: world.secrets.clientSecret,
      readerToken: world.secrets.readerToken,
    },
    faults,
    deafen: (name, on) => {
      const replica = world.byName(name)
      if (replica.service === 'audit') replica.ingest(!on)
      else if (replica.service === 'gateway') replica.deafen(on)
      else throw new Error(`${name} reads no stream that can fall silent`)
    },
    reloadSnapshot: async (name) => {
      const replica = world.byName(name)
      if (replica.service === 'gateway') await replica.snapshot.reload()
    },
    activatePolicy: (version, since) => world.activatePolicy(version, since),
    running: () => world.everyone().map(described),
    logged: (name) => world.byName(name).endpoint.logged,
    replaceReplica: (name) => world.replace(name),
    startReplica: async (service, place) => described(await world.add(service, place)),
    stopReplica: (name) => world.remove(name),
    recover: async () => {
      await recoverFromPostgresOutage(world)
      await recoverFromRedisOutage(world)
    },
    rotateKey: () =>
      addSigned(world.redis, world.secrets.streamsHmacKey, streams.keys, { zone_id: 'zone-1', kid: 'key-2' }),
    stop: async () => {
      await clearBeforeStop(faults)
      await world.stop()
    },
  }
}

function described({ service, name, hostname, endpoint }: AnyReplica): PlatformReplica {
  return { service, name, hostname, url: endpoint.url }
}
