import { createHash, timingSafeEqual } from 'node:crypto'
import type { Scope, WriteToken } from '../config/config.ts'
import type { Authorisation } from '../publish/context.ts'

export interface Tokens {
  /** Absent: reading needs no token. */
  readonly read?: readonly string[]
  /** Empty: writing is off. */
  readonly write: readonly WriteToken[]
}

/**
 * Whether the value of an Authorization header allows to read, or to write within a scope. Reading is also open to the
 * password of HTTP Basic, when that is a token for reading; writing never is.
 */
export function authorise(
  { read, write }: Tokens,
  kind: 'read' | Scope,
  header: string | undefined,
): Authorisation {
  const presented = /^Bearer +(\S+)\s*$/i.exec(header ?? '')?.[1]
  if (kind === 'read') {
    if (read === undefined) return { ok: true, token: 'anonymous' }
    const password = passwordIn(header)
    if (password !== undefined && read.some((token) => isSame(token, password)))
      return { ok: true, token: 'reader' }
    const candidates = [...read, ...write.map((token) => token.token)]
    const known = presented !== undefined && candidates.some((token) => isSame(token, presented))
    return known
      ? { ok: true, token: 'reader' }
      : refuse(401, 'reading needs a bearer token (http.readTokens)')
  }
  if (write.length === 0) return refuse(403, 'writing is off: no token is configured (tokens)')
  if (presented === undefined) return refuse(401, 'writing needs a bearer token (tokens)')
  const token = write.find((candidate) => isSame(candidate.token, presented))
  if (token === undefined) return refuse(401, 'the bearer token is not known')
  if (!token.scopes.includes(kind)) return refuse(403, `the token ${token.name} has no scope ${kind}`)
  return { ok: true, token: token.name }
}

/** The password of HTTP Basic: what a browser can send. The name of the user says nothing. */
function passwordIn(header: string | undefined): string | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})\s*$/i.exec(header ?? '')?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : text.slice(colon + 1)
}

function refuse(status: 401 | 403, detail: string): Authorisation {
  return { ok: false, status, detail }
}

// Hashed first, so that neither content nor length shows in the time it takes.
function isSame(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
