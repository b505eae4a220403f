import { now } from './statistics.ts'
import type { Inspector } from './inspector.ts'

/** One function of V8's sampling heap profile, with what it allocated itself. */
export type ProfileNode = {
  readonly callFrame: { readonly functionName: string; readonly url: string }
  readonly selfSize: number
  readonly children: readonly ProfileNode[]
}

export type Allocations = {
  /** On V8's heap, what was collected since included. */
  readonly bytesPerSecond: number
  /** Those that allocated most, first, with their shares. */
  readonly most: readonly { readonly name: string; readonly share: number }[]
}

/** Bytes between two samples: at a megabyte in a second the sum of ten seconds is then right within four per cent. */
const interval = 16_384

/** Counts what the process allocates until the result is called. */
export async function countAllocations(inspector: Inspector): Promise<() => Promise<Allocations>> {
  await inspector.call('HeapProfiler.startSampling', {
    samplingInterval: interval,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  })
  const startedAt = now()
  return async () => {
    const seconds = (now() - startedAt) / 1_000
    const { profile } = await inspector.call<{ profile: { head: ProfileNode } }>('HeapProfiler.stopSampling')
    return allocationsIn(profile.head, seconds)
  }
}

/** What a profile says that was taken over so many seconds. What is built in counts for the function that called it. */
export function allocationsIn(head: ProfileNode, seconds: number): Allocations {
  const byName = new Map<string, number>()
  const add = (
    { callFrame: { functionName, url }, selfSize, children }: ProfileNode,
    caller: string,
  ): void => {
    const own = `${functionName === '' ? 'anonymous' : functionName} (${url.split('/').at(-1) ?? ''})`
    const name = url === '' ? caller : own
    byName.set(name, (byName.get(name) ?? 0) + selfSize)
    for (const child of children) add(child, name)
  }
  add(head, 'V8 itself')
  const total = [...byName.values()].reduce((sum, size) => sum + size, 0)
  const most = [...byName].toSorted(([, a], [, b]) => b - a).slice(0, 5)
  return {
    bytesPerSecond: total / seconds,
    most: most.map(([name, size]) => ({ name, share: size / total })),
  }
}
