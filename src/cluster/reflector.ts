import { setTimeout as delay } from 'node:timers/promises'
import { KubernetesFailure, type Kubernetes } from '../connections/kubernetes.ts'
import type { Blindness } from '../core/observation.ts'
import { SECOND, type Millis } from '../core/time.ts'
import { isObject, objectAt, textAt, type PlainObject } from '../manifest/objects.ts'
import type { Identity, Seen } from './model.ts'
import { openHolding, type Holding } from './holding.ts'

/** One kind of objects that is followed. */
export interface Resource<T extends Identity> {
  /** For messages, e.g. `pods`. */
  readonly name: string
  /** Of the collection, e.g. `/api/v1/namespaces/caracal/pods`. */
  readonly path: string
  readonly labelSelector: string
  /** Objects in one answer of a list; fewer where they are large. */
  readonly pageSize?: number
  /** What is kept of an object; undefined for what can't be understood. */
  reduce(object: PlainObject): T | undefined
  /** What is kept of an object that was deleted; nothing without it. */
  bury?(last: T): T
}

export interface Reflector<T> {
  seen(): Seen<T>
  start(): void
  /** What is held may be old: nothing is seen until it was listed anew. */
  distrust(blindness: Blindness): void
  stop(): Promise<void>
}

export interface ReflectorOptions {
  readonly kubernetes: Kubernetes
  /** How often everything is listed anew, should a watch have kept something from us. */
  relist(): Millis
  onChange(): void
}

/** A list that takes longer is tried again. */
const LIST_WITHIN: Millis = 5 * SECOND

/** The API server sends a bookmark each minute; two that do not come mean that the watch is dead. */
const SILENCE: Millis = 130 * SECOND

const FIRST_PAUSE: Millis = 200
const LAST_PAUSE: Millis = 10 * SECOND

const PAGE_SIZE = 500
const LARGEST_PAGE = 64 * 1024 * 1024

/**
 * Keeps the objects of one kind up to date: lists them, follows their changes from there, and begins anew whenever the
 * watch breaks, what it goes on from is no longer kept, or it is time to. What was seen stays seen for as long as the
 * next list succeeds; when it does not, all is unseen, for the reason that it gave.
 */
export function reflect<T extends Identity>(resource: Resource<T>, options: ReflectorOptions): Reflector<T> {
  const { kubernetes, relist, onChange } = options
  const holding: Holding<T> = openHolding(resource)
  const stopped = new AbortController()
  let blindness: Blindness | undefined = neverListed(resource.name)
  let following = new AbortController()
  let seen: Seen<T> | undefined
  let ended: Promise<void> | undefined

  function changed(): void {
    seen = undefined
    onChange()
  }

  function turnBlind(next: Blindness): void {
    if (blindness?.reason === next.reason && blindness.message === next.message) return
    blindness = next
    changed()
  }

  async function list(): Promise<string> {
    const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(LIST_WITHIN)])
    const { objects, version } = await listAll(kubernetes, resource, signal)
    const isNews = holding.replace(objects)
    const wasBlind = blindness !== undefined
    blindness = undefined
    if (isNews || wasBlind) changed()
    return version
  }

  /** Follows changes until the server ends the watch, it breaks, or it is time to list anew. */
  async function follow(version: string): Promise<string | undefined> {
    let newest = version
    const listedAt = performance.now()
    following = new AbortController()
    const due = setInterval(() => {
      if (performance.now() - listedAt > relist()) following.abort()
    }, SECOND)
    const stop = AbortSignal.any([stopped.signal, following.signal])
    try {
      while (!stop.aborted) {
        const query = new URLSearchParams({
          watch: '1',
          allowWatchBookmarks: 'true',
          resourceVersion: newest,
          labelSelector: resource.labelSelector,
          timeoutSeconds: String(Math.round(240 + Math.random() * 60)),
        })
        const startedAt = performance.now()
        await kubernetes.watch(`${resource.path}?${query.toString()}`, {
          idle: SILENCE,
          stop,
          onFrame(frame) {
            newest = take(frame) ?? newest
          },
        })
        // A server that ends each watch at once must not be asked in a loop.
        if (performance.now() - startedAt < SECOND) await pause(FIRST_PAUSE, stop)
      }
      return undefined
    } finally {
      clearInterval(due)
    }
  }

  /** Takes one frame of a watch in and gives the version to go on from. */
  function take(frame: unknown): string | undefined {
    const { type, object } = isObject(frame) ? frame : {}
    if (!isObject(object)) return undefined
    if (type === 'ERROR') throw failureIn(object, resource.name)
    if (type !== 'BOOKMARK' && holding.apply(type === 'DELETED', object)) changed()
    return textAt(objectAt(object, 'metadata'), 'resourceVersion') || undefined
  }

  async function run(): Promise<void> {
    let failures = 0
    while (!stopped.signal.aborted) {
      try {
        const version = await list()
        const startedAt = performance.now()
        await follow(version).catch((fault: unknown) => {
          if (!isBroken(fault)) throw fault
        })
        // Whether the server is there the next list tells, and that is made at once unless this one ended at once.
        if (performance.now() - startedAt < SECOND) await pause(FIRST_PAUSE, stopped.signal)
        failures = 0
      } catch (fault) {
        if (stopped.signal.aborted) return
        turnBlind(blindnessFrom(fault, resource.name))
        await pause(pauseAfter(failures, fault), stopped.signal)
        failures += 1
      }
    }
  }

  return {
    seen() {
      const items = () => holding.items()
      seen ??=
        blindness === undefined ? { ok: true, items: items() } : { ok: false, blindness, lastKnown: items() }
      return seen
    },
    start() {
      ended ??= run()
    },
    distrust(next) {
      turnBlind(next)
      following.abort()
    },
    async stop() {
      stopped.abort()
      await ended
    },
  }
}

