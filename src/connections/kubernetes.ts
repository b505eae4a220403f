import { StringDecoder } from 'node:string_decoder'
import type { Dispatcher } from 'undici'
import { type Millis } from '../core/time.ts'
import { blindnessOfFault } from './http-failure.ts'
import { openSession, type KubernetesSettings, type Session } from './kubernetes-credentials.ts'
import { inWords, KubernetesFailure, refusal, type Asked } from './kubernetes-failure.ts'

export { KubernetesFailure } from './kubernetes-failure.ts'
export type { KubernetesSettings } from './kubernetes-credentials.ts'

export interface KubernetesRequest {
  /** Sent as JSON. */
  readonly body?: unknown
  /** Ends the request, whatever state it is in. */
  readonly deadline: AbortSignal
  /** Longest body that is accepted. */
  readonly maxBytes: number
}

export interface WatchOptions {
  /** Called with each frame as it comes. */
  onFrame(frame: unknown): void
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

/** One frame is one object; a release of Helm ends below the megabyte that etcd takes. */
const LONGEST_FRAME = 8 * 1024 * 1024

type Body = Dispatcher.ResponseData['body']

/** Nothing is read or dialled before the first request. */
export function openKubernetes(settings: KubernetesSettings): Kubernetes {
  const cost = { requests: 0, took: 0 }
  let session: Promise<Session> | undefined
  let isClosed = false

  function currentSession(): Promise<Session> {
    if (session === undefined) {
      session = openSession(settings)
      // The next request reads the credentials again.
      session.catch(() => (session = undefined))
    }
    return session
  }

  async function forget(old: Session): Promise<void> {
    session = undefined
    await old.agent.destroy().catch(() => {})
  }

  /** The answer of a request whose status is 2xx. A token that is refused is read anew once. */
  async function answerTo(asked: Asked, body: string | undefined, signal: AbortSignal): Promise<Body> {
    for (let attempt = 1; ; attempt += 1) {
      const current = await currentSession()
      if (isClosed) await forget(current)
      cost.requests += 1
      const answer = await current.agent.request({
        origin: current.origin,
        path: current.prefix + asked.path,
        method: asked.method as Dispatcher.HttpMethod,
        headers: {
          accept: 'application/json',
          ...(body !== undefined && { 'content-type': contentTypeOf(asked.method) }),
          ...(await current.headers()),
        },
        ...(body !== undefined && { body }),
        signal,
      })
      answer.body.on('error', () => {})
      const status = answer.statusCode
      if (status >= 200 && status < 300) return answer.body
      answer.body.destroy()
      if (status === 401 && attempt === 1) {
        await forget(current)
        continue
      }
      const { 'retry-after': retryAfter } = answer.headers
      throw refusal(asked, status, typeof retryAfter === 'string' ? retryAfter : undefined)
    }
  }

  async function failureOf(fault: unknown, asked: Asked): Promise<unknown> {
    if (fault instanceof KubernetesFailure) return fault
    const host = await hostOf(session)
    const blindness = blindnessOfFault(fault, 'waiting', host)
    if (blindness === undefined) return fault
    // An authority that was replaced is read again with everything else.
    if (blindness.reason.startsWith('tls_') && session !== undefined) await forget(await session)
    const message = `can't ${inWords(asked)}: the API server ${blindness.message}`
    return new KubernetesFailure({ ...blindness, message }, { cause: fault })
  }

  /** Races an exchange against a signal: undici ends neither a queued request nor a TLS handshake by one. */
  async function raced<T>(asked: Asked, signal: AbortSignal, exchange: Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>()
    const onAbort = () => late.reject(lateFailure(asked))
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    const startedAt = performance.now()
    try {
      return await Promise.race([late.promise, exchange])
    } catch (fault) {
      throw await failureOf(fault, asked)
    } finally {
      cost.took += performance.now() - startedAt
      signal.removeEventListener('abort', onAbort)
      late.promise.catch(() => {})
      exchange.catch(() => {})
    }
  }

  return {
    cost,
    async json(method, path, { body, deadline, maxBytes }) {
      const asked = { method, path }
      const sent = body === undefined ? undefined : JSON.stringify(body)
      const text = await raced(
        asked,
        deadline,
        answerTo(asked, sent, deadline).then((answer) => readAll(answer, maxBytes, asked)),
      )
      return parsed(text, asked)
    },
    async watch(path, { onFrame, idle, stop }) {
      const asked = { method: 'GET', path }
      const silence = new AbortController()
      const signal = AbortSignal.any([stop, silence.signal])
      // Armed before the request is sent: a connection that hangs is silent too.
      const timer = setTimeout(() => silence.abort(), idle)
      try {
        const body = await raced(asked, signal, answerTo(asked, undefined, signal))
        for await (const frame of framesOf(body, asked, signal)) {
          timer.refresh()
          onFrame(frame)
        }
      } catch (fault) {
        if (stop.aborted) return
        throw silence.signal.aborted ? lateFailure(asked) : await failureOf(fault, asked)
      } finally {
        clearTimeout(timer)
        silence.abort()
      }
    },
    async close() {
      isClosed = true
      const last = await session?.catch(() => undefined)
      if (last !== undefined) await forget(last)
    },
  }
}

function contentTypeOf(method: string): string {
  return method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
}

async function hostOf(session: Promise<Session> | undefined): Promise<string> {
  const known = await session?.catch(() => undefined)
  return known === undefined ? 'of the cluster' : `at ${new URL(known.origin).host}`
}

function lateFailure(asked: Asked): KubernetesFailure {
  const message = `can't ${inWords(asked)}: the API server did not answer in time`
  return new KubernetesFailure({ unknownReason: 'timeout', reason: 'timeout', message })
}

async function readAll(body: Body, maxBytes: number, asked: Asked): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw tooLarge(asked)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The frames of a watch: one JSON object in a line, cut into chunks anywhere. */
async function* framesOf(body: Body, asked: Asked, signal: AbortSignal): AsyncGenerator<unknown> {
  const onAbort = () => void body.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  const decoder = new StringDecoder('utf8')
  let rest = ''
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      const lines = (rest + decoder.write(chunk)).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > LONGEST_FRAME) throw tooLarge(asked)
      for (const line of lines) if (line.trim() !== '') yield parsed(line, asked)
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    body.destroy()
  }
}

function tooLarge(asked: Asked): KubernetesFailure {
  const message = `can't ${inWords(asked)}: the answer is larger than is accepted`
  return new KubernetesFailure({ unknownReason: 'malformed', reason: 'body_too_large', message })
}

function parsed(text: string, asked: Asked): unknown {
  try {
    return JSON.parse(text)
  } catch (fault) {
    const message = `can't ${inWords(asked)}: the answer is not JSON`
    throw new KubernetesFailure({ unknownReason: 'malformed', reason: 'not_json', message }, { cause: fault })
  }
}
