import type * as Http from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { notAllowed, UsageError } from './options.ts'
import type { Mirror } from './mirroring.ts'

export interface ListenAddress {
  /** Absent for all addresses. */
  readonly host?: string
  readonly port: number
}

export interface MirrorServer {
  readonly port: number
  close(): Promise<void>
}

// By require, as src/cli/http.ts does: an import would load Node's own undici.
const require = createRequire(import.meta.url)

/** A kubelet asks one question at a time; a flood of connections costs no more than these. */
const mostConnections = 32

/** @throws UsageError */
export function listenAddress(text: string): ListenAddress {
  const [, bracketed, plain = '', digits = ''] =
    /^(?:\[([\da-f:.]+)\]|([^[\]:\s]*)):(\d{1,5})$/i.exec(text) ?? []
  const port = Number(digits)
  if (digits === '' || port > 65_535)
    throw notAllowed('--listen', text, 'HOST:PORT or :PORT, such as 127.0.0.1:9466, [::1]:9466 or :9466')
  const host = bracketed ?? plain
  return { port, ...(host !== '' && { host }) }
}

/**
 * Serves `/readyz` and `/livez`.
 * @throws UsageError when it cannot listen there
 */
export async function serveMirror(mirror: Mirror, { host, port }: ListenAddress): Promise<MirrorServer> {
  const { createServer } = require('node:http') as typeof Http
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 5_000 }, (request, response) => {
    const [status, text] = answerTo(request, mirror)
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
    response.end(request.method === 'HEAD' ? '' : `${text}\n`)
  })
  server.maxConnections = mostConnections
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ code = 'no code' }: NodeJS.ErrnoException) =>
      reject(new UsageError(`cannot listen on --listen ${host ?? ''}:${port} (${code})`)),
    )
    server.listen({ port, ...(host !== undefined && { host }) }, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answerTo(
  { method = '', url = '' }: Http.IncomingMessage,
  mirror: Mirror,
): readonly [number, string] {
  if (method !== 'GET' && method !== 'HEAD') return [405, 'allowed: GET']
  const [path] = url.split('?', 1)
  if (path === '/readyz') {
    const { ready, message } = mirror.reading()
    return ready ? [200, `ready: ${message}`] : [503, `not ready: ${message}`]
  }
  if (path !== '/livez') return [404, 'allowed: /readyz, /livez']
  return mirror.isAlive() ? [200, 'ok'] : [503, 'no question has ended for a minute']
}
