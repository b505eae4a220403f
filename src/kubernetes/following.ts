import { KubernetesFailure, type Kubernetes } from '../connections/kubernetes.ts'
import { SECOND, type Millis } from '../core/time.ts'
import { isObject, objectAt, textAt, type PlainObject } from './manifest/objects.ts'
import { openBackoff, pause } from './backoff.ts'
import type { Collection } from './listing.ts'

export interface Followed {
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
 * ends in an orderly way goes on from the last version that was heard of.
 * @throws KubernetesFailure when a watch breaks, is refused, or what it was to go on from is no longer kept
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
      // Without a version it would begin with what is there now, and nobody knew what went before.
      resourceVersion: newest === '' ? '0' : newest,
      timeoutSeconds: String(Math.round(LASTS * (1 + Math.random()))),
    })
    const startedAt = performance.now()
    const options = { onOpen, onFrame, idle: SILENCE, stop, metadataOnly }
    await kubernetes.watch(`${path}?${query.toString()}`, options)
    if (!stop.aborted) await pause(backoff.after(performance.now() - startedAt), stop)
  }
}

/** What an ERROR frame says; most often that the version to go on from is no longer kept. */
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
  const message = `the watch of ${name} brought what is no event; see whether that address is an API server's`
  return new KubernetesFailure({ unknownReason: 'malformed', reason: 'unexpected_answer', message })
}
