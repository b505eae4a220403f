import { inSeconds } from './asking.ts'
import type { Attempt, Entry } from './entries.ts'
import type { AuditEvent } from './judging.ts'
import { judgePolicy, type ActivePolicy } from './policies.ts'
import { found, passed, type Finding } from './reasons.ts'

/** The group in which all Audit replicas read the stream; one of them takes each event. */
const ingestor = 'audit-ingestor'

/** What is known of the event of an attempt. */
export interface Landing {
  readonly attempt: Attempt
  /** Milliseconds after the wait began; absent while it has not landed. */
  at?: number
  events: readonly AuditEvent[] | Finding
}

export interface Replica {
  readonly component: 'sts' | 'gateway'
  readonly replica: string
}

interface Expected {
  readonly within: number
  readonly active?: ActivePolicy
}

/** What the audit events say of each replica, and of the ingestion that all of them share. */
export function judgeLandings(
  landings: readonly Landing[],
  replicas: readonly Replica[],
  expected: Expected,
): readonly Entry[] {
  const { within } = expected
  const ingestion = ingestionOf(landings, within)
  return [
    ...replicas.map((replica): Entry => {
      const own = landings.filter(
        ({ attempt }) => attempt.replica === replica.replica && attempt.component === replica.component,
      )
      const finding =
        ingestion.reason === 'audit_ingestion_dead' && own.length > 0
          ? found('not_audited', 'no audit event of any replica landed')
          : eventsOf(own, expected)
      return { ...replica, step: 'audit', ...finding }
    }),
    { component: 'audit', replica: ingestor, step: 'audit', ...ingestion },
  ]
}

/** One replica's events: the worst of them. */
function eventsOf(own: readonly Landing[], { within, active }: Expected): Finding {
  if (own.length === 0)
    return found('not_audited', 'no request of this replica has an audit event to wait for')
  const unreadable = own.find(({ events }) => 'outcome' in events)?.events
  if (unreadable !== undefined && 'outcome' in unreadable) return unreadable
  const lost = own.filter(({ at }) => at === undefined)
  const other = lost.find(contradicts)
  if (other !== undefined)
    return found(
      'audit_contradicts',
      `the event of ${other.attempt.requestId} does not say ${other.attempt.decision}, as the replica did`,
    )
  const [first] = lost
  if (first !== undefined)
    return found(
      'audit_missing',
      `${lost.length} of ${own.length} audit events did not land within ${inSeconds(within)}, such as that of ${first.attempt.requestId}`,
    )
  const latest = Math.max(...own.map(({ at = 0 }) => at))
  if (latest > within)
    return found('audit_late', `an audit event landed after ${inSeconds(latest)}, limit ${inSeconds(within)}`)
  // A Gateway decides nothing by a policy: STS does.
  const ofSts = own.filter(({ attempt }) => attempt.component === 'sts')
  const policy = judgePolicy(
    ofSts.flatMap(({ events }) => ('outcome' in events ? [] : events)),
    active,
  )
  if (policy !== undefined) return policy
  return passed(`${own.length} audit events landed within ${inSeconds(latest)}`)
}

function ingestionOf(landings: readonly Landing[], within: number): Finding {
  if (landings.length === 0)
    return found('not_audited', 'no request was answered that an audit event tells of')
  const readable = landings.filter(({ events }) => !('outcome' in events))
  const [unreadable] = landings.filter(({ events }) => 'outcome' in events)
  if (readable.length === 0 && unreadable !== undefined && 'outcome' in unreadable.events)
    return unreadable.events
  const landed = landings.flatMap(({ at }) => at ?? [])
  const inTime = landed.filter((at) => at <= within)
  const isAlive = readable.some(({ events }) => 'length' in events && events.length > 0)
  if (!isAlive)
    return found(
      'audit_ingestion_dead',
      `none of ${landings.length} audit events landed within ${inSeconds(within)}`,
    )
  if (landed.length > 0 && inTime.length === 0)
    return found('audit_late', `no audit event landed within ${inSeconds(within)}`)
  return passed('audit events are ingested')
}

/** Whether an event of the kind that is awaited tells of another decision. */
function contradicts({ attempt, events }: Landing): boolean {
  return 'length' in events && events.some(({ event_type }) => event_type === attempt.type)
}
