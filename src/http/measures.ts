import {
  groupLag,
  outboxOldestPending,
  postgresConnectionLimit,
  postgresConnectionsInUse,
  postgresServerConnections,
  postgresServerLimit,
  redisMemoryLimit,
  redisMemoryUsed,
  replayOldestAge,
  snapshotAge,
} from '../rules/signals.ts'
import { evidenceOf, type Evidence } from '../core/evidence.ts'
import type { Condition, Finding, Quantity } from '../core/finding.ts'
import { worstFirst } from '../core/judge.ts'
import type { Signal } from '../core/signal.ts'
import type { Rules, Snapshot } from '../core/snapshot.ts'

/**
 * What a check or stop condition is measured by, where it asks about more than one thing. One finding is kept for each
 * subject: of a group that is neither behind nor idle it may be either, and that makes no plot.
 */
export interface Measure {
  readonly kind: 'checks' | 'stops'
  readonly id: string
  readonly title: string
  readonly unit: Quantity['unit']
  readonly signals: readonly Signal[]
}

export const measures: readonly Measure[] = [
  { kind: 'checks', id: 'stream-backlog', title: 'Consumer lag', unit: 'entries', signals: [groupLag] },
  {
    kind: 'checks',
    id: 'audit-ingestion',
    title: 'Audit ingestion lag',
    unit: 'entries',
    signals: [groupLag],
  },
  {
    kind: 'checks',
    id: 'outbox-dispatch',
    title: 'Oldest pending outbox row',
    unit: 'seconds',
    signals: [outboxOldestPending],
  },
  {
    kind: 'stops',
    id: 'revocation-snapshot-stale',
    title: 'Revocation snapshot age',
    unit: 'seconds',
    signals: [snapshotAge],
  },
  {
    kind: 'stops',
    id: 'replay-backlog-aging',
    title: 'Oldest audit replay file',
    unit: 'seconds',
    signals: [replayOldestAge],
  },
  {
    kind: 'stops',
    id: 'postgres-pool-saturation',
    title: 'Postgres connections in use',
    unit: 'ratio',
    signals: [
      postgresConnectionsInUse,
      postgresConnectionLimit,
      postgresServerConnections,
      postgresServerLimit,
    ],
  },
  {
    kind: 'stops',
    id: 'redis-memory-pressure',
    title: 'Redis memory in use',
    unit: 'ratio',
    signals: [redisMemoryUsed, redisMemoryLimit],
  },
]

export type Measured = Finding & Required<Pick<Finding, 'observed'>>

/**
 * The worst value of a measure, with its limit: what the condition makes of these signals alone. Undefined while the
 * worst that is known is that it cannot be seen: what is left would pass for all of it.
 */
export function worstOf(
  { kind, id, unit, signals }: Measure,
  snapshot: Snapshot,
  rules: Pick<Rules, 'gates' | 'stops' | 'providers'>,
): Measured | undefined {
  const condition = conditionOf(kind, id, rules)
  const status = snapshot[kind].get(id)
  if (condition === undefined || status === undefined || status.state === 'skipped') return undefined
  if (status.findings[0]?.answer === 'unknown') return undefined
  const evidence = onlyAbout(signals, evidenceOf(snapshot.beliefs, rules.providers, snapshot.at))
  const findings = condition.judge(evidence, { now: snapshot.at, mark: () => undefined, marked: () => [] })
  return worstFirst(findings.filter((finding) => finding.observed?.unit === unit)).find(isMeasured)
}

function conditionOf(
  kind: Measure['kind'],
  id: string,
  { gates, stops }: Pick<Rules, 'gates' | 'stops'>,
): Condition | undefined {
  const items = kind === 'stops' ? stops : gates.flatMap(({ checks }) => checks)
  return items.find((item) => item.id === id)?.condition
}

function onlyAbout(signals: readonly Signal[], evidence: Evidence): Evidence {
  const names = new Set(signals.map(({ name }) => name))
  const none = { readings: [], unseen: [] }
  return {
    now: evidence.now,
    of: (signal, where) => (names.has(signal.name) ? evidence.of(signal, where) : none),
    targets: (signal, where) => evidence.targets(signal, where),
  }
}

export function isMeasured(finding: Finding): finding is Measured {
  return finding.observed !== undefined && Number.isFinite(finding.observed.value)
}
