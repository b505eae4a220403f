import { databaseRoles } from '../src/rules/platform.ts'
import { openPostgres, type Postgres } from '../src/connections/postgres.ts'
import { outboxTables } from '../src/probes/outbox-tables.ts'
import { postgresConnections } from '../src/probes/postgres-connections.ts'
import { schemaMigrations } from '../src/probes/schema-migrations.ts'
import type { Platform } from './platform.ts'

/** How the server carries out one statement of the daemon. */
export type Plan = {
  readonly name: string
  readonly buffers: string
  readonly milliseconds: number
  /** As EXPLAIN (ANALYZE, BUFFERS) prints it. */
  readonly text: string
}

/** Has the daemon's own probes look, on a connection of theirs, and explains every statement that they run. */
export async function explainStatements(platform: Platform): Promise<readonly Plan[]> {
  const { hostname: host, port, username: user, password } = new URL(platform.postgres.monitorUrl)
  const login = {
    host,
    port: Number(port),
    user,
    database: 'caracal',
    password: decodeURIComponent(password),
  }
  const postgres = openPostgres({ ...login, tls: false })
  const plans = new Map<string, Plan>()
  const explaining: Postgres = {
    cost: postgres.cost,
    isPooled: postgres.isPooled,
    close: () => postgres.close(),
    query: async (name, text, values) => {
      const explain = `EXPLAIN (ANALYZE, BUFFERS) ${text}`
      const rows = await postgres.query<{ 'QUERY PLAN': string }>(`explain-${name}`, explain, values)
      plans.set(
        name,
        planOf(
          name,
          rows.map((row) => row['QUERY PLAN']),
        ),
      )
      return postgres.query(name, text, values)
    },
  }
  const users = { roles: databaseRoles, user, pools: () => ({ api: 40 }) }
  const probes = [
    outboxTables(explaining),
    postgresConnections(explaining, users),
    schemaMigrations(explaining),
  ]
  try {
    for (const probe of probes)
      for (const target of probe.targets())
        // The first turns read from disk and plan; what counts is what each later look costs.
        for (let turn = 0; turn < 7; turn += 1) await probe.look(target, new AbortController().signal)
    return [...plans.values()]
  } finally {
    await postgres.close()
  }
}

function planOf(name: string, lines: readonly string[]): Plan {
  const text = lines.join('\n')
  return {
    name,
    buffers: /Buffers: (.+)/.exec(text)?.[1] ?? 'none',
    milliseconds: Number(/Execution Time: ([\d.]+) ms/.exec(text)?.[1]),
    text,
  }
}
