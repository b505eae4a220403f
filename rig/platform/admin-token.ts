import { createHash, randomUUID, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import type pg from 'pg'

/**
 * What each API does first: looks for the bootstrap token and makes it when it is not there. Nothing lies between the
 * look and the insert, so of two that start at once on an empty database one fails on the unique index (T57).
 */
export async function seedAdminToken(database: Pick<pg.Pool, 'query'>, token: string): Promise<void> {
  const digest = createHash('sha256').update(token).digest('hex')
  const { rowCount } = await database.query('SELECT id FROM admin_tokens WHERE token_sha256 = $1', [digest])
  if (rowCount !== 0) return
  const hash = (await promisify(scrypt)(token, digest, 32)) as Buffer
  await database.query(
    'INSERT INTO admin_tokens (id, name, token_sha256, token_hash) VALUES ($1, $2, $3, $4)',
    [randomUUID(), 'bootstrap', digest, hash.toString('hex')],
  )
}

/** Whether a start failed on that collision, after which the service is simply started again. */
export function isCollision(error: unknown): boolean {
  return (
    (error as { readonly constraint?: unknown } | undefined)?.constraint === 'admin_tokens_token_sha256_key'
  )
}
