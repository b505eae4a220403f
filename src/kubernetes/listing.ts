import { type Kubernetes, KubernetesFailure } from '../connections/kubernetes.ts'
import { ownTimeSignal } from '../connections/own-time.ts'
import { type Millis, SECOND } from '../core/time.ts'
import { isObject, objectAt, type PlainObject, textAt } from './manifest/objects.ts'
import { isGone, openBackoff, pause } from './unavailable.ts'

/** A collection of the API, or the part of it that a selector leaves. */
export interface Collection {
  /** For messages, e.g. `pods`. */
  readonly name: string
  /** E.g. `/api/v1/namespaces/caracal/pods`. */
  readonly path: string
  /** Without one: all of the namespace. */
  readonly labelSelector?: string
  /** Whether only what is in `metadata` is asked for. */
  readonly metadataOnly?: boolean
  /** Whether the API server may do without this resource; then there are no objects of it. */
  readonly optional?: boolean
}

/** A page that takes longer is tried again. */
const PAGE_WITHIN: Millis = 5 * SECOND

const PAGE_SIZE = 250
/** A release has some hundred objects of a kind; 25,000 are no list that ends. */
const MOST_PAGES = 100
/** Most objects have some kilobytes. What is read takes its size three times over, and more once it is parsed. */
const LARGEST_PAGE = 32 * 1024 * 1024

/**
 * Lists a collection as it is at one moment, page by page so that no more of it is in memory.
 * @param begin gives what takes each page's objects; called again when the pages expired meanwhile
 * @returns the version of the list, to follow changes from; undefined when the API server does without the resource
 * @throws KubernetesFailure when it can't be listed whole
 */
export async function listAll(
  kubernetes: Kubernetes,
  collection: Collection,
  stop: AbortSignal,
  begin: () => (objects: readonly PlainObject[]) => void,
): Promise<string | undefined> {
  try {
    return await pagesOf(kubernetes, collection, stop, begin(), PAGE_SIZE)
  } catch (fault) {
    if (isDoneWithout(fault, collection)) return undefined
    if (!isGone(fault)) throw fault
    // In one page it can't expire.
    return pagesOf(kubernetes, collection, stop, begin())
  }
}

/** What there is of a collection at one moment, by its versions. */
export interface Versions {
  /** Of the list. */
  readonly version: string
  /** Of which only what is in `metadata` is known. */
  readonly objects: readonly PlainObject[]
}

/**
 * Asks for no more of a collection than its versions, as they are in etcd and not in a cache.
 * @param limit of the objects, when it is only about whether there is an answer
 * @returns undefined when the API server does without the resource
 * @throws KubernetesFailure when they can't be had
 */
export async function versionsOf(
  kubernetes: Kubernetes,
  collection: Collection,
  deadline: AbortSignal,
  limit?: number,
): Promise<Versions | undefined> {
  try {
    const page = await pageOf(kubernetes, { ...collection, metadataOnly: true }, deadline, { limit })
    return { version: page.version, objects: page.objects }
  } catch (fault) {
    if (isDoneWithout(fault, collection)) return undefined
    throw fault
  }
}

function isDoneWithout(fault: unknown, { optional = false }: Collection): boolean {
  return optional && fault instanceof KubernetesFailure && fault.status === 404
}

async function pagesOf(
  kubernetes: Kubernetes,
  collection: Collection,
  stop: AbortSignal,
  take: (objects: readonly PlainObject[]) => void,
  limit?: number,
): Promise<string> {
  let next: string | undefined
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const deadline = AbortSignal.any([stop, ownTimeSignal(PAGE_WITHIN)])
    const page = await pageOf(kubernetes, collection, deadline, { limit, continue: next })
    take(page.objects)
    next = page.next
    if (next === '') return page.version
  }
  throw noList(collection.path)
}

interface Page extends Versions {
  /** Where the next page begins; empty behind the last. */
  readonly next: string
}

