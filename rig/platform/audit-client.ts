import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { zone } from './context.ts'
import { addEntry, signAudit, streams } from './streams.ts'
import type { ReplayVolume } from './replay.ts'

/** The sender of audit events in STS and Gateway: to the stream, else to a file, else lost. */
export type AuditClient = {
  readonly counters: {
    persisted: number
    drained: number
    sinkErrors: number
    dropped: number
  }
  emit(eventType: string, decided?: Decided): Promise<void>
  /** Whether this replica's writes to the stream fail. */
  breakSink(on: boolean): void
}

/** What an event says of a request, as far as its reader looks at it. */
export type Decided = {
  readonly request_id: string
  readonly decision: 'allow' | 'deny'
  readonly evaluation_status: string
  readonly policy_set_version_id?: string
  readonly diagnostics_json?: readonly { readonly reason: string }[]
}

/** The JSON text of an audit event. */
export function auditData(id: string, eventType: string, decided?: Decided): string {
  const occurred = new Date().toISOString()
  return JSON.stringify({ id, zone_id: zone, event_type: eventType, ...decided, occurred_at: occurred })
}

/** Drains what an earlier process left in the volume before it returns: there is no other draining. */
export async function startAuditClient(
  redis: Redis,
  key: string,
  volume: ReplayVolume,
): Promise<AuditClient> {
  const counters = { persisted: 0, drained: 0, sinkErrors: 0, dropped: 0 }
  const send = (data: string) => {
    const id = String((JSON.parse(data) as { readonly id?: unknown }).id)
    return addEntry(redis, streams.audit, { id, data, sig: signAudit(key, data) })
  }
  counters.drained = await volume.drain(send).catch(() => 0)

  let broken = false

  async function emit(eventType: string, decided?: Decided): Promise<void> {
    const data = auditData(randomUUID(), eventType, decided)
    try {
      if (broken) throw new Error('the stream can not be written')
      await send(data)
    } catch {
      counters.sinkErrors += 1
      await volume.persist([data]).then(
        () => {
          counters.persisted += 1
        },
        () => {
          counters.dropped += 1
        },
      )
    }
  }
  return {
    counters,
    emit,
    breakSink: (on) => {
      broken = on
    },
  }
}
