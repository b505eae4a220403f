import pg from 'pg'
import type { PostgresServer } from '../rig/postgres.ts'
import { polled } from './bounds.ts'
import { redisUser } from './configuration.ts'
import type { Kind, Undo } from './kind.ts'
import { openRedis, repeatedly } from './stores.ts'

/**
 * What was not acknowledged when an STS ends is taken up by the next one, and a revocation that was refused five times
 * is a dead letter (T24, T25). After an outage replicas with replay files are replaced.
 */
const outage = ['sts-unready', 'gateway-unready', 'audit-dlq-growing']
const ended = 'each look ends with an error or an answer, and the next one tries again'

export const storeKinds: readonly Kind[] = [
  {
    name: 'redis-killed',
    describe: 'Redis is killed and refuses connections; what it wrote in the last second may be lost.',
    areas: ['redis'],
    expect: { proceeds: 'never', within: polled() },
    explains: outage,
    async inject({ servers, platform }) {
      await servers.redis.kill()
      return { detail: '', undo: () => servers.redis.restart().then(() => platform.recover()) }
    },
  },
  {
    name: 'postgres-killed',
    describe: 'Postgres ends at once and refuses connections.',
    areas: ['postgres'],
    expect: { proceeds: 'never', within: polled() },
    explains: [...outage, 'revocation-snapshot-stale'],
    async inject({ servers, platform }) {
      await servers.postgres.kill()
      return { detail: '', undo: () => servers.postgres.restart().then(() => platform.recover()) }
    },
  },
  {
    name: 'redis-demoted',
    describe: 'Redis becomes a replica of a primary that is not there; what it says may be old.',
    areas: ['redis'],
    expect: { proceeds: 'never', within: polled() },
    explains: [...outage, 'redis-memory-pressure', 'audit-evidence-lost'],
    async inject({ servers, platform }) {
      await withRedis(servers.redis.url, (redis) => redis.replicaof('127.0.0.1', 1))
      return {
        detail: '',
        undo: async () => {
          await withRedis(servers.redis.url, (redis) => redis.replicaof('NO', 'ONE'))
          await platform.recover()
        },
      }
    },
  },
  {
    name: 'redis-wrong-password',
    describe: "The exporter's password in Redis is another one.",
    areas: ['redis'],
    expect: { proceeds: 'never', within: polled() },
    explains: [],
    inject: ({ servers, redisPassword }) =>
      changedUser(servers.redis.url, ['resetpass', '>another'], ['resetpass', `>${redisPassword}`]),
  },
  {
    name: 'redis-right-revoked',
    describe: 'The exporter may no longer ask Redis about streams.',
    areas: ['redis'],
    expect: { proceeds: 'never', within: polled() },
    explains: [],
    inject: ({ servers }) => changedUser(servers.redis.url, ['-xinfo|stream'], ['+xinfo|stream']),
  },
  {
    name: 'redis-clients-killed',
    describe: 'Redis ends every connection of the exporter, again and again.',
    areas: ['redis'],
    expect: { proceeds: 'if proven', why: ended },
    explains: [],
    async inject({ servers }) {
      const redis = openRedis(servers.redis.url)
      const loop = repeatedly(30, () => redis.client('KILL', 'USER', redisUser))
      return { detail: '', undo: () => loop.stop().finally(() => redis.disconnect()) }
    },
  },
  {
    name: 'postgres-wrong-password',
    describe: "The exporter's password in Postgres is another one, and its sessions are ended.",
    areas: ['postgres'],
    expect: { proceeds: 'never', within: polled() },
    explains: [],
    async inject({ servers, postgres: { user, password } }) {
      await servers.postgres.query(passwordStatement(user, 'another'))
      await servers.postgres.query(ending, [user])
      return { detail: '', undo: () => servers.postgres.query(passwordStatement(user, password)) }
    },
  },
  {
    name: 'postgres-right-revoked',
    describe: 'The exporter may no longer read the outboxes.',
    areas: ['postgres'],
    expect: { proceeds: 'never', within: polled() },
    explains: [],
    async inject({ servers, postgres: { user } }) {
      const tables = 'SELECT ON event_outbox, caracal_outbox'
      await inDatabase(servers.postgres, `REVOKE ${tables} FROM ${user}`)
      return { detail: '', undo: () => inDatabase(servers.postgres, `GRANT ${tables} TO ${user}`) }
    },
  },
  {
    name: 'postgres-terminated',
    describe: 'An administrator ends every session of the exporter, again and again.',
    areas: ['postgres'],
    expect: { proceeds: 'if proven', why: ended },
    explains: [],
    async inject({ servers, postgres: { user } }) {
      const loop = repeatedly(15, () => servers.postgres.query(ending, [user]))
      return { detail: '', undo: () => loop.stop() }
    },
  },
]

const ending = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1'

function passwordStatement(user: string, password: string): string {
  return `ALTER ROLE ${pg.escapeIdentifier(user)} PASSWORD ${pg.escapeLiteral(password)}`
}

/** As superuser, in the platform's database. */
async function inDatabase(server: PostgresServer, statement: string): Promise<void> {
  const client = new pg.Client({
    connectionString: server.urlFor({ database: 'caracal' }),
    query_timeout: 5_000,
  })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

type Ask = (redis: ReturnType<typeof openRedis>) => Promise<unknown>

async function withRedis(url: string, ask: Ask): Promise<void> {
  const redis = openRedis(url)
  try {
    await ask(redis)
  } finally {
    redis.disconnect()
  }
}

async function changedUser(
  url: string,
  there: readonly string[],
  back: readonly string[],
): Promise<{ detail: string; undo: Undo }> {
  await withRedis(url, async (redis) => {
    await redis.acl('SETUSER', redisUser, ...there)
    await redis.client('KILL', 'USER', redisUser)
  })
  return { detail: '', undo: () => withRedis(url, (redis) => redis.acl('SETUSER', redisUser, ...back)) }
}
