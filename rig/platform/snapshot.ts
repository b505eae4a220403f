import type pg from 'pg'

/** What one Gateway replica knows of revocations, and since when. */
export type RevocationSnapshot = {
  readonly counters: { reloads: number; reloadErrors: number }
  /** Anchors in memory: from the last load and from the stream since. */
  active(): number
  add(anchor: string): void
  has(anchor: string | undefined): boolean
  /** Whole seconds since the last load; 0 when the clock stepped back. */
  age(): number
  /** A negative age is not fresh. */
  fresh(): boolean
  reload(): Promise<void>
  /** Whether this replica's way to Postgres is cut. */
  cut(on: boolean): void
}

/** Loads once and throws when that fails, which ends a real Gateway. `stale` in milliseconds. */
export async function loadRevocationSnapshot(database: pg.Pool, stale: number): Promise<RevocationSnapshot> {
  const counters = { reloads: 0, reloadErrors: 0 }
  let anchors = new Set<string>()
  let loadedAt = 0
  let cutOff = false

  async function load(): Promise<void> {
    if (cutOff) throw new Error('connect ECONNREFUSED')
    const { rows } = await database.query<{ id: string }>(
      `SELECT id FROM authority_records WHERE status = 'revoked' AND expires_at > now() - interval '24 h'
       UNION ALL
       SELECT id FROM sessions WHERE status = 'terminated' AND updated_at > now() - interval '24 h'
       UNION ALL
       SELECT id FROM delegation_edges WHERE status = 'revoked' AND revoked_at > now() - interval '24 h'`,
    )
    anchors = new Set(rows.map((row) => row.id))
    loadedAt = Date.now()
  }
  await load()

  const elapsed = () => Date.now() - loadedAt
  return {
    counters,
    active: () => anchors.size,
    add: (anchor) => void anchors.add(anchor),
    has: (anchor) => anchor !== undefined && anchors.has(anchor),
    age: () => Math.max(0, Math.floor(elapsed() / 1_000)),
    fresh: () => elapsed() >= 0 && elapsed() <= stale,
    reload: async () => {
      try {
        await load()
        counters.reloads += 1
      } catch {
        counters.reloadErrors += 1
      }
    },
    cut: (on) => {
      cutOff = on
    },
  }
}
