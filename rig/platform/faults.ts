import { pause } from './clients.ts'
import type { Fault } from './fault.ts'
import { auditFaults } from './faults-audit.ts'
import { replicaFaults } from './faults-replicas.ts'
import { storeFaults } from './faults-stores.ts'
import type { World } from './world.ts'

/** Every fault that can be injected, by name. */
export const faults: readonly Fault[] = [...replicaFaults, ...auditFaults, ...storeFaults]

/** A fault that is on; `replica` names the one that it strikes, unless it strikes something shared. */
export type ActiveFault = { readonly name: string; readonly replica?: string }

export type FaultControl = {
  readonly all: readonly Fault[]
  /** Those that this installation can inject: a server that is not ours can't be suspended. */
  readonly available: readonly Fault[]
  active(): readonly ActiveFault[]
  /** Turns a fault on, for one replica by name where it strikes one; refuses one that is on already. */
  inject(name: string, replica?: string): Promise<ActiveFault>
  /** Turns a fault off and restores health; nothing happens when it is off. */
  clear(name: string): Promise<void>
  clearAll(): Promise<void>
}

type Entry = { readonly fault: ActiveFault; readonly undo: () => Promise<void> }

export function controlFaults(world: World): FaultControl {
  const on = new Map<string, Entry>()
  let last: Promise<unknown> = Promise.resolve()

  /** One change after another: two faults may both replace the same replica. */
  function inOrder<T>(change: () => Promise<T>): Promise<T> {
    const next = last.then(change, change)
    last = next
    return next
  }

  async function inject(name: string, replica: string | undefined): Promise<ActiveFault> {
    const fault = faults.find((candidate) => candidate.name === name)
    if (fault === undefined) {
      throw new Error(`There is no fault ${name}; there are ${faults.map((one) => one.name).join(', ')}`)
    }
    if (on.has(name)) throw new Error(`The fault ${name} is on already`)
    const target = replica ?? defaultReplica(world, fault)
    if (target !== undefined) world.byName(target)
    const undo = await fault.inject(world, target ?? '')
    const active = fault.strikes === undefined || target === undefined ? { name } : { name, replica: target }
    on.set(name, { fault: active, undo })
    return active
  }

  async function clear(name: string): Promise<void> {
    const entry = on.get(name)
    if (entry === undefined) return
    await entry.undo()
    on.delete(name)
  }

  return {
    all: faults,
    available: faults.filter((fault) => canInject(world, fault)),
    active: () => [...on.values()].map((entry) => entry.fault),
    inject: (name, replica) => inOrder(() => inject(name, replica)),
    clear: (name) => inOrder(() => clear(name)),
    clearAll: async () => {
      for (const name of [...on.keys()].toReversed()) await inOrder(() => clear(name))
    },
  }
}

function canInject(world: World, fault: Fault): boolean {
  if (fault.name === 'redis-hung') return world.servers.redis !== undefined
  if (fault.name === 'postgres-hung') return world.servers.postgres !== undefined
  return fault.strikes === undefined || world.all(fault.strikes.service).length > 0
}

/** The replica of the fault's own choice, or the last one when there are fewer. */
function defaultReplica(world: World, fault: Fault): string | undefined {
  if (fault.strikes === undefined) return undefined
  const candidates = world.all(fault.strikes.service)
  return (candidates[fault.strikes.index] ?? candidates.at(-1))?.name
}

/** For the end: turns off what is on, but waits at most 3 s for a platform that may be gone already. */
export async function clearBeforeStop(control: FaultControl): Promise<void> {
  await Promise.race([control.clearAll().catch(() => {}), pause(3_000)])
}