/** @throws KubernetesFailure when the answer is no list */
async function pageOf(
  kubernetes: Kubernetes,
  { path, labelSelector, metadataOnly = false }: Collection,
  deadline: AbortSignal,
  part: Readonly<Record<string, string | number | undefined>>,
): Promise<Page> {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries({ labelSelector, ...part }))
    if (value !== undefined) query.set(name, String(value))
  const url = `${path}?${query.toString()}`
  const answer = await kubernetes.json('GET', url, { deadline, maxBytes: LARGEST_PAGE, metadataOnly })
  const { kind, items, ...page } = isObject(answer) ? answer : {}
  // An API server writes the items of a list of metadata that is empty as null.
  const isEmpty = items === null && kind === 'PartialObjectMetadataList'
  if (!Array.isArray(items) && !isEmpty) throw noList(path)
  const metadata = objectAt(page, 'metadata')
  return {
    objects: Array.isArray(items) ? items.map((item) => (isObject(item) ? item : {})) : [],
    version: textAt(metadata, 'resourceVersion'),
    next: textAt(metadata, 'continue'),
  }
}

function noList(path: string): KubernetesFailure {
  const message = `the API server's answer to ${path} is no list; check that this address is an API server's`
  return new KubernetesFailure({ unknownReason: 'malformed', reason: 'not_a_list', message })
}

interface Followed {
  /** The API server has taken the watch up. */
  readonly onOpen: () => void
  readonly onChange: (isDeleted: boolean, object: PlainObject) => void
}

/** The API server sends a bookmark each minute; two that do not come mean that the watch is dead. */
const SILENCE: Millis = 130 * SECOND

/** The API server is asked to end each watch after so many seconds, and as many again at random. */
const LASTS = 240

/**
 * Follows the changes of a collection from a version on, through as many watches as it takes. One that the API server
 * ends in an orderly way continues from the last known version.
 * @throws KubernetesFailure when a watch breaks, is refused, or the version to continue from is no longer kept
 */
export async function followChanges(
  kubernetes: Kubernetes,
  { name, path, labelSelector, metadataOnly = false }: Collection,
  version: string,
  stop: AbortSignal,
  { onOpen, onChange }: Followed,
): Promise<void> {
  const backoff = openBackoff()
  let newest = version

  function onFrame(frame: unknown): void {
    const { type, object } = isObject(frame) ? frame : {}
    if (type === 'ERROR') throw failureIn(isObject(object) ? object : {}, name)
    if (!isObject(object)) throw noEvent(name)
    if (type !== 'BOOKMARK') onChange(type === 'DELETED', object)
    newest = textAt(objectAt(object, 'metadata'), 'resourceVersion') || newest
  }

  while (!stop.aborted) {
    const query = new URLSearchParams({
      watch: '1',
      allowWatchBookmarks: 'true',
      ...(labelSelector !== undefined && { labelSelector }),
      // Without a version it would begin with what is there now, and what went before would be unknown.
      resourceVersion: newest === '' ? '0' : newest,
      timeoutSeconds: String(Math.round(LASTS * (1 + Math.random()))),
    })
    const startedAt = performance.now()
    const options = { onOpen, onFrame, idle: SILENCE, stop, metadataOnly }
    await kubernetes.watch(`${path}?${query.toString()}`, options)
    if (!stop.aborted) await pause(backoff.after(performance.now() - startedAt), stop)
  }
}

/** What an ERROR frame says; most often that the version to continue from is no longer kept. */
function failureIn(status: PlainObject, name: string): KubernetesFailure {
  const isGone = status['code'] === 410
  const message = `the watch of ${name} ended: ${textAt(status, 'message').slice(0, 200)}`
  return new KubernetesFailure({
    unknownReason: isGone ? 'stale' : 'unreachable',
    reason: isGone ? 'gone' : 'watch_failed',
    message,
  })
}

function noEvent(name: string): KubernetesFailure {
  const message = `the watch of ${name} brought what is no event; check that this address is an API server's`
  return new KubernetesFailure({ unknownReason: 'malformed', reason: 'unexpected_answer', message })
}
