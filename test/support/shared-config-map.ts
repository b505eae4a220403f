import { setTimeout as delay } from 'node:timers/promises'
import type { ConfigMap, ConfigMapContent } from '../../src/kubernetes/config-map.ts'

/** A ConfigMap in an API server that never was: versions, conflicts and watches as a real one has them. */
export interface SharedConfigMap {
  /** What one client is given. */
  client(): ConfigMap
  content(): ConfigMapContent | undefined
  /** Written by somebody who asks nobody. */
  put(content: ConfigMapContent): void
  remove(): void
  /** How many writes there were, and how many were refused because somebody else was first. */
  writes(): { readonly done: number; readonly conflicts: number }
  reads(): number
  /** From now on these fail with this message; none: all succeed again. */
  refuse(message: string, ...what: readonly (keyof ConfigMap)[]): void
  /** The next writes are all too late, as if others wrote without pause. */
  storm(writes: number): void
  /** How long each request takes at most, in milliseconds. */
  latency(most: number): void
}

export function sharedConfigMap(): SharedConfigMap {
  let stored: { version: string; content: ConfigMapContent } | undefined
  let revision = 0
  let done = 0
  let conflicts = 0
  let reads = 0
  let storms = 0
  let slow = 0
  let refused: { message: string; what: readonly string[] } = { message: '', what: [] }
  const watchers = new Set<(version: string | undefined) => void>()

  async function answer(what: keyof ConfigMap): Promise<void> {
    await delay(Math.random() * slow)
    if (refused.what.includes(what)) throw new Error(refused.message)
  }

  function change(content: ConfigMapContent | undefined): string {
    revision += 1
    const version = String(revision)
    stored = content === undefined ? undefined : { version, content: structuredClone(content) }
    for (const onChange of watchers) setImmediate(() => onChange(stored?.version))
    return version
  }

  function take(expected: string | undefined, content: ConfigMapContent) {
    if (storms > 0 && stored !== undefined) {
      storms -= 1
      change(stored.content)
    }
    if (stored?.version !== expected) {
      conflicts += 1
      return { written: false } as const
    }
    done += 1
    return { written: true, version: change(content) } as const
  }

  return {
    client: () => ({
      name: 'caracal/gate-state',
      async read() {
        await answer('read')
        reads += 1
        return stored === undefined ? { found: false } : { found: true, ...structuredClone(stored) }
      },
      async version() {
        await answer('read')
        return stored?.version
      },
      async replace(version, content) {
        await answer('replace')
        return take(version, content)
      },
      async create(content) {
        await answer('create')
        return take(undefined, content)
      },
      async watch(onChange, stop) {
        await answer('watch')
        watchers.add(onChange)
        onChange(stored?.version)
        await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }))
        watchers.delete(onChange)
      },
    }),
    content: () => stored?.content,
    put: (content) => void change(content),
    remove: () => void change(undefined),
    writes: () => ({ done, conflicts }),
    reads: () => reads,
    refuse: (message, ...what) => void (refused = { message, what }),
    storm: (writes) => void (storms = writes),
    latency: (most) => void (slow = most),
  }
}
