import { arrivalNotSeen, declaredHasArrived, nothingDeclared } from './arrival.ts'
import { noDeadLetters } from './dead-letters.ts'
import { provenByEvidence } from './elsewhere.ts'
import { provenOfManifest } from './manifest.ts'
import { migrationJobsDone } from './migration-jobs.ts'
import { migrationsApplied, migrationsForwardOnly } from './migrations.ts'
import { noDeadRows, outboxesDrain } from './outboxes.ts'
import { replicasReady } from './readiness.ts'
import { redisKeepsEntries } from './redis.ts'
import { releaseIsDeployed } from './release.ts'
import { replayIsYoung } from './replay.ts'
import { revocationsPropagate, snapshotsFresh } from './revocation.ts'
import { previousRevisionKept, schemaCompatible } from './rollback-plan.ts'
import { groupLag, outboxOldestPending } from './signals.ts'
import { nothingDrifted, secretsExist, servicesReach } from './source.ts'
import { consumersAlive, groupsKeepUp, streamsExist } from './streams.ts'
import { workloadsRolledOut } from './workloads.ts'
import type { Check, Gate } from '../core/gate.ts'
import { SECOND, type Millis } from '../core/time.ts'
import { buildersFor, check, evidence, replicasFrom } from './checks.ts'
import { commandsFor } from './commands.ts'
import type { Options } from './options.ts'

/** Watches of different kinds of objects are told of one change one after the other. */
const WATCHES_AGREE: Millis = 5 * SECOND

/** A pod becomes ready a little before the endpoints that lead to it. */
const ENDPOINTS_FOLLOW: Millis = 10 * SECOND

/** The six gates of the runbook. A check is one line: what it asks, where the proof comes from, what to do first. */
export function gates(options: Options): readonly Gate[] {
  const { limits, streams, components, release } = options
  const { persistsFor } = limits.streams
  const { kubectl, labelled, helm } = commandsFor(options)
  const { kubernetes, helmSecrets } = buildersFor(options)
  const ofManifest = options.kubernetes === 'on' && options.helmSecrets ? provenOfManifest : provenByEvidence
  return [
    gate('source-verification', 'Source verification', [
      kubernetes('release-deployed', releaseIsDeployed, {
        nextStep: `${helm} history ${release.name} --max 3`,
      }),
      {
        ...check('arrival', options.kubernetes === 'on' ? declaredHasArrived : arrivalNotSeen, {
          nextStep: `${kubectl} describe pods ${labelled('{component}')}`,
          // Without a cluster it is not switched off with the other checks that need one: it would pass for arrived.
          source: options.kubernetes === 'on' ? 'kubernetes' : 'platform',
        }),
        notAsked: nothingDeclared,
      },
      helmSecrets('workload-drift', nothingDrifted(components), {
        nextStep: `${helm} get manifest ${release.name} | ${kubectl} diff -f -`,
        failAfter: WATCHES_AGREE,
      }),
      kubernetes('secret-references', secretsExist, { nextStep: `${kubectl} describe secret {target}` }),
      kubernetes('service-ports', servicesReach(components), {
        nextStep: `${kubectl} get services,endpointslices ${labelled('{component}')}`,
        failAfter: ENDPOINTS_FOLLOW,
      }),
      evidence(
        ofManifest('manifest-digest', "the release's manifest is the one that the pipeline rendered"),
        'manifest-digest',
        'caracal-gate evidence render --chart <chart> --values <file>',
      ),
    ]),
    gate('render-validation', 'Render validation', [
      evidence(
        ofManifest('helm-render', "helm lint and helm template succeed with this environment's values"),
        'helm-render',
        'caracal-gate evidence render --chart <chart> --values <file>',
      ),
    ]),
    gate('migration-safety', 'Migration safety', [
      kubernetes('migration-jobs', migrationJobsDone(components), {
        nextStep: `${kubectl} describe jobs ${labelled('{component}')}`,
      }),
      check('migrations-applied', migrationsApplied(options.expectedMigrations), {
        nextStep: "psql -c 'SELECT version, applied_at FROM schema_migrations ORDER BY version'",
      }),
      check('migrations-forward-only', migrationsForwardOnly, {
        nextStep: "psql -c 'SELECT version, applied_at FROM schema_migrations ORDER BY version'",
      }),
    ]),
    gate('readiness', 'Readiness', [
      ...components.map((component) =>
        check(`ready-${component}`, replicasReady(component, replicasFrom(options)), {
          nextStep: `${kubectl} logs ${labelled(component)} --since=5m # {target}`,
          warmUp: limits.readiness.startWithin,
        }),
      ),
      kubernetes('workload-rollout', workloadsRolledOut(components), {
        nextStep: `${kubectl} describe pods ${labelled('{component}')}`,
        // Outside a rollout a pod that is replaced may take as long as any other to start.
        failAfter: limits.readiness.startWithin,
      }),
    ]),
    gate('event-health', 'Event health', [
      check('streams-exist', streamsExist(streams), { nextStep: 'redis-cli XINFO GROUPS {stream}' }),
      check('stream-backlog', groupsKeepUp(streams, limits.streams, 'other'), {
        nextStep: 'redis-cli XINFO GROUPS {stream}',
        failAfter: persistsFor,
        plot: { title: 'Consumer lag', unit: 'entries', signals: [groupLag] },
      }),
      check('audit-ingestion', groupsKeepUp(streams, limits.streams, 'evidence'), {
        nextStep: `${kubectl} logs ${labelled('audit')} --since=5m`,
        failAfter: persistsFor,
        plot: { title: 'Audit ingestion lag', unit: 'entries', signals: [groupLag] },
      }),
      check('consumers-alive', consumersAlive(streams, limits.streams), {
        nextStep: 'redis-cli XINFO CONSUMERS {stream} {group}',
      }),
      check('dead-letters', noDeadLetters, { nextStep: 'redis-cli XREVRANGE {stream} + - COUNT 1' }),
      check('outbox-dispatch', outboxesDrain(limits.outbox), {
        nextStep: `${kubectl} logs ${labelled('{component}')} --since=5m`,
        plot: { title: 'Oldest pending outbox row', unit: 'seconds', signals: [outboxOldestPending] },
      }),
      check('outbox-dead-rows', noDeadRows(limits.outbox), {
        nextStep:
          'psql -c "SELECT id, stream_name, last_error FROM event_outbox WHERE dispatched_at IS NULL AND available_at = \'infinity\' LIMIT 5"',
      }),
      check('revocation-snapshots', snapshotsFresh(limits.revocation), {
        nextStep: `${kubectl} logs {replica} --since=5m`,
      }),
      check('revocation-propagation', revocationsPropagate(streams, limits.streams), {
        nextStep: 'redis-cli XINFO GROUPS {stream}',
        failAfter: persistsFor,
      }),
      check('replay-backlog', replayIsYoung(limits.replay), {
        nextStep: `${kubectl} exec {replica} -- ls -l /var/lib/caracal/audit-replay`,
      }),
      check('redis-configuration', redisKeepsEntries, { nextStep: 'redis-cli INFO persistence' }),
    ]),
    gate('rollback-plan', 'Rollback plan', [
      helmSecrets('previous-revision', previousRevisionKept, {
        nextStep: `${helm} history ${release.name}`,
      }),
      evidence(
        schemaCompatible(
          'schema-compatibility',
          'the previous version is known to run on the current schema',
        ),
        'schema-compatibility',
        'caracal-gate evidence rollback-plan --migrations <folder> --previous <version>',
      ),
    ]),
  ]
}

function gate(id: string, title: string, checks: readonly Check[]): Gate {
  return { id, title, checks }
}
