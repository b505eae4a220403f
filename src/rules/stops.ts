import { noEvidenceLost, noTampering } from './audit.ts'
import { noDeadLetters } from './dead-letters.ts'
import { circuitStaysClosed, policiesWork } from './exchange.ts'
import { noMigrationJobFailed } from './migration-jobs.ts'
import { noNewDeadRows } from './outboxes.ts'
import { connectionsAvailable } from './postgres.ts'
import { replicasReady } from './readiness.ts'
import { memoryAvailable } from './redis.ts'
import { replayIsYoung } from './replay.ts'
import { snapshotsFresh } from './revocation.ts'
import {
  postgresConnectionLimit,
  postgresConnectionsInUse,
  postgresServerConnections,
  postgresServerLimit,
  redisMemoryLimit,
  redisMemoryUsed,
  replayOldestAge,
  snapshotAge,
} from './signals.ts'
import type { Condition } from '../core/finding.ts'
import type { StopCondition, StopKind } from '../core/stop.ts'
import { MINUTE, SECOND } from '../core/time.ts'
import { needsKubernetes, replicasFrom } from './checks.ts'
import { commandsFor } from './commands.ts'
import type { Options } from './options.ts'

/** The stop conditions of the runbook, and those of its later version. */
export function stops(options: Options): readonly StopCondition[] {
  const { limits, streams } = options
  const { lostFor: hold, startWithin: warmUp } = limits.readiness
  const { window } = limits.deadLetters
  const { kubectl, labelled } = commandsFor(options)
  const replicas = replicasFrom(options)
  return [
    stop('migration-job-failed', 'A migration Job failed', 'edge', {
      component: 'migration',
      condition: options.kubernetes === 'on' ? noMigrationJobFailed : needsKubernetes(noMigrationJobFailed),
      source: 'kubernetes',
      nextStep: `${kubectl} describe jobs ${labelled('{component}')}`,
    }),
    stop('sts-unready', 'STS cannot prove readiness', 'cannot-prove', {
      component: 'sts',
      condition: replicasReady('sts', replicas),
      nextStep: `${kubectl} logs {replica} --since=5m`,
      hold,
      warmUp,
    }),
    stop('gateway-unready', 'Gateway cannot prove readiness', 'cannot-prove', {
      component: 'gateway',
      condition: replicasReady('gateway', replicas),
      nextStep: `${kubectl} logs {replica} --since=5m`,
      hold,
      warmUp,
    }),
    stop('audit-dlq-growing', 'Dead letters arrive', 'edge', {
      component: 'audit',
      condition: noDeadLetters,
      nextStep: 'redis-cli XREVRANGE {stream} + - COUNT 1',
      window,
    }),
    stop('replay-backlog-aging', 'The audit replay backlog ages', 'level', {
      component: 'audit',
      condition: replayIsYoung(limits.replay),
      nextStep: `${kubectl} exec {replica} -- ls -l /var/lib/caracal/audit-replay`,
      hold: limits.replay.persistsFor,
      plot: { title: 'Oldest audit replay file', unit: 'seconds', signals: [replayOldestAge] },
    }),
    stop('revocation-snapshot-stale', 'A Gateway revocation snapshot is stale', 'level', {
      component: 'gateway',
      condition: snapshotsFresh(limits.revocation),
      nextStep: `${kubectl} logs {replica} --since=5m`,
      hold: limits.revocation.persistsFor,
      plot: { title: 'Revocation snapshot age', unit: 'seconds', signals: [snapshotAge] },
    }),
    stop('outbox-dead-messages', 'Dead outbox messages appeared', 'edge', {
      component: 'api',
      condition: noNewDeadRows,
      nextStep:
        'psql -c "SELECT id, stream_name, last_error FROM event_outbox WHERE dispatched_at IS NULL AND available_at = \'infinity\' LIMIT 5"',
    }),
    stop('postgres-pool-saturation', 'Postgres connections are used up', 'level', {
      component: 'postgres',
      condition: connectionsAvailable(limits.postgres),
      nextStep:
        "psql -c 'SELECT usename, state, count(*) FROM pg_stat_activity GROUP BY 1, 2 ORDER BY 3 DESC'",
      hold: limits.postgres.persistsFor,
      clearAfter: limits.postgres.clearAfter,
      plot: { title: 'Postgres connections in use', unit: 'ratio', signals: connectionSignals },
    }),
    stop('redis-memory-pressure', 'Redis runs out of memory', 'level', {
      component: 'redis',
      condition: memoryAvailable(limits.redis),
      nextStep: 'redis-cli INFO memory',
      hold: limits.redis.persistsFor,
      clearAfter: limits.redis.clearAfter,
      window: MINUTE,
      plot: { title: 'Redis memory in use', unit: 'ratio', signals: [redisMemoryUsed, redisMemoryLimit] },
    }),
    stop('audit-evidence-lost', 'Audit evidence was lost', 'edge', {
      component: 'audit',
      condition: noEvidenceLost(streams),
      nextStep: `${kubectl} logs {replica} --since=15m`,
    }),
    stop('audit-tamper-detected', 'Audit evidence was tampered with', 'edge', {
      component: 'audit',
      condition: noTampering,
      nextStep: `${kubectl} logs {replica} --since=15m`,
      window,
    }),
    stop('sts-circuit-open', 'Gateway cut its circuit towards STS', 'edge', {
      component: 'gateway',
      condition: circuitStaysClosed,
      nextStep: `${kubectl} logs ${labelled('sts')} --since=5m`,
      window,
    }),
    stop('policy-failure', 'STS fails to compile or evaluate policy', 'edge', {
      component: 'sts',
      condition: policiesWork,
      nextStep: `${kubectl} logs {replica} --since=15m`,
      window,
    }),
  ]
}

const connectionSignals = [
  postgresConnectionsInUse,
  postgresConnectionLimit,
  postgresServerConnections,
  postgresServerLimit,
]

interface Manner extends Partial<
  Pick<StopCondition, 'hold' | 'clearAfter' | 'warmUp' | 'window' | 'source' | 'plot'>
> {
  readonly condition: Condition
  readonly component: string
  readonly nextStep: string
}

function stop(id: string, title: string, kind: StopKind, manner: Manner): StopCondition {
  return {
    id,
    title,
    kind,
    source: 'platform',
    hold: 0,
    // An edge leaves its latch; a level must stay well for a while, or it would blink.
    clearAfter: kind === 'edge' ? 0 : 5 * SECOND,
    warmUp: 0,
    window: 10 * MINUTE,
    runbook: id,
    ...manner,
  }
}
