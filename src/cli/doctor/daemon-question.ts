import type { Installation } from './area.ts'
import { askWeb, type WebAnswer } from './web.ts'

/** Asks the running exporter, with a token to read where its configuration demands one. */
export function askDaemon(
  { config, daemon, clock, over }: Installation,
  path: string,
): Promise<WebAnswer | { readonly fault: string }> {
  const { readTokens, tls } = config.http
  const [token] = readTokens ?? []
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  // At its own address it shows its own certificate, whose names are those that others know it by.
  const own = tls !== undefined && !daemon.isGiven ? { ca: tls.cert, isOwn: true } : {}
  return askWeb(`${daemon.url}${path}`, { headers, ...own, clock, over })
}
