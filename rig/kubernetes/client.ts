import { Agent, request as send } from 'node:https'
import type { IncomingMessage } from 'node:http'

/** Where an API server is and what a client shows it. */
export type Access = {
  readonly server: string
  readonly ca: string
  readonly cert?: string
  readonly key?: string
  readonly token?: string
}

/** An answer of 300 or above; `reason` is Kubernetes' own word, such as `NotFound`. */
export class KubernetesRequestError extends Error {
  readonly status: number
  readonly reason: string

  constructor(status: number, reason: string, message: string) {
    super(message)
    this.status = status
    this.reason = reason
  }
}

/** The events of a watch, as the server writes them. */
export type WatchEvent<T> = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: T
}

export type KubernetesClient = {
  /**
   * One request with a JSON body, answered by JSON. Throws a KubernetesRequestError when it is refused.
   * A PATCH is a JSON merge patch unless `contentType` says otherwise.
   */
  readonly request: <T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    contentType?: string,
  ) => Promise<T>
  /** Events until the server ends the watch (resolves), the connection breaks or `signal` aborts (rejects). */
  watch<T>(path: string, onEvent: (event: WatchEvent<T>) => void, signal: AbortSignal): Promise<void>
  close(): void
}

/** A client with connections of its own. */
export function kubernetesClient(access: Access): KubernetesClient {
  const agent = new Agent({ keepAlive: true, ca: access.ca, cert: access.cert, key: access.key })
  const bearer = access.token === undefined ? {} : { authorization: `Bearer ${access.token}` }

  function open(
    method: string,
    path: string,
    body: { readonly text: string; readonly type: string } | undefined,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    // Node frames the body of a DELETE only when its length is given.
    const sent =
      body === undefined ? {} : { 'content-type': body.type, 'content-length': Buffer.byteLength(body.text) }
    const headers = { accept: 'application/json', ...bearer, ...sent }
    return new Promise((done, fail) => {
      const request = send(new URL(path, access.server), {
        agent,
        method,
        headers,
        ...(signal === undefined ? {} : { signal }),
      })
      request.once('error', fail).once('response', done)
      request.end(body?.text)
    })
  }

  return {
    request: async <T>(method: string, path: string, body?: unknown, contentType?: string): Promise<T> => {
      const type = contentType ?? (method === 'PATCH' ? 'application/merge-patch+json' : 'application/json')
      const sent = body === undefined ? undefined : { text: JSON.stringify(body), type }
      const response = await open(method, path, sent)
      const text = await textOf(response)
      if (response.statusCode === undefined || response.statusCode >= 300)
        throw refusal(`${method} ${path}`, response.statusCode ?? 0, text)
      return (text.startsWith('{') ? JSON.parse(text) : text) as T
    },
    watch: async (path, onEvent, signal) => {
      const response = await open('GET', path, undefined, signal)
      if (response.statusCode !== 200)
        throw refusal(`GET ${path}`, response.statusCode ?? 0, await textOf(response))
      let rest = ''
      for await (const chunk of response.setEncoding('utf8')) {
        const lines = (rest + String(chunk)).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) onEvent(JSON.parse(line))
      }
    },
    close: () => agent.destroy(),
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}

function refusal(what: string, status: number, text: string): KubernetesRequestError {
  const { reason = '', message = text } = text.startsWith('{')
    ? (JSON.parse(text) as { reason?: string; message?: string })
    : {}
  return new KubernetesRequestError(status, reason, `${what}: ${status} ${reason} ${message}`)
}
