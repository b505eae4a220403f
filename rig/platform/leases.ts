import type pg from 'pg'
import { repeat } from './clients.ts'

export type Leases = { held(): boolean; release(): Promise<void> }

/** The advisory locks of export and retention, as pairs of class and object id. */
const locks = [
  [1_128_354_369, 808_464_433],
  [1_128_354_369, 808_464_434],
] as const

/**
 * Tries each 30 s to become the one Audit replica that exports and retains. The holder pins one connection
 * of its pool per lease; when it ends, the locks fall.
 */
export function takeLeases(database: pg.Pool): Leases {
  let pinned: pg.PoolClient[] = []
  function letGo(): void {
    const lost = pinned
    pinned = []
    for (const client of lost) client.release(true)
  }

  async function attempt(): Promise<void> {
    if (pinned.length > 0) return
    const taken: pg.PoolClient[] = []
    for (const lock of locks) {
      const client = await database.connect()
      const { rows } = await client.query<{ ours: boolean }>('SELECT pg_try_advisory_lock($1, $2) AS ours', [
        ...lock,
      ])
      taken.push(client)
      if (rows[0]?.ours !== true) break
      if (taken.length === locks.length) {
        pinned = taken
        for (const holder of taken) holder.once('error', letGo)
        return
      }
    }
    // Ending the session also gives back a lock that came without the other.
    for (const client of taken) client.release(true)
  }
  const first = attempt().catch(() => {})
  const loop = repeat(30_000, attempt)
  return {
    held: () => pinned.length > 0,
    release: async () => {
      await first
      await loop.stop()
      letGo()
    },
  }
}
