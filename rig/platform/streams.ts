import { createHmac } from 'node:crypto'
import type { Redis } from 'ioredis'
import { blockingClient, pause, within } from './clients.ts'

export const streams = {
  audit: 'caracal.audit.events',
  auditDeadLetters: 'caracal.audit.events.dlq',
  policy: 'caracal.policy.invalidate',
  revocations: 'caracal.sessions.revoke',
  keys: 'caracal.keys.invalidate',
  agents: 'caracal.agents.lifecycle',
  invocations: 'caracal.invocations.lifecycle',
  delegations: 'caracal.delegations.invalidate',
  providers: 'caracal.providers.ratelimit',
} as const

/** What the provisioner creates; the last four have no consumer in the platform. */
const provisionedGroups = [
  [streams.audit, 'audit-ingestor'],
  [streams.policy, 'opa-engine'],
  [streams.revocations, 'sts-revocation'],
  [streams.keys, 'sts-keys'],
  [streams.agents, 'coordinator-relay'],
  [streams.audit, 'siem-export'],
  [streams.auditDeadLetters, 'audit-dlq-observer'],
  [streams.invocations, 'invocations-observer'],
  [streams.delegations, 'delegations-observer'],
] as const

export function gatewayGroup(hostname: string): string {
  return `gateway-revocation:${hostname}`
}

/** Starts from empty streams with the provisioned groups on them. */
export async function provisionStreams(redis: Redis): Promise<void> {
  await redis.del(...Object.values(streams), ...deadLetterStreams)
  for (const [stream, group] of provisionedGroups) await ensureGroup(redis, stream, group)
  await redis.xadd(streams.providers, 'MAXLEN', '~', 1, '*', 'init', '1')
}

const deadLetterStreams = [streams.revocations, streams.policy, streams.keys].map((name) => `${name}.dead`)

/** Services create their groups at `$`, so a new one has missed nothing and seen nothing. */
export async function ensureGroup(redis: Redis, stream: string, group: string): Promise<void> {
  await redis.xgroup('CREATE', stream, group, '$', 'MKSTREAM').catch((error: unknown) => {
    if (!String(error).includes('BUSYGROUP')) throw error
  })
}

export type Fields = Readonly<Record<string, string>>
export type Entry = { readonly id: string; readonly fields: Fields }

/** Signature of a stream message: the stream's name and the sorted `key=value` lines. */
function signMessage(key: string, stream: string, fields: Fields): string {
  const lines = Object.keys(fields)
    .filter((name) => name !== '_sig')
    .toSorted()
    .map((name) => `${name}=${fields[name] ?? ''}\n`)
  return hmac(key, `${stream}\n${lines.join('')}`)
}

/** Signature of an audit event: over its JSON text. */
export function signAudit(key: string, data: string): string {
  return hmac(key, data)
}

function hmac(key: string, content: string): string {
  return createHmac('sha256', Buffer.from(key, 'hex')).update(content).digest('hex')
}

/** Appends a signed message; producers other than STS, Gateway and Audit keep about 100000 entries. */
export async function addSigned(redis: Redis, key: string, stream: string, fields: Fields): Promise<void> {
  const signed = { ...fields, _sig: signMessage(key, stream, fields) }
  await redis.xadd(stream, 'MAXLEN', '~', 100_000, '*', ...Object.entries(signed).flat())
}

export async function addEntry(redis: Redis, stream: string, fields: Fields): Promise<void> {
  await redis.xadd(stream, '*', ...Object.entries(fields).flat())
}

export type ConsumerSettings = {
  readonly redisUrl: string
  /** For XACK and for taking over; never blocks. */
  readonly commands: Redis
  readonly stream: string
  readonly group: string
  readonly consumer: string
  readonly count: number
  /** BLOCK of the read, 0 for ever. */
  readonly block: number
  /** Returns the ids to acknowledge; the rest stays pending. */
  readonly handle: (entries: readonly Entry[]) => Promise<readonly string[]>
}

