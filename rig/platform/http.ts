import { createServer, get } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

export type Request = {
  readonly method: string
  /** Path and query exactly as sent. */
  readonly target: string
  /** Path without the query. */
  readonly path: string
  readonly authorization: string | undefined
  readonly address: string
}

export type Answer = { readonly status: number; readonly type: string; readonly body: string }
export type Handler = (request: Request) => Promise<Answer>

/** What a broken replica does: accept and never answer, refuse connections, or answer as something else. */
export type Misbehaviour = 'hung' | 'refused' | 'html'

export type Endpoint = {
  readonly url: string
  readonly port: number
  readonly misbehaviour: Misbehaviour | undefined
  /** Undefined for proper behaviour. */
  misbehave(kind: Misbehaviour | undefined): Promise<void>
  close(): Promise<void>
}

export function json(status: number, body: unknown): Answer {
  return { status, type: 'application/json; charset=utf-8', body: JSON.stringify(body) }
}

export function text(status: number, body: string, type = 'text/plain; charset=utf-8'): Answer {
  return { status, type, body }
}

/** Where a server listens. */
type Place = { readonly address: string; readonly port: number }

/** Serves at an address of this machine; port 0 takes a free one, which the endpoint then keeps for good. */
export async function serve({ address, port: wantedPort }: Place, handler: Handler): Promise<Endpoint> {
  let misbehaviour: Misbehaviour | undefined
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    if (misbehaviour === 'hung') return
    void respond(request, response, misbehaviour === 'html' ? answerWithPage : handler)
  })
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
    misbehave: async (kind) => {
      misbehaviour = kind
      for (const socket of sockets) socket.destroy()
      if (kind === 'refused') await close()
      else if (!server.listening) await listen(server, { address, port })
    },
    close,
  }
}

async function respond(request: IncomingMessage, response: ServerResponse, handler: Handler): Promise<void> {
  request.resume()
  const target = request.url ?? '/'
  const answer = await handler({
    method: request.method ?? 'GET',
    target,
    path: target.split('?', 1)[0] ?? '/',
    authorization: request.headers.authorization,
    address: (request.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
  }).catch((error: unknown) => internalError(error))
  if (response.destroyed) return
  response.writeHead(answer.status, { 'content-type': answer.type })
  response.end(request.method === 'HEAD' ? undefined : answer.body)
}

let requestNumber = 0

/** What the Node services answer to any error that nobody caught. */
function internalError(error: unknown): Answer {
  requestNumber += 1
  const description = error instanceof Error ? error.message : String(error)
  return json(500, {
    error: 'internal_error',
    error_description: description,
    requestId: `req-${requestNumber}`,
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
