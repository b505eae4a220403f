import { readFileSync, readdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { Platform } from './platform.ts'
import { now } from './statistics.ts'
import type { Stores } from './stores.ts'
import { cpuOf } from './usage.ts'

/** What the platform does in a second, with or without a daemon: milliseconds. */
export type PlatformWork = {
  /** Processor time of Postgres, all of its processes. */
  readonly postgres: number
  /** Processor time of Redis. */
  readonly redis: number
  /** Time of statements of the role, by `pg_stat_statements`, planning included. */
  readonly sql: Readonly<Record<string, number>>
}

/** `/proc` counts in hundredths of a second, whatever the kernel does. */
const tick = 10

/** Measures for `seconds` what all of the platform's stores do, for all clients. */
export async function workOf(platform: Platform, stores: Stores, seconds: number): Promise<PlatformWork> {
  const [startedAt, first] = [now(), await spotOf(platform, stores)]
  await pause(seconds * 1_000)
  const [endedAt, last] = [now(), await spotOf(platform, stores)]
  const rate = (before: number, after: number) => (after - before) / ((endedAt - startedAt) / 1_000)
  return {
    postgres: rate(first.postgres, last.postgres),
    redis: rate(first.redis, last.redis),
    sql: Object.fromEntries(
      Object.entries(last.sql).map(([role, spent]) => [role, rate(first.sql[role] ?? 0, spent)]),
    ),
  }
}

async function spotOf({ postgres, redis }: Platform, stores: Stores): Promise<PlatformWork> {
  const rows = await stores.sql<{ role: string; spent: number }>(
    `SELECT rolname AS role, sum(total_exec_time + total_plan_time) AS spent
     FROM pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid
     WHERE rolname <> current_user GROUP BY rolname`,
  )
  return {
    postgres: treeOf(postgres.pid),
    redis: cpuOf(redis.pid),
    sql: Object.fromEntries(rows.map(({ role, spent }) => [role, spent])),
  }
}

/** Processor time of a process with all that descend from it, those too that have ended. */
function treeOf(pid: number): number {
  const stats = readdirSync('/proc').flatMap((name) => statOf(name) ?? [])
  const family = new Set([pid])
  // A parent may have a higher number than its child.
  for (let size = 0; size !== family.size;) {
    size = family.size
    for (const { id, parent } of stats) if (family.has(parent)) family.add(id)
  }
  return stats.reduce((sum, { id, ofEnded }) => (family.has(id) ? sum + timeOf(id) + ofEnded : sum), 0)
}

/** One that has just ended is counted by its parent. */
function timeOf(pid: number): number {
  try {
    return cpuOf(pid)
  } catch {
    return 0
  }
}

type Stat = { readonly id: number; readonly parent: number; readonly ofEnded: number }

/** Of a process its parent and the processor time of its ended children; undefined when it has ended itself. */
function statOf(name: string): Stat | undefined {
  if (!/^\d+$/.test(name)) return undefined
  try {
    const text = readFileSync(`/proc/${name}/stat`, 'utf8')
    // Behind the name, which may hold anything.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [user = 0, system = 0] = fields.slice(13, 15)
    return { id: Number(name), parent: fields[1] ?? 0, ofEnded: (user + system) * tick }
  } catch {
    return undefined
  }
}
