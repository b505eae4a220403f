import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'

/**
 * The token that STS issues. The platform signs it with a key of the zone (ES256) and publishes that; here one secret of
 * the rig signs it (HS256). A client takes it as a text either way.
 */
export type Mandate = {
  readonly jti: string
  /** Seconds since the epoch. */
  readonly exp: number
  readonly zone_id: string
  readonly client_id: string
  readonly scope: string
  /** Its own authority record, and that at the root of its chain. */
  readonly sid: string
  readonly root_sid: string
  /** `session` starts sessions, `gateway` is presented to a Gateway once, `resource` reaches the upstream. */
  readonly use: 'session' | 'gateway' | 'resource'
  readonly target: readonly string[]
  readonly agent_session_id?: string
  readonly delegation_edge_id?: string
}

export function newMandate(claims: Omit<Mandate, 'jti' | 'exp'>, seconds: number): Mandate {
  return { ...claims, jti: randomUUID(), exp: Math.floor(Date.now() / 1_000) + seconds }
}

export function signMandate(key: string, mandate: Mandate): string {
  const content = [{ alg: 'HS256', typ: 'JWT' }, mandate].map(encoded).join('.')
  return `${content}.${signature(key, content)}`
}

/** The claims, whatever its signature says: undefined when it is no token. */
export function peek(token: string): Mandate | undefined {
  const [, claims = '', sign] = token.split('.')
  if (sign === undefined) return undefined
  try {
    return JSON.parse(Buffer.from(claims, 'base64url').toString()) as Mandate
  } catch {
    return undefined
  }
}

/** The claims of a token that is signed by us and has not expired. */
export function verified(key: string, token: string): Mandate | undefined {
  const at = token.lastIndexOf('.')
  const expected = signature(key, token.slice(0, at))
  const given = token.slice(at + 1)
  if (expected.length !== given.length || !timingSafeEqual(Buffer.from(expected), Buffer.from(given)))
    return undefined
  const mandate = peek(token)
  return mandate !== undefined && mandate.exp * 1_000 > Date.now() ? mandate : undefined
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function signature(key: string, content: string): string {
  return createHmac('sha256', Buffer.from(key, 'hex')).update(content).digest('base64url')
}

/** The token of an `Authorization` header. */
export function bearerOf(authorization: string | undefined): string {
  return authorization?.startsWith('Bearer ') === true ? authorization.slice(7).trim() : ''
}
