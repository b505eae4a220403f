/** An object of the API as a test writes it. */
export interface ApiObject {
  readonly metadata: {
    readonly name: string
    readonly labels?: Readonly<Record<string, string>>
    readonly [field: string]: unknown
  }
  readonly [field: string]: unknown
}

export interface StoredObject extends ApiObject {
  readonly metadata: ApiObject['metadata'] & { readonly uid: string; readonly resourceVersion: string }
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: unknown
}

interface Logged {
  readonly version: number
  readonly resource: string
  readonly event: WatchEvent & { readonly object: StoredObject }
}

/** Which objects a request is about, by the selectors of its query. */
export function selects({ metadata }: ApiObject, query: URLSearchParams): boolean {
  const labels = (query.get('labelSelector') ?? '').split(',').filter(Boolean)
  const field = query.get('fieldSelector')?.replace(/^metadata\.name=/, '')
  return (
    (field === undefined || field === metadata.name) &&
    labels.every((pair) => {
      const [name = '', value] = pair.split('=')
      return metadata.labels?.[name] === value
    })
  )
}

/** What etcd keeps: objects by resource, one version for all changes, and the log of them since the last compaction. */
export function openStore(onEvent: (resource: string, event: WatchEvent) => void) {
  const objects = new Map<string, Map<string, StoredObject>>()
  let log: readonly Logged[] = []
  let version = 100
  let compactedAt = 0
  let uids = 0

  function of(resource: string): Map<string, StoredObject> {
    const known = objects.get(resource) ?? new Map<string, StoredObject>()
    objects.set(resource, known)
    return known
  }

  function record(resource: string, type: 'ADDED' | 'MODIFIED' | 'DELETED', object: StoredObject): void {
    const event = { type, object }
    log = [...log, { version, resource, event }]
    onEvent(resource, event)
  }

  return {
    version: () => version,
    compactedAt: () => compactedAt,
    all: (resource: string): readonly StoredObject[] => [...of(resource).values()],
    /** Creates or changes an object; `metadata` may hold whatever else a test wants to say, a uid too. */
    put(resource: string, object: ApiObject): StoredObject {
      const before = of(resource).get(object.metadata.name)
      version += 1
      const metadata = {
        uid: before?.metadata.uid ?? `uid-${++uids}`,
        creationTimestamp: before?.metadata['creationTimestamp'] ?? '2030-01-01T00:00:00Z',
        generation: 1,
        ...object.metadata,
        resourceVersion: String(version),
      }
      const stored = { ...object, metadata }
      of(resource).set(object.metadata.name, stored)
      record(resource, before === undefined ? 'ADDED' : 'MODIFIED', stored)
      return stored
    },
    /** Takes objects in as if they had always been there: quicker than one event for each. */
    fill(resource: string, all: readonly ApiObject[]): void {
      for (const object of all) {
        version += 1
        const own = { uid: `uid-${++uids}`, creationTimestamp: '2030-01-01T00:00:00Z', generation: 1 }
        const metadata = { ...own, ...object.metadata, resourceVersion: String(version) }
        of(resource).set(object.metadata.name, { ...object, metadata })
      }
    },
    /** @param last what the object was in the end, if that is not what it was before */
    remove(resource: string, name: string, last?: ApiObject): void {
      const before = of(resource).get(name)
      if (before === undefined) throw new Error(`there is no ${resource} ${name}`)
      version += 1
      of(resource).delete(name)
      const metadata = { ...before.metadata, ...last?.metadata, resourceVersion: String(version) }
      record(resource, 'DELETED', { ...before, ...last, metadata })
    },
    /** Loses an object as a watch does that keeps something from its client: no event, and none in the log. */
    removeInSilence(resource: string, name: string): void {
      version += 1
      of(resource).delete(name)
    },
    since: (resource: string, from: number): readonly WatchEvent[] =>
      log.filter((one) => one.resource === resource && one.version > from).map(({ event }) => event),
    /** Forgets all changes up to now, so that no watch and no list can go on from before. */
    compact(): void {
      version += 1
      compactedAt = version
      log = []
    },
    /** Versions begin anew, as after a restore from a backup. */
    restore(to: number): void {
      version = to
      compactedAt = 0
      log = []
    },
  }
}
