import { gunzipSync } from 'node:zlib'
import { stateConfigMap } from '../../src/daemon/state-config-map.ts'
import type { StateStore } from '../../src/daemon/state-store.ts'
import { append, type Event } from '../../src/rollout/ledger.ts'
import { nothingRemembered, type Memory } from '../../src/rollout/memory.ts'
import type { SharedConfigMap } from './shared-config-map.ts'

export const clock = { now: () => performance.timeOrigin + performance.now() }
const stores = new Set<StateStore>()

/** Closes all stores that were opened. */
export async function closeStores(): Promise<void> {
  for (const store of stores) await store.close()
  stores.clear()
}

/** The store of one replica. */
export function open(shared: SharedConfigMap, instance = 'gate-0', pace = 50, most?: number): StateStore {
  const options = { configMap: shared.client(), clock, instance, pace }
  const store = stateConfigMap({ ...options, ...(most !== undefined && { most }) })
  stores.add(store)
  return store
}

/** A daemon's part: what it remembers, and what it has heard of others. */
export async function started(store: StateStore) {
  const loaded = await store.load()
  const held = { memory: loaded.ok ? loaded.memory : nothingRemembered, heard: 0 }
  store.follow?.((memory) => {
    held.memory = memory
    held.heard += 1
  })
  return {
    memory: () => held.memory,
    heard: () => held.heard,
    save: (memory: Memory) => {
      held.memory = memory
      return store.save(memory)
    },
  }
}

/** The memory after one more event, with whatever else it brought. */
export function withLine(
  memory: Memory,
  kind: Event['kind'],
  subject: string,
  rest: Partial<Memory> = {},
): Memory {
  const event: Event = { at: clock.now(), kind, subject, message: subject }
  return { ...memory, ...rest, ledger: append(memory.ledger, [event]) }
}

/** A rollout that is under way, as a part of a memory. */
export function begun(id: string, at = clock.now()): Pick<Memory, 'rollout'> {
  return { rollout: { id, phase: 'rolling', startedAt: at, detectedBy: 'declared' } }
}

/** What the ConfigMap holds. */
export function stateIn(shared: SharedConfigMap): Memory {
  const text = shared.content()?.binaryData['state'] ?? ''
  return (JSON.parse(gunzipSync(Buffer.from(text, 'base64')).toString()) as { memory: Memory }).memory
}

/** What the lines of its ledger are about. */
export function subjects({ ledger }: Memory): readonly string[] {
  return ledger.map(({ subject }) => subject)
}
