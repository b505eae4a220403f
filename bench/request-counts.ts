import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** Answers that servers of this process gave, by port and `path status`. */
export type RequestCounts = Readonly<Record<string, Readonly<Record<string, number>>>>

/** Counts every answer of every HTTP server of this process from now on, for all clients. */
export function countRequests(): { byPort(): RequestCounts } {
  const counts: Record<string, Record<string, number>> = {}
  subscribe('http.server.response.finish', (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse }
    const port = (counts[String(request.socket.localPort)] ??= {})
    const key = `${request.url ?? ''} ${response.statusCode}`
    port[key] = (port[key] ?? 0) + 1
  })
  return { byPort: () => structuredClone(counts) }
}
