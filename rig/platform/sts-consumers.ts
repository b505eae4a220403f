import type { Redis } from 'ioredis'
import type pg from 'pg'
import type { Context, Identity } from './context.ts'
import { consume, ensureGroup, failOrDeadLetter, streams } from './streams.ts'
import type { Consumer, Entry, Fields } from './streams.ts'

type Handle = (fields: Fields) => Promise<void>

function policyHandler(load: () => void): Handle {
  return async (fields) => {
    need(fields, 'zone_id')
    load()
  }
}

/** Refuses a revocation that names only a delegation edge, as the API sends when somebody leaves. */
function revocationHandler(database: pg.Pool): Handle {
  return async (fields) => {
    need(fields, 'zone_id')
    const record = fields['session_id']
    if (record === undefined && fields['agent_session_id'] === undefined) {
      throw new Error('missing session_id or agent_session_id')
    }
    if (record === undefined) return
    await database.query(`UPDATE authority_records SET status = 'revoked' WHERE id = $1`, [record])
  }
}

async function keyHandler(fields: Fields): Promise<void> {
  need(fields, 'zone_id')
}

function need(fields: Fields, name: string): void {
  if ((fields[name] ?? '') === '') throw new Error(`missing ${name}`)
}

/** Entries that an earlier process left pending are tried once, now; there is no other taking over. */
export async function startStsConsumers(
  identity: Identity,
  context: Context,
  own: { readonly commands: Redis; readonly database: pg.Pool; readonly loadPolicy: () => void },
): Promise<readonly Consumer[]> {
  const { commands } = own
  const groups = [
    [streams.policy, 'opa-engine', 'policy', policyHandler(own.loadPolicy)],
    [streams.revocations, 'sts-revocation', 'revocations', revocationHandler(own.database)],
    [streams.keys, 'sts-keys', 'keys', keyHandler],
  ] as const
  const { redisUrl, secrets } = context
  return Promise.all(
    groups.map(async ([stream, group, suffix, handle]) => {
      await ensureGroup(commands, stream, group)
      const consumer = consume({
        redisUrl,
        commands,
        stream,
        group,
        consumer: `sts-${identity.hostname}-${identity.pid}-${suffix}`,
        count: 10,
        block: 0,
        handle: (entries) => handleEach(commands, secrets.streamsHmacKey, stream, entries, handle),
      })
      await consumer.reclaim(context.timings.reclaim)
      return consumer
    }),
  )
}

async function handleEach(
  commands: Redis,
  key: string,
  stream: string,
  entries: readonly Entry[],
  handle: Handle,
): Promise<readonly string[]> {
  const done: string[] = []
  for (const entry of entries) {
    try {
      await handle(entry.fields)
      done.push(entry.id)
    } catch (error) {
      const counterKey = `stream-failure:${stream}:${entry.id}`
      const failure = { counterKey, stream, entry, error: String(error) }
      if (await failOrDeadLetter(commands, key, failure)) done.push(entry.id)
    }
  }
  return done
}
