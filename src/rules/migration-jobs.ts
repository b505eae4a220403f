import type { Evidence, Sighting } from '../core/evidence.ts'
import { unknown, unseen, type Condition, type Finding, type Recollection } from '../core/finding.ts'
import { REVISION_CREATED } from '../core/rollout.ts'
import { SECOND, type Millis } from '../core/time.ts'
import { expected } from './expected.ts'
import {
  migrationEarlyPods,
  migrationJobActive,
  migrationJobCreated,
  migrationJobFailed,
  migrationJobSucceeded,
  workloadDesired,
} from './signals.ts'
import { installedOf } from './workloads.ts'

/** The label component of the platform's migration Jobs: the schema of the control plane, and that of Web's logins. */
const schemaJob = 'migrate'
const authJob = 'auth-migrate'

/**
 * The migration Jobs of the newest revision have succeeded, and no pod of a new revision was there before. A Job that
 * is not there proves nothing: Helm deletes the one that succeeded.
 *
 * @param components Web's logins have a Job of their own where there is Web
 */
export function migrationJobsDone(components: readonly string[]): Condition {
  return {
    claims: 'every migration Job has succeeded before any pod of a new revision started',
    signals: [
      migrationJobSucceeded,
      migrationJobActive,
      migrationJobFailed,
      migrationEarlyPods,
      workloadDesired,
    ],
    judge(evidence, recollection) {
      const hasWeb = installedOf(components, evidence).includes('web')
      const kinds: readonly string[] = hasWeb ? [schemaJob, authJob] : [schemaJob]
      const { readings, unseen: blind } = evidence.of(migrationJobSucceeded)
      const jobs = readings.map((sighting) => jobOf(sighting, evidence, recollection))
      // Of a Job that this installation need not have, only what is seen of it counts.
      const hidden = blind.filter(({ labels }) => kinds.includes(labels['kind'] ?? schemaJob))
      const found = [...jobs, ...hidden.map((spot) => unseen(spot))]
      return [...(found.length > 0 ? found : [noJob()]), ...earlyPods(evidence)]
    },
  }
}

function jobOf({ reading, target }: Sighting, evidence: Evidence, recollection: Recollection): Finding {
  const kind = reading.labels['kind'] ?? target.id
  const job = { key: kind, target: target.id }
  if (reading.value === 1)
    return { ...job, answer: 'met', reason: 'ok', message: `the Job ${kind} has succeeded` }
  const unmet = { ...job, answer: 'unmet' } as const
  const failed = textOf(evidence, migrationJobFailed, kind)
  if (failed !== undefined)
    return { ...unmet, reason: 'migration_job_failed', message: `the Job ${kind} has failed: ${failed}` }
  if (textOf(evidence, migrationJobActive, kind) !== undefined) {
    // The Job has a deadline of its own, and fails at it.
    const message = `the Job ${kind} is running`
    return { ...unmet, reason: 'migration_job_running', message, hold: Infinity }
  }
  const { rollout } = recollection
  const isYetToCome = rollout?.phase === 'preflight' || rollout?.phase === 'migrating'
  const message = `the Job ${kind} has not run for the newest revision of the release`
  return { ...unmet, reason: 'migration_job_missing', message, ...(isYetToCome && { hold: Infinity }) }
}

/** The detail of the 0/1 signal where it is 1. */
function textOf(evidence: Evidence, signal: typeof migrationJobFailed, kind: string): string | undefined {
  const yes = evidence.of(signal, { kind }).readings.find(({ reading }) => reading.value === 1)
  return yes && (yes.reading.detail ?? 'no reason given')
}

function noJob(): Finding {
  const message =
    'the release has no migration Job: switch this check off where the schema is changed in another way'
  return unknown(schemaJob, { unknownReason: 'never_measured', reason: 'no_migration_job', message })
}

function earlyPods(evidence: Evidence): readonly Finding[] {
  const { readings, unseen: blind } = evidence.of(migrationEarlyPods)
  const key = 'new pods'
  const seen = readings.map(({ reading, target }): Finding => {
    const none = reading.value === 0
    return {
      key,
      answer: none ? 'met' : 'unmet',
      reason: none ? 'ok' : 'pods_before_migration',
      message: none
        ? 'no pod of a new revision was created before the migrations were done'
        : `${reading.value} pods of a new revision were created before the migrations were done: ${reading.detail ?? ''}`,
      observed: { value: reading.value, unit: 'pods' },
      threshold: { op: '<=', value: 0 },
      target: target.id,
    }
  })
  return expected(key, [...seen, ...blind.map((spot) => unseen(spot))])
}

/**
 * No migration Job has failed. Each run is a subject of its own, known by the Job's uid: its name is used again, so that
 * a second run that fails is news. Where the cluster is seen and shows no Job, none has failed.
 */
export const noMigrationJobFailed: Condition = {
  claims: 'no migration Job fails',
  signals: [migrationJobFailed, migrationJobSucceeded, migrationJobCreated],
  judge(evidence, recollection) {
    const { readings, unseen: blind } = evidence.of(migrationJobFailed)
    const findings = [
      ...readings.map((sighting) => runOf(sighting, evidence, recollection)),
      ...blind.map((spot) => unseen(spot)),
    ]
    const [cluster] = evidence.targets(migrationJobFailed)
    if (findings.length > 0 || cluster === undefined) return findings
    const message = 'the release has no migration Job that could fail'
    return [{ key: 'jobs', answer: 'met', reason: 'ok', message, target: cluster.id }]
  },
}

function runOf({ reading, target }: Sighting, evidence: Evidence, recollection: Recollection): Finding {
  const { labels, value, detail = 'no reason given', facts } = reading
  const kind = labels['kind'] ?? target.id
  const own = isOfRollout(kind, evidence, recollection)
  if (value === 0) {
    const met = { key: kind, answer: 'met', reason: 'ok', target: target.id } as const
    return own === true && textOf(evidence, migrationJobSucceeded, kind) !== undefined
      ? { ...met, message: `the Job ${kind} of this rollout has succeeded`, makesGood: true }
      : { ...met, message: `the Job ${kind} has not failed` }
  }
  const uid = facts?.uid ?? 'last run'
  return {
    key: `${kind}/${uid}`,
    answer: 'unmet',
    reason: 'migration_job_failed',
    message: `the Job ${kind} has failed: ${detail}`,
    target: target.id,
    ...(own !== undefined && { own }),
  }
}

/** Times of the API server are whole seconds, and those of two API servers differ a little. */
const UNCERTAIN: Millis = SECOND

/**
 * Whether the last run came with the revision that the rollout under way was detected by; undefined when there is none,
 * or that is unknown. Helm writes the revision down before it creates the Job, so a run is older only when it was there
 * before that.
 */
function isOfRollout(kind: string, evidence: Evidence, recollection: Recollection): boolean | undefined {
  const began = recollection.rollout && recollection.baseline(REVISION_CREATED)
  const created = evidence.of(migrationJobCreated, { kind }).readings[0]?.reading.value
  if (began === undefined || created === undefined) return undefined
  return created * SECOND + UNCERTAIN >= began
}
