import type { Config } from '../config/schema.ts'
import { revealed } from '../config/secret.ts'
import { openHttp } from '../connections/http.ts'
import { openPostgres } from '../connections/postgres.ts'
import { openRedis } from '../connections/redis.ts'
import type { Clock, Instant } from '../core/time.ts'
import type { Sources } from '../probes/declaration.ts'
import { openAlerting } from './alerting.ts'
import type { Costs } from './records.ts'

interface ConnectionOptions {
  readonly clock: Clock
  readonly startedAt: Instant
  readonly costs: Costs
}

/** The clients that probes ask by, but for the cluster, which stays over reloads. */
export interface OpenConnections {
  readonly clients: Pick<Sources, 'http' | 'redis' | 'postgres' | 'alerting'>
  /** Ends them, and the counting of what they cost. */
  close(): Promise<void>
}

/** Nothing is dialled. */
export function openConnections(config: Config, options: ConnectionOptions): OpenConnections {
  const { clock, startedAt, costs } = options
  const http = openHttp({ tls: revealed(config.tls) })
  const redis = openRedis(revealed(config.redis))
  const postgres = openPostgres(revealed(config.postgres))
  const opened = openAlerting(config, { startedAt, now: () => clock.now() })
  const uncount = [
    costs.follow('redis', () => ({ requests: redis.cost.commands, took: redis.cost.spent })),
    costs.follow('postgres', () => ({
      requests: postgres.cost.statements,
      took: postgres.cost.spent,
    })),
  ]
  return {
    clients: { http, redis, postgres, ...(opened && { alerting: opened.alerting }) },
    async close() {
      await Promise.all([http.close(), redis.close(), postgres.close(), opened?.close()])
      for (const end of uncount) end()
    },
  }
}
