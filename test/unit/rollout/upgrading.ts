import {
  migrationApplied,
  migrationJobActive,
  migrationJobCreated,
  migrationJobFailed,
  migrationJobSucceeded,
  releaseCreated,
  releaseDeployed,
  releaseFailed,
  releaseRevision,
  workloadRolledOut,
  workloadTemplate,
} from '../../../src/rules/signals.ts'
import type { Observation, Batch } from '../../../src/core/observation.ts'
import { read, type Reading, type Signal } from '../../../src/core/signal.ts'
import { initialSnapshot, type Rules, type Snapshot } from '../../../src/core/snapshot.ts'
import { evaluate, type Evaluated } from '../../../src/rollout/evaluation.ts'
import { nothingRemembered, recall, type Memory } from '../../../src/rollout/memory.ts'
import { aBatch, aTarget, failed, saw, showing } from '../../support/timeline.ts'
import { aStop, depth, nothingArrives, smallRules } from '../core/small-rules.ts'

/**
 * How one migration Job fares; `gone` is one that Helm deleted, or that never ran. After the uid may stand when the
 * run was created, in seconds: `failed aaaaaaaa-1 @90`.
 */
export type JobShown = 'gone' | `${'active' | 'failed' | 'complete' | 'deleted' | 'succeeded'} ${string}`

/** A workload: number of its template, and whether it is rolled out. */
export type WorkloadShown = readonly [template: number, lacks?: string]

/** What there is to be seen of an upgrade at one instant. */
export interface World {
  readonly release?: readonly [revision: number, status: string, begun?: number]
  readonly jobs: Readonly<Record<string, JobShown>>
  readonly workloads: Readonly<Record<string, WorkloadShown>>
  readonly versions: readonly string[]
  /** How many dead letters ever arrived, and whatever else makes the one stop condition fire. */
  readonly arrivals: number
  /** Probes that can't see. */
  readonly blind: readonly string[]
  /** Probes that are not to see anything, by the configuration. */
  readonly off: readonly string[]
  /** Probes of which nothing was heard yet. */
  readonly silent: readonly string[]
}

/** A release that is deployed and rolled out. */
export const calm: World = {
  release: [5, 'deployed'],
  jobs: { migrate: 'gone', 'auth-migrate': 'gone' },
  workloads: { api: [100], sts: [200] },
  versions: ['0001', '0002'],
  arrivals: 7,
  blind: [],
  off: [],
  silent: [],
}

const givenBy: readonly (readonly [string, readonly Signal[]])[] = [
  ['helm-release', [releaseRevision, releaseCreated, releaseDeployed, releaseFailed]],
  ['migration-jobs', [migrationJobActive, migrationJobCreated, migrationJobFailed, migrationJobSucceeded]],
  ['workloads', [workloadTemplate, workloadRolledOut]],
  ['schema-migrations', [migrationApplied]],
  ['small', [depth]],
]

/** Rules whose verdict is `proceed` as long as nothing arrives and `small` can be seen. */
export const rules: Rules = smallRules({
  stops: [aStop({ kind: 'edge', condition: nothingArrives })],
  providers: new Map(
    givenBy.flatMap(([probe, signals]) => signals.map(({ name }) => [name, probe] as const)),
  ),
  steady: 30_000,
})

const kubernetes = aTarget('kubernetes')

/** The batches that show this world. */
export function shown(world: World, at: number): readonly Batch[] {
  const looks: readonly (readonly [string, readonly Reading[]])[] = [
    ['helm-release', releaseReadings(world)],
    ['migration-jobs', Object.entries(world.jobs).flatMap(([kind, job]) => jobReadings(kind, job))],
    [
      'workloads',
      Object.entries(world.workloads).flatMap(([name, workload]) => workloadReadings(name, workload)),
    ],
    ['schema-migrations', world.versions.map((version) => read(migrationApplied, { version }, 1))],
  ]
  const batches = looks.map(([probe, readings]) => {
    const look: Observation[] = world.silent.includes(probe) ? [] : [lookOf(world, probe, readings, at)]
    return aBatch(probe, at, look, [kubernetes])
  })
  return [...batches, showing(at, { redis: world.arrivals })]
}

function lookOf({ blind, off }: World, probe: string, readings: readonly Reading[], at: number): Observation {
  if (off.includes(probe)) return failed(kubernetes, at, 'not_configured')
  return blind.includes(probe) ? failed(kubernetes, at) : saw(kubernetes, at, readings)
}

