import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import type { ApiObject } from './fake-kubernetes-store.ts'
import type { FakeKubernetes } from './fake-kubernetes.ts'

/** One object of a first list, or one event after it. */
type Line =
  | { readonly resource: string; readonly object: ApiObject; readonly type?: undefined }
  | {
      readonly resource: string
      readonly object: ApiObject
      readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
      readonly afterMs: number
    }

interface Head {
  /** Epoch milliseconds from which events are counted. */
  readonly startedAt: number
  readonly namespace: string
  readonly release: string
}

/** What a real API server said of a clean upgrade by Helm, to be said again by one that is none. */
export interface RecordedUpgrade {
  readonly namespace: string
  readonly release: string
  /** What is there before the upgrade. */
  fill(fake: FakeKubernetes): void
  /** Tells of the upgrade, as fast as it was. */
  play(fake: FakeKubernetes): Promise<void>
}

/** All times in it are moved, as if it began at `startsAt`. */
export function recordedUpgrade(startsAt: number = Date.now()): RecordedUpgrade {
  const file = join(import.meta.dirname, '../fixtures/recorded-upgrade.jsonl.gz')
  const [first = '', ...rest] = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n')
  const { startedAt, namespace, release } = JSON.parse(first) as Head
  const lines = rest.map((line) => JSON.parse(moved(line, startsAt - startedAt)) as Line)
  return {
    namespace,
    release,
    fill(fake) {
      for (const { resource, object, type } of lines) if (type === undefined) fake.fill(resource, [object])
    },
    async play(fake) {
      const from = performance.now()
      for (const line of lines) {
        if (line.type === undefined) continue
        await delay(Math.max(0, from + line.afterMs - performance.now()))
        const { resource, object } = line
        if (line.type === 'DELETED') fake.remove(resource, object.metadata.name, object)
        else fake.put(resource, object)
      }
    },
  }
}

/** Kubernetes writes times in whole seconds; those of Helm are packed, and compared with none of the cluster. */
function moved(text: string, by: number): string {
  return text.replaceAll(/"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"/g, (_, time: string) => {
    const at = new Date(Date.parse(time) + by).toISOString()
    return `"${at.slice(0, 19)}Z"`
  })
}
