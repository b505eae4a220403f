import type { Dispatcher } from 'undici'
import { networkFailureOf } from '../core/network-failure.ts'
import { SECOND, type Millis } from '../core/time.ts'
import {
  type Asked,
  framesOf,
  lateFailure,
  parsed,
  readAll,
  refusal,
  unanswered,
} from './kubernetes-failure.ts'
import type { KubernetesSettings } from './kubernetes-credentials.ts'
import { type Session, Sessions } from './kubernetes-session.ts'
import { afterOwnTime } from './own-time.ts'

export { KubernetesFailure } from './kubernetes-failure.ts'
export type { KubernetesSettings } from './kubernetes-credentials.ts'

/** How objects are wanted: whole, or only what is in their `metadata`. */
interface Shape {
  readonly metadataOnly?: boolean
}

export interface KubernetesRequest {
  /** Only what is in `metadata`: of a list, or of one object. */
  readonly metadataOnly?: boolean | 'one'
  /** Sent as JSON; a PATCH is a JSON merge patch. */
  readonly body?: unknown
  /** Ends the request, whatever state it is in. */
  readonly deadline: AbortSignal
  /** Longest body that is accepted. */
  readonly maxBytes: number
}

export interface WatchOptions extends Shape {
  /** Called when the API server has taken the watch up. */
  readonly onOpen?: () => void
  /** Called with each frame as it comes. What it throws ends the watch and is thrown on. */
  readonly onFrame: (frame: unknown) => void
  /** A watch that says nothing for so long, not even a bookmark, is taken for dead. */
  readonly idle: Millis
  readonly stop: AbortSignal
}

/** The API server of a cluster, over few connections of our own. */
export interface Kubernetes {
  /** @throws KubernetesFailure for every answer that is not 2xx, and when there is none */
  json(method: 'GET' | 'PUT' | 'POST' | 'PATCH', path: string, request: KubernetesRequest): Promise<unknown>
  /**
   * Follows a watch until the server ends it or `stop` is aborted.
   * @throws KubernetesFailure when it breaks, falls silent or is refused
   */
  watch(path: string, options: WatchOptions): Promise<void>
  readonly cost: { readonly requests: number; readonly took: Millis }
  close(): Promise<void>
}

/** A watch is taken up at once; behind a balancer a single API server may hang while others live. */
const OPEN_WITHIN: Millis = 5 * SECOND

/** Longest explanation of a refusal that is read. */
const LONGEST_REFUSAL = 64 * 1024

/** Nothing is read or dialled before the first request. */
export function openKubernetes(settings: KubernetesSettings): Kubernetes {
  return new Client(new Sessions(settings))
}

class Client implements Kubernetes {
  readonly cost = { requests: 0, took: 0 }
  readonly #sessions: Sessions

  constructor(sessions: Sessions) {
    this.#sessions = sessions
  }

  async json(
    method: string,
    path: string,
    { body, deadline, maxBytes, metadataOnly }: KubernetesRequest,
  ): Promise<unknown> {
    const asked = { method, path }
    const part = metadataOnly === 'one' ? 'PartialObjectMetadata' : 'PartialObjectMetadataList'
    const shape = metadataOnly === undefined || metadataOnly === false ? 'whole' : part
    const sent = { shape, ...(body !== undefined && { body: JSON.stringify(body) }) } as const
    return parsed(await this.#textOf(asked, sent, deadline, maxBytes), asked)
  }

  async watch(path: string, { onOpen, onFrame, idle, stop, metadataOnly }: WatchOptions): Promise<void> {
    const asked = { method: 'GET', path }
    const shape = metadataOnly === true ? 'PartialObjectMetadata' : 'whole'
    const silence = new AbortController()
    const signal = AbortSignal.any([stop, silence.signal])
    // Armed before the request is sent: a connection that hangs is silent too.
    let cancel = afterOwnTime(Math.min(idle, OPEN_WITHIN), () => silence.abort())
    try {
      const body = await this.#raced(asked, signal, this.#bodyOf(asked, { shape }, signal))
      const listen = () => {
        cancel()
        cancel = afterOwnTime(idle, () => silence.abort())
      }
      listen()
      onOpen?.()
      for await (const frame of framesOf(body, asked, signal, listen)) onFrame(frame)
      if (silence.signal.aborted) throw lateFailure(asked)
    } catch (fault) {
      if (stop.aborted) return
      throw silence.signal.aborted ? lateFailure(asked) : (unanswered(fault, asked) ?? fault)
    } finally {
      cancel()
      silence.abort()
    }
  }

  close(): Promise<void> {
    return this.#sessions.close()
  }

  #textOf(asked: Asked, sent: Sent, deadline: AbortSignal, maxBytes: number): Promise<string> {
    const exchange = this.#bodyOf(asked, sent, deadline).then((body) => readAll(body, maxBytes, asked))
    return this.#raced(asked, deadline, exchange)
  }

  /** Races an exchange against a signal: undici ends neither a queued request nor a TLS handshake by one. */
  async #raced<T>(asked: Asked, signal: AbortSignal, exchange: Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>()
    const onAbort = () => late.reject(lateFailure(asked))
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    const startedAt = performance.now()
    try {
      return await Promise.race([late.promise, exchange])
    } catch (fault) {
      throw unanswered(fault, asked) ?? fault
    } finally {
      this.cost.took += performance.now() - startedAt
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** The body of an answer whose status is 2xx. A token that is refused is read anew once. */
  async #bodyOf(asked: Asked, sent: Sent, signal: AbortSignal): Promise<Body> {
    let session = await this.#sessions.current()
    for (;;) {
      const answer = await this.#send(session, asked, sent, signal)
      answer.body.on('error', () => {})
      const status = answer.statusCode
      if (status >= 200 && status < 300) return answer.body
      // Read to its end, or its connection would be of no further use.
      const text = await readAll(answer.body, LONGEST_REFUSAL, asked).catch(() => '')
      const next = status === 401 ? await this.#sessions.renewed(session) : session
      const { 'retry-after': retryAfter } = answer.headers
      if (next === session) throw refusal(asked, status, { text, retryAfter: String(retryAfter) })
      session = next
    }
  }

  async #send(session: Session, asked: Asked, { shape, body }: Sent, signal: AbortSignal) {
    this.cost.requests += 1
    const { origin, prefix, agent, headers } = session
    try {
      return await agent.request({
        origin,
        path: prefix + asked.path,
        method: asked.method as Dispatcher.HttpMethod,
        headers: {
          accept: acceptedFor(shape),
          'user-agent': 'caracal-gate-exporter',
          ...(body !== undefined && { 'content-type': contentTypeOf(asked.method) }),
          ...headers,
        },
        ...(body !== undefined && { body }),
        signal,
      })
    } catch (fault) {
      const failure = unanswered(fault, asked, new URL(origin).host)
      // An authority that was replaced is in force for the next request.
      if (networkFailureOf(fault)?.fault === 'tls') await this.#sessions.renewed(session).catch(() => {})
      throw failure ?? fault
    }
  }
}

type Body = Dispatcher.ResponseData['body']

interface Sent {
  readonly shape: 'whole' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'
  readonly body?: string
}

function acceptedFor(shape: Sent['shape']): string {
  return shape === 'whole' ? 'application/json' : `application/json;as=${shape};g=meta.k8s.io;v=v1`
}

function contentTypeOf(method: string): string {
  return method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
}
