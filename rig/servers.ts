import { startPostgres } from './postgres.ts'
import type { PostgresOptions, PostgresServer } from './postgres.ts'
import { startRedis } from './redis.ts'
import type { RedisOptions, RedisServer } from './redis.ts'

export type Servers = {
  readonly redis: RedisServer
  readonly postgres: PostgresServer
  stop(): Promise<void>
}

/** Starts both side by side; when one fails, the other is stopped before the error is thrown. */
export async function startServers(
  options: { readonly redis?: RedisOptions; readonly postgres?: PostgresOptions } = {},
): Promise<Servers> {
  const [redis, postgres] = await Promise.allSettled([
    startRedis(options.redis),
    startPostgres(options.postgres),
  ])
  if (redis.status === 'fulfilled' && postgres.status === 'fulfilled') {
    return {
      redis: redis.value,
      postgres: postgres.value,
      stop: async () => {
        await Promise.all([redis.value.stop(), postgres.value.stop()])
      },
    }
  }
  const errors: unknown[] = []
  for (const outcome of [redis, postgres]) {
    if (outcome.status === 'fulfilled') await outcome.value.stop()
    else errors.push(outcome.reason)
  }
  throw errors.length === 1 ? errors[0] : new AggregateError(errors, errors.map(String).join('\n'))
}
