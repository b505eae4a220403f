import {
  migrationApplied,
  migrationJobActive,
  migrationJobCreated,
  migrationJobFailed,
  releaseCreated,
  releaseDeployed,
  releaseFailed,
  releaseRevision,
  workloadRolledOut,
  workloadTemplate,
} from '../rules/signals.ts'
import { evidenceOf, type Account, type Evidence } from '../core/evidence.ts'
import type { Signal } from '../core/signal.ts'
import type { Rules, Snapshot } from '../core/snapshot.ts'
import { SECOND, type Instant } from '../core/time.ts'

/** The newest revision of the Helm release. */
export interface Release {
  readonly revision: number
  /** In Helm's words: `deployed`, `pending-upgrade`, `failed`, ... */
  readonly status: string
  readonly deployed: boolean
  readonly chart: string
  /** What Helm says of it; empty when that can't be read. */
  readonly said: string
  /** When it was begun, by the API server. */
  readonly createdAt?: Instant
}

/** The migration Job of one kind. */
export interface JobRun {
  /** Tells this run from others; 0 while there is no such Job. */
  readonly run: number
  readonly uid: string
  readonly active: boolean
  readonly failed: boolean
  readonly detail: string
  /** When it was created, by the API server. */
  readonly createdAt?: Instant
}

export interface WorkloadState {
  readonly template: number
  readonly rolledOut: boolean
  /** What it lacks to be rolled out, in a sentence. */
  readonly lacks: string
  /** It lacks nothing but available replicas: it has its target revision already. */
  readonly lacksHealth: boolean
  readonly images: readonly string[]
}

/** What can be seen of a rollout now: from fresh looks alone. */
export interface View {
  /** False until everything that watches was heard once: until then causes are unknown. */
  readonly settled: boolean
  /** Something that should be seen is not. */
  readonly blind: boolean
  /** Revisions of the Helm release are read here, so that a change which Helm makes will show as one. */
  readonly readsRevisions: boolean
  readonly release?: Release
  readonly jobs: ReadonlyMap<string, JobRun>
  readonly workloads: ReadonlyMap<string, WorkloadState>
  /** The schema versions that are applied, when all of them can be seen. */
  readonly versions?: readonly string[]
}

const watched: readonly Signal[] = [
  releaseRevision,
  releaseDeployed,
  workloadTemplate,
  workloadRolledOut,
  migrationJobActive,
  migrationJobFailed,
]

/** What can be seen of a rollout, or undefined where nothing watches for one. */
export function viewOf({ beliefs, at }: Snapshot, { providers }: Rules): View | undefined {
  const given = watched.filter((signal) => providers.has(signal.name))
  if (given.length === 0) return undefined
  const evidence = evidenceOf(beliefs, providers, at)
  const release = releaseIn(evidence)
  const versions = versionsIn(evidence)
  const jobs = jobsIn(evidence)
  const workloads = workloadsIn(evidence)
  const settled = given.every((signal) => {
    const probe = beliefs.get(providers.get(signal.name) ?? '')
    return probe !== undefined && [...probe.targets.values()].every(({ last }) => last !== undefined)
  })
  // Where the Secrets of Helm are not read on purpose nothing is hidden: other triggers tell.
  const unseen = given.some((signal) =>
    evidence.of(signal).unseen.some(({ unknownReason }) => unknownReason !== 'not_configured'),
  )
  const readsRevisions =
    providers.has(releaseRevision.name) &&
    evidence.of(releaseRevision).unseen.every(({ unknownReason }) => unknownReason !== 'not_configured')
  const halves =
    evidence.of(releaseRevision).readings.length !== (release === undefined ? 0 : 1) ||
    evidence.of(migrationJobActive).readings.length !== jobs.size ||
    evidence.of(workloadTemplate).readings.length !== workloads.size
  return {
    settled,
    blind: unseen || halves || !settled,
    readsRevisions,
    jobs,
    workloads,
    ...(release !== undefined && { release }),
    ...(versions !== undefined && { versions }),
  }
}

function releaseIn(evidence: Evidence): Release | undefined {
  const revision = evidence.of(releaseRevision).readings[0]?.reading
  const deployed = evidence.of(releaseDeployed).readings[0]?.reading
  if (revision === undefined || deployed === undefined) return undefined
  return {
    revision: revision.value,
    chart: revision.facts?.chart ?? '',
    said: evidence.of(releaseFailed).readings[0]?.reading.detail ?? '',
    status: deployed.facts?.status ?? (deployed.value === 1 ? 'deployed' : 'unknown'),
    deployed: deployed.value === 1,
    ...createdIn(evidence.of(releaseCreated)),
  }
}

function createdIn({ readings: [first] }: Account): { readonly createdAt?: Instant } {
  return first === undefined ? {} : { createdAt: first.reading.value * SECOND }
}

/** The readings of two signals about the same subjects, for the subjects of which both are known. */
function pairs(evidence: Evidence, first: Signal, second: Signal, label: string) {
  const others = new Map(
    evidence.of(second).readings.map(({ reading }) => [reading.labels[label] ?? '', reading]),
  )
  return evidence.of(first).readings.flatMap(({ reading }) => {
    const subject = reading.labels[label] ?? ''
    const other = others.get(subject)
    return other === undefined ? [] : [{ subject, reading, other }]
  })
}

function jobsIn(evidence: Evidence): View['jobs'] {
  const found = pairs(evidence, migrationJobActive, migrationJobFailed, 'kind')
  return new Map(
    found.map(({ subject, reading: active, other: failed }) => {
      const uid = active.facts?.uid ?? ''
      const isActive = active.value === 1
      // One that runs has a number, even when it is unknown.
      const run = numberOf(uid === '' && isActive ? 'unnamed' : uid)
      const detail = failed.detail ?? ''
      const created = createdIn(evidence.of(migrationJobCreated, { kind: subject }))
      return [subject, { run, uid, active: isActive, failed: failed.value === 1, detail, ...created }]
    }),
  )
}

function workloadsIn(evidence: Evidence): View['workloads'] {
  const found = pairs(evidence, workloadTemplate, workloadRolledOut, 'component')
  return new Map(
    found.map(({ subject, reading: template, other: rolledOut }) => [
      subject,
      {
        template: template.value,
        images: template.facts?.images ?? [],
        rolledOut: rolledOut.value === 1,
        lacks: rolledOut.detail ?? 'not rolled out',
        lacksHealth: rolledOut.facts?.code === 'unavailable',
      },
    ]),
  )
}

function versionsIn(evidence: Evidence): readonly string[] | undefined {
  const { readings, unseen } = evidence.of(migrationApplied)
  if (unseen.length > 0 || readings.length === 0) return undefined
  return readings.map(({ reading }) => reading.labels['version'] ?? '')
}

/** A number for a text, since baselines are numbers: 0 for none, else below 2^44. */
function numberOf(text: string): number {
  let sum = 0
  for (const character of text) sum = (sum * 131 + (character.codePointAt(0) ?? 0)) % 2 ** 44
  return text === '' ? 0 : Math.max(sum, 1)
}

/** Whether Helm is at work on this revision. */
export function isPending({ status }: Release): boolean {
  return status.startsWith('pending')
}

/** Whether anything is being changed at this moment. */
export function isMoving({ release, jobs, workloads }: View): boolean {
  return (
    (release !== undefined && isPending(release)) ||
    [...jobs.values()].some((job) => job.active) ||
    [...workloads.values()].some(({ rolledOut, lacksHealth }) => !rolledOut && !lacksHealth)
  )
}