function releaseReadings({ release }: World): Reading[] {
  if (release === undefined) return []
  const [revision, status, begun] = release
  return [
    ...(begun === undefined ? [] : [read(releaseCreated, {}, begun)]),
    read(releaseRevision, {}, revision, undefined, { chart: `caracal-1.0.${revision}` }),
    read(releaseDeployed, {}, status === 'deployed' ? 1 : 0, undefined, { status }),
    read(releaseFailed, {}, status === 'failed' ? 1 : 0, saidOf(status)),
  ]
}

/** What Helm says of a revision in this status. */
function saidOf(status: string): string {
  return status === 'failed' ? 'Upgrade "caracal" failed: context deadline exceeded' : 'Upgrade complete'
}

function jobReadings(kind: string, job: JobShown): Reading[] {
  if (job === 'gone') return [read(migrationJobActive, { kind }, 0), read(migrationJobFailed, { kind }, 0)]
  const [state, uid, at] = job.split(' ')
  const created = at === undefined ? [] : [read(migrationJobCreated, { kind }, Number(at.slice(1)))]
  if (state === 'deleted' || state === 'succeeded')
    return [
      ...jobReadings(kind, 'gone'),
      read(migrationJobSucceeded, { kind }, state === 'succeeded' ? 1 : 0),
      ...created,
    ]
  const facts = { uid: uid ?? '' }
  const isFailed = state === 'failed'
  return [
    read(migrationJobActive, { kind }, state === 'active' ? 1 : 0, undefined, facts),
    read(
      migrationJobFailed,
      { kind },
      isFailed ? 1 : 0,
      isFailed ? 'BackoffLimitExceeded: it failed' : undefined,
      facts,
    ),
    read(migrationJobSucceeded, { kind }, state === 'complete' ? 1 : 0, undefined, facts),
    ...created,
  ]
}

function workloadReadings(component: string, [template, lacks]: WorkloadShown): Reading[] {
  return [
    read(workloadTemplate, { component }, template, undefined, {
      images: [`caracal/${component}:${template}`],
    }),
    read(
      workloadRolledOut,
      { component },
      lacks === undefined ? 1 : 0,
      lacks,
      lacks === undefined ? undefined : { code: lacks.startsWith('unavailable') ? 'unavailable' : 'waiting' },
    ),
  ]
}

/** The daemon without its inbox: what it believes and what it remembers. */
export function started(at = 0): Evaluated {
  return { snapshot: initialSnapshot(at, rules), memory: nothingRemembered }
}

/** The same daemon after a restart, with nothing but what it wrote down. */
export function restarted({ snapshot, memory }: Evaluated, judgedBy: Rules = rules): Evaluated {
  const kept = JSON.parse(JSON.stringify(memory)) as Memory
  return { snapshot: recall(initialSnapshot(snapshot.at, judgedBy), kept), memory: kept }
}

/** One evaluation of this world. */
export function look(state: Evaluated, world: World, at: number, judgedBy: Rules = rules): Evaluated {
  return evaluate(state, { now: at, batches: shown(world, at) }, judgedBy, 'caracal')
}

/** Evaluations of one world after the other, five seconds apart; gives the state after each. */
export function watch(
  state: Evaluated,
  worlds: readonly World[],
  from = state.snapshot.at,
): readonly Evaluated[] {
  const states: Evaluated[] = []
  let current = state
  for (const [index, world] of worlds.entries()) {
    current = look(current, world, from + 5_000 * (index + 1))
    states.push(current)
  }
  return states
}

/** The same world for so many evaluations. */
export function lasting(world: World, times: number): readonly World[] {
  return Array.from({ length: times }, () => world)
}

/** Where a rollout stands, in words: `caracal-r6 rolling`. */
export function standing({ snapshot: { rollout } }: { readonly snapshot: Snapshot }): string {
  return rollout === undefined ? 'none' : `${rollout.id} ${rollout.phase}`
}

/** What the ledger has of rollouts: `caracal-r6 begun preflight`. */
export function told({ memory }: Evaluated): readonly string[] {
  return memory.ledger
    .filter(({ kind }) => kind.startsWith('rollout-'))
    .map(({ kind, subject, to }) => `${subject} ${kind.slice('rollout-'.length)} ${to}`)
}
