import { noDeadLetters } from '../checks/dead-letters.ts'
import { provenByEvidence, provenElsewhere } from '../checks/elsewhere.ts'
import { migrationsApplied, migrationsForwardOnly } from '../checks/migrations.ts'
import { noDeadRows, outboxesDrain } from '../checks/outboxes.ts'
import { replicasReady } from '../checks/readiness.ts'
import { redisKeepsEntries } from '../checks/redis.ts'
import { replayIsYoung } from '../checks/replay.ts'
import { revocationsPropagate, snapshotsFresh } from '../checks/revocation.ts'
import { consumersAlive, groupsKeepUp, streamsExist } from '../checks/streams.ts'
import type { Condition } from '../core/finding.ts'
import type { Check, Gate, Source } from '../core/gate.ts'
import type { Millis } from '../core/time.ts'
import type { Options } from './options.ts'

/** The six gates of the runbook. A check is one line: what it asks, where the proof comes from, what to do first. */
export function gates(options: Options): readonly Gate[] {
  const { limits, streams } = options
  const { persistsFor } = limits.streams
  return [
    gate('source-verification', 'Source verification', [
      kubernetes('workload-drift', 'the live workloads equal the manifest of the Helm release'),
      kubernetes('secret-references', 'every referenced Secret and key exists'),
      kubernetes('service-ports', 'every Service port reaches the port that its service listens on'),
      evidence('manifest-digest', "the release's manifest is the one that the pipeline rendered"),
    ]),
    gate('render-validation', 'Render validation', [
      evidence('helm-render', "helm lint and helm template succeed with this environment's values"),
    ]),
    gate('migration-safety', 'Migration safety', [
      kubernetes('migration-jobs', 'both migration Jobs have succeeded'),
      check('migrations-applied', migrationsApplied(options.expectedMigrations), {
        nextStep: "psql -c 'SELECT version, applied_at FROM schema_migrations ORDER BY version'",
      }),
      check('migrations-forward-only', migrationsForwardOnly, {
        nextStep: "psql -c 'SELECT version, applied_at FROM schema_migrations ORDER BY version'",
      }),
    ]),
    gate('readiness', 'Readiness', [
      ...options.components.map((component) =>
        check(`ready-${component}`, replicasReady(component), {
          nextStep: `kubectl -n caracal logs -l app.kubernetes.io/component=${component} --since=5m # {target}`,
          warmUp: limits.readiness.startWithin,
        }),
      ),
      kubernetes('workload-rollout', 'every workload has rolled out to its target revision'),
    ]),
    gate('event-health', 'Event health', [
      check('streams-exist', streamsExist(streams), { nextStep: 'redis-cli XINFO GROUPS {stream}' }),
      check('stream-backlog', groupsKeepUp(streams, limits.streams, 'other'), {
        nextStep: 'redis-cli XINFO GROUPS {stream}',
        failAfter: persistsFor,
      }),
      check('audit-ingestion', groupsKeepUp(streams, limits.streams, 'evidence'), {
        nextStep: 'kubectl -n caracal logs -l app.kubernetes.io/component=audit --since=5m',
        failAfter: persistsFor,
      }),
      check('consumers-alive', consumersAlive(streams, limits.streams), {
        nextStep: 'redis-cli XINFO CONSUMERS {stream} {group}',
      }),
      check('dead-letters', noDeadLetters, { nextStep: 'redis-cli XREVRANGE {stream} + - COUNT 1' }),
      check('outbox-dispatch', outboxesDrain(limits.outbox), {
        nextStep: 'kubectl -n caracal logs -l app.kubernetes.io/component={component} --since=5m',
      }),
      check('outbox-dead-rows', noDeadRows(limits.outbox), {
        nextStep:
          'psql -c "SELECT id, stream_name, last_error FROM event_outbox WHERE dispatched_at IS NULL AND available_at = \'infinity\' LIMIT 5"',
      }),
      check('revocation-snapshots', snapshotsFresh(limits.revocation), {
        nextStep: 'kubectl -n caracal logs {replica} --since=5m',
      }),
      check('revocation-propagation', revocationsPropagate(streams, limits.streams), {
        nextStep: 'redis-cli XINFO GROUPS {stream}',
        failAfter: persistsFor,
      }),
      check('replay-backlog', replayIsYoung(limits.replay), {
        nextStep: 'kubectl -n caracal exec {replica} -- ls -l /var/lib/caracal/audit-replay',
      }),
      check('redis-configuration', redisKeepsEntries, { nextStep: 'redis-cli INFO persistence' }),
    ]),
    gate('rollback-plan', 'Rollback plan', [
      kubernetes('previous-revision', 'the previous Helm revision is retained with images, chart and values'),
      evidence('schema-compatibility', 'the previous version is known to run on the current schema'),
    ]),
  ]
}

function gate(id: string, title: string, checks: readonly Check[]): Gate {
  return { id, title, checks }
}

interface Manner {
  readonly nextStep: string
  readonly failAfter?: Millis
  readonly warmUp?: Millis
  readonly source?: Source
}

function check(id: string, condition: Condition, manner: Manner): Check {
  const { nextStep, failAfter = 0, warmUp = 0, source = 'platform' } = manner
  return { id, condition, source, failAfter, warmUp, nextStep, runbook: `gates.md#${id}` }
}

function kubernetes(id: string, claims: string): Check {
  const condition = provenElsewhere(claims, `needs Kubernetes, which is not configured: ${claims}`)
  return check(id, condition, { source: 'kubernetes', nextStep: 'caracal-gate check-config' })
}

function evidence(id: string, claims: string): Check {
  return check(id, provenByEvidence(id, claims), {
    source: 'evidence',
    nextStep: `caracal-gate status --gate ${id}`,
  })
}
