import { createHash, timingSafeEqual } from 'node:crypto'
import type { WriteToken } from '../config/schema.ts'
import type { Access, Authorisation } from '../http/context.ts'

export interface Tokens {
  /** Absent: reading needs no token. */
  readonly read?: readonly string[]
  /** Empty: writing is off. */
  readonly write: readonly WriteToken[]
}

export type Authorise = (kind: Access, header: string | undefined) => Authorisation

/**
 * Whether the value of an Authorization header allows to read, to follow a rollout, or to write within a scope. A token
 * for writing follows too, since a pipeline waits for what it began; it reads nothing else. Reading and following are
 * open to the password of HTTP Basic as well, when that is a token for reading; writing never is.
 */
export function authoriser({ read, write }: Tokens): Authorise {
  const readers = (read ?? []).map(digest)
  const writers = write.map((token) => ({ ...token, digest: digest(token.token) }))

  function isReader(presented: Buffer): boolean {
    return readers.reduce((found, each) => timingSafeEqual(each, presented) || found, false)
  }

  // Every candidate is compared, so that the time says nothing of which one it was.
  function writerOf(presented: Buffer): WriteToken | undefined {
    return writers.reduce<WriteToken | undefined>(
      (found, each) => (timingSafeEqual(each.digest, presented) ? each : found),
      undefined,
    )
  }

  function reading(kind: 'read' | 'follow', header: string | undefined): Authorisation {
    if (read === undefined) return { ok: true, token: 'anonymous' }
    const bearer = bearerIn(header)
    const presented = bearer ?? passwordIn(header)
    const detail = 'reading needs a bearer token (http.readTokens)'
    if (presented === undefined) return refuse(401, detail)
    const hashed = digest(presented)
    if (isReader(hashed)) return { ok: true, token: 'reader' }
    const writer = bearer === undefined ? undefined : writerOf(hashed)
    if (writer === undefined) return refuse(401, detail, true)
    return kind === 'follow'
      ? { ok: true, token: writer.name }
      : refuse(
          403,
          `the token ${writer.name} reads verdicts and rollouts only; all else needs one of http.readTokens`,
        )
  }

  return (kind, header) => {
    if (kind === 'read' || kind === 'follow') return reading(kind, header)
    if (write.length === 0) return refuse(403, 'writing is off: no token is configured (tokens)')
    const presented = bearerIn(header)
    if (presented === undefined) return refuse(401, 'writing needs a bearer token (tokens)')
    const token = writerOf(digest(presented))
    if (token === undefined) return refuse(401, 'the bearer token is not known', true)
    if (!token.scopes.includes(kind)) return refuse(403, `the token ${token.name} has no scope ${kind}`)
    return { ok: true, token: token.name }
  }
}

function bearerIn(header: string | undefined): string | undefined {
  return /^Bearer +(\S+)\s*$/i.exec(header ?? '')?.[1]
}

/** The password of HTTP Basic: what a browser can send. The name of the user says nothing. */
function passwordIn(header: string | undefined): string | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})\s*$/i.exec(header ?? '')?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : text.slice(colon + 1)
}

function refuse(status: 401 | 403, detail: string, isGuess = false): Authorisation {
  return { ok: false, status, detail, ...(isGuess && { isGuess }) }
}

// Hashed, so that neither content nor length shows in the time that a comparison takes.
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