async function listAll(
  kubernetes: Kubernetes,
  {
    path,
    labelSelector,
    pageSize = PAGE_SIZE,
  }: Pick<Resource<Identity>, 'path' | 'labelSelector' | 'pageSize'>,
  signal: AbortSignal,
): Promise<{ readonly objects: readonly PlainObject[]; readonly version: string }> {
  const objects: PlainObject[] = []
  let next = ''
  do {
    const query = new URLSearchParams({ labelSelector, limit: String(pageSize) })
    if (next !== '') query.set('continue', next)
    const answer = await kubernetes.json('GET', `${path}?${query.toString()}`, {
      deadline: signal,
      maxBytes: LARGEST_PAGE,
    })
    const page = isObject(answer) ? answer : {}
    const { items } = page
    if (!Array.isArray(items))
      throw new KubernetesFailure({
        unknownReason: 'malformed',
        reason: 'not_a_list',
        message: `the API server's answer to ${path} is no list`,
      })
    objects.push(...items.filter(isObject))
    const metadata = objectAt(page, 'metadata')
    next = textAt(metadata, 'continue')
    if (next === '') return { objects, version: textAt(metadata, 'resourceVersion') }
  } while (!signal.aborted)
  throw new KubernetesFailure({
    unknownReason: 'timeout',
    reason: 'timeout',
    message: `the API server did not list ${path} within ${LIST_WITHIN} ms`,
  })
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

function blindnessFrom(fault: unknown, name: string): Blindness {
  if (fault instanceof KubernetesFailure) {
    const { unknownReason, reason, message } = fault
    return { unknownReason, reason, message }
  }
  const message = `${name} were not understood: ${fault instanceof Error ? fault.message : String(fault)}`
  return { unknownReason: 'malformed', reason: 'unexpected_answer', message }
}

/** A watch that broke off, or whose beginning is no longer kept; not one that is refused. */
function isBroken(fault: unknown): boolean {
  return fault instanceof KubernetesFailure && (fault.status === undefined || fault.reason === 'gone')
}

/** What an expired page or an outdated version needs is a new list, at once. */
function pauseAfter(failures: number, fault: unknown): Millis {
  if (fault instanceof KubernetesFailure) {
    if (fault.reason === 'gone' && failures === 0) return 0
    if (fault.retryAfter !== undefined)
      return Math.max(FIRST_PAUSE, fault.retryAfter) * (1 + Math.random() / 10)
  }
  return Math.min(FIRST_PAUSE * 2 ** failures, LAST_PAUSE) * (0.8 + Math.random() * 0.4)
}

async function pause(span: Millis, stop: AbortSignal): Promise<void> {
  await delay(span, undefined, { signal: stop }).catch(() => {})
}

function neverListed(name: string): Blindness {
  const message = `${name} were not listed yet`
  return { unknownReason: 'never_measured', reason: 'not_listed', message }
}
