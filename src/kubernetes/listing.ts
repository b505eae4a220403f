import { KubernetesFailure, type Kubernetes } from '../connections/kubernetes.ts'
import { ownTimeSignal } from '../connections/own-time.ts'
import { SECOND, type Millis } from '../core/time.ts'
import { isObject, objectAt, textAt, type PlainObject } from './manifest/objects.ts'

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
 * @param take is given each page's objects; begins anew by calling `begin` when the pages expired under our hands
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
    if (!(fault instanceof KubernetesFailure)) throw fault
    if (fault.status === 404 && collection.optional === true) return undefined
    if (fault.reason !== 'gone') throw fault
    // In one page it can't expire.
    return pagesOf(kubernetes, collection, stop, begin(), 0)
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
 * Asks for no more of a collection than its versions, as they are in etcd and not in anybody's memory.
 * @param limit of the objects, when it is only about whether there is an answer
 * @returns undefined when the API server does without the resource
 * @throws KubernetesFailure when they can't be had
 */
export async function versionsOf(
  kubernetes: Kubernetes,
  { path, labelSelector, optional }: Collection,
  deadline: AbortSignal,
  limit?: number,
): Promise<Versions | undefined> {
  const query = new URLSearchParams({
    ...(labelSelector !== undefined && { labelSelector }),
    ...(limit !== undefined && { limit: String(limit) }),
  })
  try {
    const request = { deadline, maxBytes: LARGEST_PAGE, metadataOnly: true }
    const answer = await kubernetes.json('GET', `${path}?${query.toString()}`, request)
    const page = isObject(answer) ? answer : {}
    const items = itemsOf(page)
    if (items === undefined) throw noList(path)
    const objects = items.map((item) => (isObject(item) ? item : {}))
    return { version: textAt(objectAt(page, 'metadata'), 'resourceVersion'), objects }
  } catch (fault) {
    if (fault instanceof KubernetesFailure && fault.status === 404 && optional === true) return undefined
    throw fault
  }
}

async function pagesOf(
  kubernetes: Kubernetes,
  { path, labelSelector, metadataOnly = false }: Collection,
  stop: AbortSignal,
  take: (objects: readonly PlainObject[]) => void,
  limit: number,
): Promise<string> {
  let next = ''
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const query = new URLSearchParams({
      ...(labelSelector !== undefined && { labelSelector }),
      ...(limit > 0 && { limit: String(limit) }),
      ...(next !== '' && { continue: next }),
    })
    const answer = await kubernetes.json('GET', `${path}?${query.toString()}`, {
      deadline: AbortSignal.any([stop, ownTimeSignal(PAGE_WITHIN)]),
      maxBytes: LARGEST_PAGE,
      metadataOnly,
    })
    const page = isObject(answer) ? answer : {}
    const items = itemsOf(page)
    if (items === undefined) throw noList(path)
    take(items.map((item) => (isObject(item) ? item : {})))
    const metadata = objectAt(page, 'metadata')
    next = textAt(metadata, 'continue')
    if (next === '') return textAt(metadata, 'resourceVersion')
  }
  throw noList(path)
}

/** An API server writes the items of a list of metadata that is empty as null. */
function itemsOf({ kind, items }: PlainObject): readonly unknown[] | undefined {
  if (Array.isArray(items)) return items
  return items === null && kind === 'PartialObjectMetadataList' ? [] : undefined
}

function noList(path: string): KubernetesFailure {
  const message = `the API server's answer to ${path} is no list; see whether that address is an API server's`
  return new KubernetesFailure({ unknownReason: 'malformed', reason: 'not_a_list', message })
}
