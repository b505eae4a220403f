import { Redis } from 'ioredis'
import pg from 'pg'
import type { Platform } from './platform.ts'

/** Logins of the measuring process, with all rights. */
export type Stores = {
  readonly redis: Redis
  sql<Row extends object>(text: string): Promise<readonly Row[]>
  close(): Promise<void>
}

export async function openStores({ redis: { url }, postgres }: Platform): Promise<Stores> {
  const redis = new Redis(url, { connectionName: 'bench' })
  // A server that was stopped on purpose; commands say so themselves.
  redis.on('error', () => {})
  const client = new pg.Pool({ connectionString: postgres.url, application_name: 'bench', max: 1 })
  client.on('error', () => {})
  return {
    redis,
    sql: async <Row extends object>(text: string) => (await client.query<Row>(text)).rows,
    close: async () => {
      redis.disconnect()
      await client.end()
    },
  }
}
