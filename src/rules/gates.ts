import { alertsArrive } from './alerts.ts'
import { arrivalNotSeen, declaredHasArrived, nothingDeclared } from './arrival.ts'
import { provenOfReplicas } from './canary.ts'
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
import { MINUTE, SECOND, type Millis } from '../core/time.ts'
import { actionsFor } from './actions.ts'
import { buildersFor, check, evidence, replicasFrom } from './checks.ts'
import type { Options } from './options.ts'

/** Watches of different kinds of objects are told of one change one after the other. */
const WATCHES_AGREE: Millis = 5 * SECOND

/** A pod becomes ready a little before the endpoints that lead to it. */
const ENDPOINTS_FOLLOW: Millis = 10 * SECOND

/** The six gates of the runbook. A check is one line: what it asks, where the proof comes from, what to do first. */
export function gates(options: Options): readonly Gate[] {
  const { limits, streams, components } = options
  const { persistsFor } = limits.streams
  const first = actionsFor(options)
  const { kubernetes, helmSecrets } = buildersFor(options)
  const ofManifest = options.kubernetes === 'on' && options.helmSecrets ? provenOfManifest : provenByEvidence
  return [
    gate('source-verification', 'Source verification', [
      kubernetes('release-deployed', releaseIsDeployed, {
        nextStep: first.history,
      }),
      {
        ...check('arrival', options.kubernetes === 'on' ? declaredHasArrived : arrivalNotSeen, {
          nextStep: first.arrived,
          // Without a cluster it is not switched off with the other checks that need one: it would pass for arrived.
          source: options.kubernetes === 'on' ? 'kubernetes' : 'platform',
        }),
        notAsked: nothingDeclared,
      },
      helmSecrets('workload-drift', nothingDrifted(components), {
        nextStep: first.diff,
        failAfter: WATCHES_AGREE,
      }),
      kubernetes('secret-references', secretsExist, { nextStep: first.secret }),
      kubernetes('service-ports', servicesReach(components), {
        nextStep: first.services,
        failAfter: ENDPOINTS_FOLLOW,
      }),
      evidence(
        ofManifest('manifest-digest', "the release's manifest is the one that the pipeline rendered"),
        'manifest-digest',
        first.render,
      ),
    ]),
    gate('render-validation', 'Render validation', [
      evidence(
        ofManifest('helm-render', "helm lint and helm template succeed with this environment's values"),
        'helm-render',
        first.render,
      ),
    ]),
    gate('migration-safety', 'Migration safety', [
      kubernetes('migration-jobs', migrationJobsDone(components), {
        nextStep: first.jobs,
      }),
      check('migrations-applied', migrationsApplied(options.expectedMigrations), {
        nextStep: first.migrations,
      }),
      check('migrations-forward-only', migrationsForwardOnly, {
        nextStep: first.migrations,
      }),
    ]),
    gate('readiness', 'Readiness', [
      ...components.map((component) =>
        check(`ready-${component}`, replicasReady(component, replicasFrom(options)), {
          nextStep: first.readiness([component]),
          warmUp: limits.readiness.startWithin,
        }),
      ),
      kubernetes('workload-rollout', workloadsRolledOut(components), {
        nextStep: first.pods(),
        // Outside a rollout a pod that is replaced may take as long as any other to start.
        failAfter: limits.readiness.startWithin,
      }),
    ]),
    gate('event-health', 'Event health', [
      check('streams-exist', streamsExist(streams), { nextStep: first.groups }),
      check('stream-backlog', groupsKeepUp(streams, limits.streams, 'other'), {
        nextStep: first.groups,
        failAfter: persistsFor,
        plot: { title: 'Consumer lag', unit: 'entries', signals: [groupLag] },
      }),
      check('audit-ingestion', groupsKeepUp(streams, limits.streams, 'evidence'), {
        nextStep: first.log(['audit']),
        failAfter: persistsFor,
        plot: { title: 'Audit ingestion lag', unit: 'entries', signals: [groupLag] },
      }),
      check('consumers-alive', consumersAlive(streams, limits.streams), {
        nextStep: first.groups,
      }),
      check('dead-letters', noDeadLetters, { nextStep: first.deadLetter }),
      check('outbox-dispatch', outboxesDrain(limits.outbox), {
        nextStep: first.pendingRows,
        plot: { title: 'Oldest pending outbox row', unit: 'seconds', signals: [outboxOldestPending] },
      }),
      check('outbox-dead-rows', noDeadRows(limits.outbox), {
        nextStep: first.deadRows,
      }),
      check('revocation-snapshots', snapshotsFresh(limits.revocation), {
        nextStep: first.log(['gateway']),
      }),
      check('revocation-propagation', revocationsPropagate(streams, limits.streams), {
        nextStep: first.revocations,
        failAfter: persistsFor,
      }),
      check('replay-backlog', replayIsYoung(limits.replay), {
        nextStep: first.log(['sts', 'gateway'], '15m'),
      }),
      check('redis-configuration', redisKeepsEntries, { nextStep: first.redisSettings }),
      {
        ...evidence(
          provenOfReplicas('canary', { components, source: replicasFrom(options) }),
          'canary',
          first.canary,
        ),
        optional: true,
        ofReplicas: limits.canary,
      },
      check('alerts-reachable', alertsArrive(limits.alerting), {
        nextStep: first.alerts,
        optional: true,
        // A server that was restarted, or a scrape that was missed, is back by then.
        failAfter: MINUTE,
        // A process that began is scraped within a minute, and evaluated in the next.
        warmUp: 2 * MINUTE,
      }),
    ]),
    gate('rollback-plan', 'Rollback plan', [
      helmSecrets('previous-revision', previousRevisionKept, {
        nextStep: first.history,
      }),
      evidence(
        schemaCompatible(
          'schema-compatibility',
          'the previous version is known to run on the current schema',
        ),
        'schema-compatibility',
        first.rollbackPlan,
      ),
    ]),
  ]
}

function gate(id: string, title: string, checks: readonly Check[]): Gate {
  return { id, title, checks }
}
