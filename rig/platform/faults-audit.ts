import { randomUUID } from 'node:crypto'
import { auditData } from './audit-client.ts'
import { repeat } from './clients.ts'
import type { Fault } from './fault.ts'
import { until } from './recovery.ts'
import { addEntry, signAudit, streams } from './streams.ts'
import type { Fields } from './streams.ts'
import type { World } from './world.ts'

function signedEvent(world: World): Fields {
  const id = randomUUID()
  const data = auditData(id, 'request.allowed')
  return { id, data, sig: signAudit(world.secrets.auditHmacKey, data) }
}

async function addEvents(world: World, count: number): Promise<void> {
  const batch = world.redis.pipeline()
  for (let index = 0; index < count; index += 1) {
    batch.xadd(streams.audit, '*', ...Object.entries(signedEvent(world)).flat())
  }
  await batch.exec()
}

function ingest(world: World, on: boolean): void {
  for (const replica of world.all('audit')) replica.ingest(on)
}

export const auditFaults: readonly Fault[] = [
  {
    name: 'audit-dlq-growing',
    stopCondition: 'audit-dlq-growing',
    gate: 'event-health',
    describe:
      'Tampered audit events arrive each second; Audit refuses their signature and dead-letters them.',
    inject: async (world) => {
      const tamper = () => {
        const event = signedEvent(world)
        const data = String(event['data']).replace('allowed', 'denied!')
        return addEntry(world.redis, streams.audit, { ...event, data })
      }
      await tamper()
      const loop = repeat(1_000, tamper)
      return async () => {
        await loop.stop()
        await until(async () => (await undelivered(world)) === 0)
        // What an operator does when the dead letters have been looked at.
        await world.redis.xtrim(streams.auditDeadLetters, 'MAXLEN', 0)
      }
    },
  },
  {
    name: 'audit-events-trimmed',
    stopCondition: 'audit-evidence-lost',
    gate: 'event-health',
    describe:
      'Audit events are trimmed away before any Audit replica has read them: lost without a dead letter.',
    inject: async (world) => {
      ingest(world, false)
      await addEvents(world, 10)
      await world.redis.xtrim(streams.audit, 'MAXLEN', 2)
      return async () => ingest(world, true)
    },
  },
  {
    name: 'audit-tamper-detected',
    stopCondition: 'audit-tamper-detected',
    gate: 'event-health',
    describe: 'A stored audit event has been altered, and the sweep of one Audit replica finds it.',
    strikes: { service: 'audit', index: 0 },
    inject: async (world, name) => {
      const replica = world.byName(name)
      if (replica.service !== 'audit') throw new Error(`${name} is not an audit service`)
      const altered = await alterNewestEvent(world)
      await replica.sweep()
      return async () => {
        await world.database.admin.query('UPDATE audit_events SET data = $2 WHERE id = $1', [
          altered.id,
          altered.data,
        ])
        await world.replace(name)
      }
    },
  },
  {
    name: 'stream-consumer-dead',
    gate: 'event-health',
    cause: 'audit-ingestion',
    describe:
      'No Audit replica reads any more, though all say that they are healthy; 1200 events are waiting.',
    inject: async (world) => {
      ingest(world, false)
      await addEvents(world, 1_200)
      return async () => {
        ingest(world, true)
        await until(async () => (await undelivered(world)) < 50)
      }
    },
  },
]

/**
 * Audit entries that no replica has read. Redis does not know the lag after entries were trimmed unread; what lies
 * behind the last that was delivered is counted then.
 */
async function undelivered(world: World): Promise<number> {
  const groups = (await world.redis.xinfo('GROUPS', streams.audit)) as unknown[][]
  const ingestor = groups.find((group) => group[1] === 'audit-ingestor')
  if (ingestor === undefined) return Number.POSITIVE_INFINITY
  const of = (name: string) => ingestor[ingestor.indexOf(name) + 1]
  const lag = of('lag')
  if (typeof lag === 'number') return lag
  const last = String(of('last-delivered-id'))
  return (await world.redis.xrange(streams.audit, `(${last}`, '+', 'COUNT', 10_000)).length
}

async function alterNewestEvent(world: World): Promise<{ readonly id: string; readonly data: string }> {
  const { admin } = world.database
  let found: { readonly id: string; readonly data: string } | undefined
  await until(async () => {
    const { rows } = await admin.query<{ id: string; data: string }>(
      'SELECT id, data FROM audit_events ORDER BY ingested_at DESC LIMIT 1',
    )
    found = rows[0]
    return found !== undefined
  })
  if (found === undefined) throw new Error('No audit event has been stored yet')
  await admin.query(`UPDATE audit_events SET data = data || ' ' WHERE id = $1`, [found.id])
  return found
}