export type Consumer = {
  /** False from a failed read until an entry is given: an empty read says nothing (T53). */
  healthy(): boolean
  /** Stops reading at once; the group keeps the consumer and its lag grows. */
  pause(): void
  resume(): void
  /** Takes over what has been pending for at least `idle` milliseconds and handles it again. */
  reclaim(idle: number): Promise<number>
  stop(): Promise<void>
}

/** How much longer than its BLOCK the client of the Go services waits for a reply. */
const readSlack = 10_000

/** Reads a group for ever on a connection of its own. */
export function consume(settings: ConsumerSettings): Consumer {
  const { commands, stream, group, consumer } = settings
  let healthy = true
  let paused = false
  let stopped = false
  let reader = blockingClient(settings.redisUrl, consumer)

  async function handleAll(entries: readonly Entry[]): Promise<void> {
    const done = entries.length === 0 ? [] : await settings.handle(entries)
    if (done.length > 0) await commands.xack(stream, group, ...done)
  }

  async function read(): Promise<readonly Entry[]> {
    const { count, block } = settings
    const options = ['COUNT', count, 'BLOCK', block, 'STREAMS', stream, '>'] as const
    const reply = reader.xreadgroup('GROUP', group, consumer, ...options)
    if (block === 0) return entriesOf(await reply)
    return entriesOf(
      await within(block + readSlack, reply, 'XREADGROUP').catch((error: unknown) => {
        // Whatever broke: the next read has a connection of its own, because one that hangs never ends.
        if (!paused && !stopped) renew()
        throw error
      }),
    )
  }

  function renew(): void {
    reader.disconnect()
    reader = blockingClient(settings.redisUrl, consumer)
  }

  async function readOnce(): Promise<void> {
    const entries = await read()
    if (entries.length > 0) healthy = true
    await handleAll(entries)
  }

  async function run(): Promise<void> {
    while (!stopped) {
      if (paused) {
        await pause(50)
        continue
      }
      await readOnce().catch(async () => {
        if (!paused && !stopped) healthy = false
        await pause(250)
      })
    }
  }
  const running = run()

  return {
    healthy: () => healthy,
    pause: () => {
      paused = true
      reader.disconnect()
    },
    resume: () => {
      if (!paused) return
      reader = blockingClient(settings.redisUrl, consumer)
      paused = false
    },
    reclaim: async (idle) => {
      if (paused) return 0
      const reply = (await commands.xautoclaim(
        stream,
        group,
        consumer,
        idle,
        '0-0',
        'COUNT',
        100,
      )) as unknown[]
      const entries = toEntries(reply[1])
      await handleAll(entries)
      return entries.length
    },
    stop: async () => {
      stopped = true
      reader.disconnect()
      await Promise.race([running, pause(500)])
    },
  }
}

function entriesOf(reply: unknown): readonly Entry[] {
  if (!Array.isArray(reply)) return []
  return reply.flatMap((perStream: unknown) => (Array.isArray(perStream) ? toEntries(perStream[1]) : []))
}

function toEntries(list: unknown): readonly Entry[] {
  if (!Array.isArray(list)) return []
  return list.flatMap((item: unknown) => {
    if (!Array.isArray(item) || !Array.isArray(item[1])) return []
    const flat = item[1].map(String)
    const fields: Record<string, string> = {}
    for (let index = 0; index + 1 < flat.length; index += 2) fields[flat[index] ?? ''] = flat[index + 1] ?? ''
    return [{ id: String(item[0]), fields }]
  })
}

/** After five failures an entry goes to the stream's `.dead` and counts as done. */
export async function failOrDeadLetter(
  commands: Redis,
  streamsKey: string,
  failure: {
    readonly counterKey: string
    readonly stream: string
    readonly entry: Entry
    readonly error: string
  },
): Promise<boolean> {
  const { counterKey, stream, entry, error } = failure
  const attempts = await commands.incr(counterKey)
  if (attempts === 1) await commands.expire(counterKey, 86_400)
  if (attempts < 5) return false
  const fields = { original_id: entry.id, error, values: JSON.stringify(entry.fields) }
  await addEntry(commands, `${stream}.dead`, {
    ...fields,
    _sig: signMessage(streamsKey, `${stream}.dead`, fields),
  })
  return true
}
