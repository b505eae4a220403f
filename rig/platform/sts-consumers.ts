import type { Redis } from 'ioredis'
import type pg from 'pg'
import { repeat } from './clients.ts'
import type { Context, Identity } from './context.ts'
import { consume, ensureGroup, failOrDeadLetter, streams } from './streams.ts'
import type { Consumer, Entry, Fields } from './streams.ts'

type Handle = (fields: Fields) => Promise<void>

function policyHandler(load: (zone: string) => void): Handle {
  return async (fields) => {
    need(fields, 'zone_id')
    load(fields['zone_id'] ?? '')
  }
}

/** Refuses a revocation that names only a delegation edge, as the API sends when a member leaves. */
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

type Own = {
  readonly commands: Redis
  readonly database: pg.Pool
  readonly load: (zone: string) => void
}

export type StsConsumers = {
  /** False until all three groups were there; what is destroyed later changes nothing. */
  ready(): boolean
  stop(): Promise<void>
}

/** Makes the groups, trying again each second until Redis lets it, and then reads them. */
export function startStsConsumers(identity: Identity, context: Context, own: Own): StsConsumers {
  let consumers: readonly Consumer[] | undefined
  async function attempt(): Promise<void> {
    consumers ??= await readGroups(identity, context, own)
  }
  const first = attempt().catch(() => {})
  const loop = repeat(1_000, attempt)
  return {
    ready: () => consumers !== undefined,
    stop: async () => {
      await first
      await loop.stop()
      await Promise.all((consumers ?? []).map((consumer) => consumer.stop()))
    },
  }
}

/** Entries that an earlier process left pending are tried once, now; there is no other taking over. */
async function readGroups(identity: Identity, context: Context, own: Own): Promise<readonly Consumer[]> {
  const { commands } = own
  const groups = [
    [streams.policy, 'opa-engine', 'policy', policyHandler(own.load)],
    [streams.revocations, 'sts-revocation', 'revocations', revocationHandler(own.database)],
    [streams.keys, 'sts-keys', 'keys', keyHandler],
  ] as const
  const { redisUrl, secrets } = context
  for (const [stream, group] of groups) await ensureGroup(commands, stream, group)
  return Promise.all(
    groups.map(async ([stream, group, suffix, handle]) => {
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
