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
import type { FirstAction } from '../core/advice.ts'
import type { Condition } from '../core/finding.ts'
import type { StopCondition, StopKind } from '../core/stop.ts'
import { MINUTE, SECOND } from '../core/time.ts'
import { actionsFor } from './actions.ts'
import { needsKubernetes, replicasFrom } from './checks.ts'
import type { Options } from './options.ts'

/** The stop conditions of the runbook, and those of its later version. */
export function stops(options: Options): readonly StopCondition[] {
  const { limits, streams } = options
  const { lostFor: hold, startWithin: warmUp } = limits.readiness
  const { window } = limits.deadLetters
  const first = actionsFor(options)
  const replicas = replicasFrom(options)
  return [
    stop('migration-job-failed', 'A migration Job failed', 'edge', {
      component: 'migration',
      condition: options.kubernetes === 'on' ? noMigrationJobFailed : needsKubernetes(noMigrationJobFailed),
      source: 'kubernetes',
      nextStep: first.jobs,
    }),
    stop('sts-unready', 'STS cannot prove readiness', 'cannot-prove', {
      component: 'sts',
      condition: replicasReady('sts', replicas),
      nextStep: first.readiness(['sts']),
      hold,
      warmUp,
    }),
    stop('gateway-unready', 'Gateway cannot prove readiness', 'cannot-prove', {
      component: 'gateway',
      condition: replicasReady('gateway', replicas),
      nextStep: first.readiness(['gateway']),
      hold,
      warmUp,
    }),
    stop('audit-dlq-growing', 'Dead letters arrive', 'edge', {
      component: 'audit',
      condition: noDeadLetters,
      nextStep: first.deadLetter,
      window,
    }),
    stop('replay-backlog-aging', 'The audit replay backlog ages', 'level', {
      component: 'audit',
      condition: replayIsYoung(limits.replay),
      nextStep: first.log(['sts', 'gateway'], '15m'),
      hold: limits.replay.persistsFor,
      plot: { title: 'Oldest audit replay file', unit: 'seconds', signals: [replayOldestAge] },
    }),
    stop('revocation-snapshot-stale', 'A Gateway revocation snapshot is stale', 'level', {
      component: 'gateway',
      condition: snapshotsFresh(limits.revocation),
      nextStep: first.log(['gateway']),
      hold: limits.revocation.persistsFor,
      plot: { title: 'Revocation snapshot age', unit: 'seconds', signals: [snapshotAge] },
    }),
    stop('outbox-dead-messages', 'Dead outbox messages appeared', 'edge', {
      component: 'api',
      condition: noNewDeadRows,
      nextStep: first.deadRows,
    }),
    stop('postgres-pool-saturation', 'Postgres connections are used up', 'level', {
      component: 'postgres',
      condition: connectionsAvailable(limits.postgres),
      nextStep: first.sessions,
      hold: limits.postgres.persistsFor,
      clearAfter: limits.postgres.clearAfter,
      plot: { title: 'Postgres connections in use', unit: 'ratio', signals: connectionSignals },
    }),
    stop('redis-memory-pressure', 'Redis runs out of memory', 'level', {
      component: 'redis',
      condition: memoryAvailable(limits.redis),
      nextStep: first.redisMemory,
      hold: limits.redis.persistsFor,
      clearAfter: limits.redis.clearAfter,
      window: MINUTE,
      plot: { title: 'Redis memory in use', unit: 'ratio', signals: [redisMemoryUsed, redisMemoryLimit] },
    }),
    stop('audit-evidence-lost', 'Audit evidence was lost', 'edge', {
      component: 'audit',
      condition: noEvidenceLost(streams),
      nextStep: first.lostEvidence,
    }),
    stop('audit-tamper-detected', 'Audit evidence was tampered with', 'edge', {
      component: 'audit',
      condition: noTampering,
      nextStep: first.log(['audit'], '15m'),
      window,
    }),
    stop('sts-circuit-open', 'Gateway cut its circuit towards STS', 'edge', {
      component: 'gateway',
      condition: circuitStaysClosed,
      nextStep: first.log(['sts'])(),
      window,
    }),
    stop('policy-failure', 'STS fails to compile or evaluate policy', 'edge', {
      component: 'sts',
      condition: policiesWork,
      nextStep: first.log(['sts'], '15m'),
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
  readonly nextStep: FirstAction
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
