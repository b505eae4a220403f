import { auditData } from '../rig/platform/audit-client.ts'
import type { ReplicaOf, World } from '../rig/platform/world.ts'
import type { Service } from '../rig/platform/context.ts'
import type { Servers } from '../rig/servers.ts'

/** A fault that takes effect at once, and is gone at once, so that only the way to the verdict takes time. */
type Strike = { readonly on: () => Promise<unknown> | void; readonly off: () => Promise<unknown> | void }

export type Strikes = { on(name: string): Promise<void>; off(name: string): Promise<void> }

/** Seconds; above the 300 s at which a replay backlog counts as aging. */
const oldReplayAge = 400

/** Of 20 connections each API replica holds so many all the time; so many more make it nineteen. */
const heldAlways = 15
const heldMore = 4

/** The faults that only the platform's own process can make. */
export function armStrikes(world: World, { redis, postgres }: Servers): Strikes {
  const table: Readonly<Record<string, Strike>> = {
    'snapshot-stale': snapshotStale(world),
    'replay-aging': replayAging(world),
    'evidence-lost': evidenceLost(world),
    'gateway-unready': stsUnreachable(world),
    'sts-unready': replayUnwritable(world),
    'pool-armed': held(world, heldAlways),
    'pool-saturated': held(world, heldMore),
    'redis-hung': { on: () => redis.suspend(), off: () => redis.resume() },
    'postgres-hung': { on: () => postgres.suspend(), off: () => postgres.resume() },
  }
  function strike(name: string): Strike {
    const found = table[name]
    if (found === undefined) throw new Error(`there is no strike ${name}`)
    return found
  }
  return {
    on: async (name) => void (await strike(name).on()),
    off: async (name) => void (await strike(name).off()),
  }
}

function first<S extends Service>(world: World, service: S): ReplicaOf<S> {
  const [replica] = world.all(service)
  if (replica === undefined) throw new Error(`there is no ${service}`)
  return replica
}

/** The flag itself, since a snapshot takes its time to grow stale. */
function snapshotStale(world: World): Strike {
  const { snapshot } = first(world, 'gateway')
  const fresh = snapshot.fresh.bind(snapshot)
  return {
    on: () => {
      snapshot.fresh = () => false
    },
    off: () => {
      snapshot.fresh = fresh
    },
  }
}

function replayAging(world: World): Strike {
  const { volume } = first(world, 'gateway')
  return {
    on: () => volume.persist([auditData('bench', 'request.allowed')], oldReplayAge),
    // As if it had been sent: only a restart sends it, which takes longer than what is measured.
    off: () => volume.drain(() => Promise.resolve()),
  }
}

function evidenceLost(world: World): Strike {
  const { counters } = first(world, 'sts').audit
  return {
    on: () => {
      counters.dropped += 1
    },
    off: () => {
      counters.dropped = 0
    },
  }
}

/** Only `/ready` of the Gateway shows it. */
function stsUnreachable(world: World): Strike {
  const gateway = first(world, 'gateway')
  return { on: () => gateway.cutOffSts(true), off: () => gateway.cutOffSts(false) }
}

/** Only `/ready` of the STS shows it. */
function replayUnwritable(world: World): Strike {
  const { volume } = first(world, 'sts')
  const writable = volume.writable.bind(volume)
  return {
    on: () => {
      volume.writable = () => Promise.resolve(false)
    },
    off: () => {
      volume.writable = writable
    },
  }
}

function held(world: World, each: number): Strike {
  let giveBack: (() => Promise<void>)[] = []
  return {
    on: async () => {
      giveBack = await Promise.all(world.all('api').map((replica) => replica.holdConnections(each)))
    },
    off: () => Promise.all(giveBack.map((give) => give())),
  }
}
