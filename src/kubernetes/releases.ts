import { KubernetesFailure, type Kubernetes } from '../connections/kubernetes.ts'
import { ownTimeSignal } from '../connections/own-time.ts'
import type { Unavailable } from '../core/observation.ts'
import { SECOND, type Millis } from '../core/time.ts'
import { isObject, labelOf, objectAt, objectsAt, textAt, type PlainObject } from './manifest/objects.ts'
import { unavailableFrom } from './unavailable.ts'
import { releaseContent, saysFailed } from './helm-release.ts'
import type { ReleaseContent, ReleaseSecret, Seen } from './model.ts'
import { identityOf, versionOf } from './objects.ts'

/** A release Secret by its labels alone. What is in one is asked for only when it is read: it may be a megabyte. */
export interface SealedRelease extends Omit<ReleaseSecret, 'content'> {
  readonly version: number
}

/** The release Secrets, the newest of them read. */
export interface Releases {
  seen(): Seen<ReleaseSecret>
  /** Looks at what there is now, and reads what was not read yet. */
  update(): void
  stop(): void
}

/** Statuses of a revision that was rolled out once. */
const rolledOut = new Set(['deployed', 'superseded'])

/** Of revisions that were rolled out, the newest are read: the one in force, and those that it could be gone back to. */
const READ = 3

/** One that failed and one that cannot be read is none of them, so more are read; each may be a megabyte. */
const READ_AT_MOST = 8

const READ_WITHIN: Millis = 3 * SECOND
const READ_AGAIN_AFTER: Millis = 2 * SECOND

/** A Secret holds at most 1 MiB, in Base64 a third more. */
const LARGEST_SECRET = 4 * 1024 * 1024

const unread: Unavailable = {
  unknownReason: 'not_configured',
  reason: 'not_read',
  message: 'only the newest revision and those that it could be gone back to are read',
}

const readingFirst: Unavailable = {
  unknownReason: 'never_measured',
  reason: 'not_read_yet',
  message: 'the Secrets of the Helm release are being read',
}

export function reduceRelease(object: PlainObject): SealedRelease | undefined {
  const identity = identityOf(object)
  const revision = Number(labelOf(object, 'version'))
  if (identity === undefined || !Number.isSafeInteger(revision) || revision < 1) return undefined
  const status = labelOf(object, 'status') || 'unknown'
  return { ...identity, revision, status, version: versionOf(object) }
}

export interface ReleasesOptions {
  readonly kubernetes: Kubernetes
  /** Of the Secrets of the namespace. */
  readonly path: string
  /** What the labels of the Secrets say now. */
  readonly sealed: () => Seen<SealedRelease>
  readonly onChange: () => void
}

/**
 * Reads the newest revisions, each version of each once. What was seen before stays until all that should be read of a
 * change was: a revision never shows with the content of another.
 */
export function openReleases({ kubernetes, path, sealed, onChange }: ReleasesOptions): Releases {
  const stopped = new AbortController()
  const contents = new WeakMap<SealedRelease, ReleaseContent>()
  let shown: readonly ReleaseSecret[] | undefined
  let shownOf: readonly SealedRelease[] | undefined
  let reading = false
  let again: NodeJS.Timeout | undefined

  async function contentOf(release: SealedRelease): Promise<ReleaseContent | Unavailable> {
    const known = contents.get(release)
    if (known !== undefined) return known
    try {
      const read = await readRelease(kubernetes, path, release.name, stopped.signal)
      if ('digest' in read) contents.set(release, read)
      return read
    } catch (fault) {
      again ??= setTimeout(() => {
        again = undefined
        shownOf = undefined
        update()
      }, READ_AGAIN_AFTER)
      return unavailableFrom(fault, release.name)
    }
  }

  async function readAll(): Promise<void> {
    for (;;) {
      const { items } = itemsOf(sealed())
      if (stopped.signal.aborted || items === shownOf) return
      const read = await newestContents(items, contentOf, stopped.signal)
      shown = items.map((release) => {
        const { version: _, ...rest } = release
        return { ...rest, content: read.get(release) ?? unread }
      })
      shownOf = items
      onChange()
    }
  }

  function update(): void {
    if (reading || !itemsOf(sealed()).isListed) return
    reading = true
    void readAll().finally(() => (reading = false))
  }

  return {
    update,
    seen() {
      const now = sealed()
      const lastKnown = shown ?? []
      if (!now.ok) return { ok: false, unavailable: now.unavailable, lastKnown }
      if (shown === undefined) return { ok: false, unavailable: readingFirst, lastKnown }
      return { ok: true, items: shown }
    },
    stop() {
      stopped.abort()
      clearTimeout(again)
    },
  }
}

/** The newest revision, and those before it that Helm counts as rolled out, until there are enough. */
async function newestContents(
  items: readonly SealedRelease[],
  contentOf: (release: SealedRelease) => Promise<ReleaseContent | Unavailable>,
  stop: AbortSignal,
): Promise<ReadonlyMap<SealedRelease, ReleaseContent | Unavailable>> {
  const [latest, ...earlier] = items.toSorted((a, b) => b.revision - a.revision)
  const read = new Map<SealedRelease, ReleaseContent | Unavailable>()
  if (latest !== undefined) read.set(latest, await contentOf(latest))
  let good = 0
  for (const release of earlier.filter(({ status }) => rolledOut.has(status)).slice(0, READ_AT_MOST)) {
    if (good >= READ || stop.aborted) break
    const content = await contentOf(release)
    read.set(release, content)
    if ('digest' in content && !saysFailed(content.description)) good++
  }
  return read
}

function itemsOf(seen: Seen<SealedRelease>): {
  readonly items: readonly SealedRelease[]
  readonly isListed: boolean
} {
  return seen.ok ? { items: seen.items, isListed: true } : { items: seen.lastKnown, isListed: false }
}

/** By a list of one, which needs no right beside those to list and to watch. */
async function readRelease(
  kubernetes: Kubernetes,
  path: string,
  name: string,
  stop: AbortSignal,
): Promise<ReleaseContent | Unavailable> {
  const query = new URLSearchParams({ fieldSelector: `metadata.name=${name}` })
  const deadline = AbortSignal.any([stop, ownTimeSignal(READ_WITHIN)])
  const maxBytes = LARGEST_SECRET
  const answer = await kubernetes.json('GET', `${path}?${query.toString()}`, { deadline, maxBytes })
  const [secret] = isObject(answer) ? objectsAt(answer, 'items') : []
  if (secret === undefined) throw gone(name)
  return releaseContent(textAt(objectAt(secret, 'data'), 'release'))
}

function gone(name: string): KubernetesFailure {
  const message = `${name} was deleted before it was read`
  return new KubernetesFailure({ unknownReason: 'never_measured', reason: 'release_gone', message })
}
