import { randomUUID } from 'node:crypto'
import { createServer, get } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Manner } from './manners.ts'

export type Request = {
  readonly method: string
  /** Path and query exactly as sent. */
  readonly target: string
  /** Path without the query. */
  readonly path: string
  readonly authorization: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly address: string
  /** What was sent with it; read only when it is asked for. */
  readonly body: () => Promise<string>
}

export type Answer = {
  readonly status: number
  /** Empty for none. */
  readonly type: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}
export type Handler = (request: Request) => Promise<Answer>

/** What a broken replica does: accept and never answer, refuse connections, or answer as something else. */
export type Misbehaviour = 'hung' | 'refused' | 'html'

export type Endpoint = {
  readonly url: string
  readonly port: number
  readonly misbehaviour: Misbehaviour | undefined
  /** What the service has written to its log because it was asked. */
  readonly logged: { readonly lines: number; readonly bytes: number }
  /** Undefined for proper behaviour. */
  misbehave(kind: Misbehaviour | undefined): Promise<void>
  close(): Promise<void>
}

/** As the Node services write it. */
export function json(status: number, body: unknown): Answer {
  return { status, type: 'application/json; charset=utf-8', body: JSON.stringify(body) }
}

/** As the Go services write it: with the newline of their encoder. */
export function goJson(status: number, body: unknown): Answer {
  return { status, type: 'application/json', body: `${JSON.stringify(body)}\n` }
}

/** The 503 of the Go services. */
export function goUnready(reason: string): Answer {
  return goJson(503, { ok: false, ready: false, reason })
}

/** How a Go service refuses a request. */
export function goRefusal(status: number, error: string, description: string, requestId: string): Answer {
  const headers = { 'X-Request-Id': requestId }
  return { ...goJson(status, { error, error_description: description, requestId }), headers }
}

/** `http.Error` of Go. */
export function goError(status: number, message: string): Answer {
  const headers = { 'X-Content-Type-Options': 'nosniff' }
  return { ...text(status, `${message}\n`), headers }
}

export function text(status: number, body: string, type = 'text/plain; charset=utf-8'): Answer {
  return { status, type, body }
}

/** 200 without a body or its type: `/health` of the Go services. */
export const empty: Answer = { status: 200, type: '', body: '' }

/** Where a server listens. */
type Place = { readonly address: string; readonly port: number }

/** Serves at an address of this machine; port 0 takes a free one, which the endpoint then keeps for good. */
export async function serve(
  { address, port: wantedPort }: Place,
  manner: Manner,
  handler: Handler,
): Promise<Endpoint> {
  let misbehaviour: Misbehaviour | undefined
  let asked = 0
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    if (misbehaviour === 'hung') return
    asked += 1
    void respond(request, response, manner, misbehaviour === 'html' ? answerWithPage : handler)
  })
  server.keepAliveTimeout = manner.keptAlive
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await listen(server, { address, port: wantedPort })
  const { port } = server.address() as AddressInfo

  async function close(): Promise<void> {
    for (const socket of sockets) socket.destroy()
    if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()))
  }

  return {
    url: `http://${address}:${port}`,
    port,
    get misbehaviour() {
      return misbehaviour
    },
    get logged() {
      const { lines, bytes } = manner.logs
      return { lines: asked * lines, bytes: asked * bytes }
    },
    misbehave: async (kind) => {
      misbehaviour = kind
      for (const socket of sockets) socket.destroy()
      if (kind === 'refused') await close()
      else if (!server.listening) await listen(server, { address, port })
    },
    close,
  }
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  manner: Manner,
  handler: Handler,
): Promise<void> {
  const target = request.url ?? '/'
  let body: Promise<string> | undefined
  const answer = await handler({
    method: request.method ?? 'GET',
    target,
    path: target.split('?', 1)[0] ?? '/',
    authorization: request.headers.authorization,
    headers: request.headers,
    address: (request.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
    body: () => (body ??= bodyOf(request)),
  }).catch(internalError)
  request.resume()
  if (response.destroyed) return
  // A kept connection is not announced by Go.
  if (!manner.announcesKeepAlive) response.removeHeader('connection')
  const length = Buffer.byteLength(answer.body)
  response.writeHead(answer.status, {
    ...manner.headers,
    ...(manner.requestId !== undefined && { [manner.requestId]: randomUUID() }),
    ...(answer.type !== '' && { 'content-type': answer.type }),
    ...answer.headers,
    ...(length <= manner.longestWhole && { 'content-length': length }),
  })
  response.end(request.method === 'HEAD' ? undefined : answer.body)
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** What the Node services answer to any uncaught error. */
function internalError(): Answer {
  return json(500, {
    error: 'internal_error',
    error_description: 'The service failed to process the request',
    requestId: randomUUID(),
  })
}

function answerWithPage(): Promise<Answer> {
  const page = '<!doctype html><html><head><title>Welcome</title></head><body>It works!</body></html>'
  return Promise.resolve(text(200, page, 'text/html; charset=utf-8'))
}

/** A port that was ours a moment ago may be lent out for a short connection: ask again. */
async function listen(server: Server, { address, port }: Place): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, address, () => {
          server.off('error', reject)
          resolve()
        })
      })
      return
    } catch (error) {
      if (attempt === 20) throw error
      await delay(100)
    }
  }
}

/** Whether a GET on a connection of its own is answered with 2xx in time (milliseconds). */
export function answersOk(url: string, timeout: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(
      url,
      { agent: false, signal: AbortSignal.timeout(Math.ceil(timeout)) },
      (response) => {
        response.resume()
        const status = response.statusCode ?? 0
        resolve(status >= 200 && status < 300)
      },
    )
    request.on('error', () => resolve(false))
  })
}
