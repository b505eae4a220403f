import type { Latch } from '../../../src/core/latch.ts'
import type { Batch, Target } from '../../../src/core/observation.ts'
import { read } from '../../../src/core/signal.ts'
import { initialSnapshot } from '../../../src/core/snapshot.ts'
import { step } from '../../../src/core/step.ts'
import type { LedgerLine } from '../../../src/http/context.ts'
import type { PageView } from '../../../src/http/page/view.ts'
import { ready, workloadDesired, workloadUpdated } from '../../../src/rules/signals.ts'
import { aBatch, failed, saw } from '../../support/timeline.ts'
import { finding, handMadeRules, play, rollout, standardRules, start, type World } from './context.ts'
import { viewOf, viewOfSnapshot } from './page-views.ts'

export const dead: World = new Map([
  ['audit-dlq-growing', finding('unmet', { message: 'x.dlq took 3 entries', key: 'x.dlq', target: 'redis' })],
])
export const blind: World = new Map([
  ['ready-sts', finding('unknown', { message: 'sts-0 did not answer', target: 'sts/sts-0' })],
])

/** A world in which a stop fired after ten seconds, for five, and is well again. */
export function latched(acknowledged?: Latch['acknowledged']): PageView {
  const world: World = new Map([
    ['replay-backlog-aging', finding('unmet', { message: 'x.dlq took 3 entries', key: 'x.dlq' })],
  ])
  const rules = handMadeRules(new Map())
  const fired = play(handMadeRules(world), 15, { ...initialSnapshot(start, rules), rollout })
  const well = play(rules, 60, fired)
  const status = well.stops.get('replay-backlog-aging')
  if (status?.latch === undefined || acknowledged === undefined) return viewOfSnapshot(well, rules)
  const stops = new Map(well.stops).set(status.id, { ...status, latch: { ...status.latch, acknowledged } })
  return viewOfSnapshot(play(rules, 60, { ...well, stops }), rules)
}

export const at = 1_000_000
const providers = new Map([
  [ready.name, 'ready-endpoint'],
  [workloadDesired.name, 'workloads'],
  [workloadUpdated.name, 'workloads'],
])
export const rules = standardRules(providers)

function sts(name: string, revision: string): Target {
  return { id: `sts/${name}`, labels: { component: 'sts', replica: name, revision } }
}

/** Replicas of STS with these revisions; the attempt at `hidden` failed. */
export function replicas(revisions: readonly string[], hidden = -1): Batch {
  const targets = revisions.map((revision, place) => sts(`sts-${place}`, revision))
  const looks = targets.map((target, place) => {
    const { replica = '' } = target.labels
    return place === hidden
      ? failed(target, at)
      : saw(target, at, [read(ready, { component: 'sts', replica }, 1)], [])
  })
  return aBatch('ready-endpoint', at, looks)
}

/** The workload of STS. */
export function workload(desired: number, updated: number): Batch {
  const component = 'sts'
  const readings = [
    read(workloadDesired, { component }, desired),
    read(workloadUpdated, { component }, updated),
  ]
  return aBatch('workloads', at, [saw({ id: 'cluster', labels: {} }, at, readings, [])])
}

export function viewOfBatches(...batches: readonly Batch[]): PageView {
  return viewOfSnapshot(step(initialSnapshot(at, rules), batches, at, rules), rules)
}

/** A rollout that failed after it had migrated, while the exporter could not save its state. */
export function failedRollout(): PageView {
  const view = viewOf(new Map(), 60, {
    history: [{ rollout, stops: {}, ledger: [line('rollout-begun', 'migrating'), line('evidence', 'pass')] }],
  })
  const finishedAt = view.report.evaluatedAt
  const stateStore = { ok: false, message: 'the disk is full' }
  return {
    ...view,
    report: {
      ...view.report,
      rollout: { ...view.report.rollout, phase: 'failed', finishedAt },
      evaluator: { ...view.report.evaluator, stateStore },
    },
  }
}

function line(kind: string, to: string): LedgerLine {
  const written = { message: '', to }
  return { sequence: 1, at: start, kind, subject: 'a', message: '', written, previous: '', hash: '' }
}
