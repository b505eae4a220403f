import {
  alive,
  evidenceDropped,
  ready,
  replayFiles,
  replayOldestAge,
  snapshotAge,
  workloadDesired,
  workloadUpdated,
} from '../../rules/signals.ts'
import type { Belief } from '../../core/belief.ts'
import { evidenceOf, whyUnavailable } from '../../core/evidence.ts'
import { components } from '../../core/replica.ts'
import type { Signal } from '../../core/signal.ts'
import type { Instant } from '../../core/time.ts'
import type { PageView } from './view.ts'

/** One replica, by the fresh readings of it. */
export interface ReplicaView {
  readonly component: string
  readonly name: string
  /** Of its workload, in a cluster. */
  readonly revision: string | undefined
  /** Whether it has the target revision; undefined if that is not known. */
  readonly isNew: boolean | undefined
  readonly state: 'ready' | 'unready' | 'unknown'
  /** Why it is not ready, or why that is unknown. */
  readonly message: string
  readonly snapshotAge: number | undefined
  readonly replayAge: number | undefined
  readonly replayFiles: number | undefined
  readonly evidenceLost: number | undefined
  /** The last success of the attempt at its readiness. */
  readonly seenAt: Instant | undefined
}

export interface ServiceView {
  readonly component: string
  /** The replicas that its workload should have, in a cluster. */
  readonly desired: number | undefined
  readonly updated: number | undefined
  readonly replicas: readonly ReplicaView[]
}

/** Every service that has replicas or should have them, in the order of the platform. */
export function serviceViews({
  snapshot,
  rules,
}: Pick<PageView, 'snapshot' | 'rules'>): readonly ServiceView[] {
  const fresh = freshValues({ snapshot, rules })
  const beliefs = [...(snapshot.beliefs.get(rules.providers.get(ready.name) ?? '')?.targets.values() ?? [])]
  const byComponent = Map.groupBy(beliefs, ({ target }) => target.labels['component'] ?? '')
  const names = [...components, ...byComponent.keys()].filter(
    (name, place, all) => all.indexOf(name) === place,
  )
  return names.flatMap((component) => {
    const own = byComponent.get(component) ?? []
    const desired = fresh(workloadDesired, component)
    if (own.length === 0 && desired === undefined) return []
    const updated = fresh(workloadUpdated, component)
    const target = targetRevision(own, updated)
    const replicas = own.map((belief) => replicaView(belief, component, target, snapshot.at, fresh))
    return [{ component, desired, updated, replicas }]
  })
}

/**
 * The target revision: the one that exactly as many replicas have as the workload counts as updated. If several fit,
 * or none, it is not known.
 */
function targetRevision(own: readonly Belief[], updated: number | undefined): string | undefined {
  if (updated === undefined) return undefined
  const byRevision = Map.groupBy(own, ({ target }) => target.labels['revision'])
  const fitting = [...byRevision].filter(
    ([revision, replicas]) => revision !== undefined && replicas.length === updated,
  )
  return fitting.length === 1 ? fitting[0]?.[0] : undefined
}

type Fresh = (signal: Signal, component: string, replica?: string) => number | undefined

const shown: readonly Signal[] = [
  alive,
  evidenceDropped,
  ready,
  replayFiles,
  replayOldestAge,
  snapshotAge,
  workloadDesired,
  workloadUpdated,
]

/** Fresh values by signal, component and replica; read once, for a release may have hundreds of replicas. */
function freshValues({ snapshot, rules }: Pick<PageView, 'snapshot' | 'rules'>): Fresh {
  const evidence = evidenceOf(snapshot.beliefs, rules.providers, snapshot.at)
  const values = new Map<string, number>()
  for (const signal of shown)
    for (const { reading, target } of evidence.of(signal).readings) {
      const { component = '', replica = '' } = { ...target.labels, ...reading.labels }
      values.set(keyOf(signal, component, replica), reading.value)
    }
  return (signal, component, replica = '') => values.get(keyOf(signal, component, replica))
}

function keyOf({ name }: Signal, component: string, replica: string): string {
  return JSON.stringify([name, component, replica])
}

function replicaView(
  belief: Belief,
  component: string,
  target: string | undefined,
  now: Instant,
  fresh: Fresh,
): ReplicaView {
  const { id, labels } = belief.target
  const name = labels['replica'] ?? id
  const revision = labels['revision']
  return {
    component,
    name,
    revision,
    isNew: target === undefined || revision === undefined ? undefined : revision === target,
    ...readiness(belief, component, name, now, fresh),
    snapshotAge: fresh(snapshotAge, component, name),
    replayAge: fresh(replayOldestAge, component, name),
    replayFiles: fresh(replayFiles, component, name),
    evidenceLost: fresh(evidenceDropped, component, name),
    seenAt: belief.lastSuccessAt,
  }
}

function readiness(
  belief: Belief,
  component: string,
  name: string,
  now: Instant,
  fresh: Fresh,
): Pick<ReplicaView, 'state' | 'message'> {
  if (fresh(alive, component, name) === 0) return { state: 'unready', message: 'does not answer /health' }
  const unavailable = whyUnavailable(belief, now)
  if (unavailable !== undefined) return { state: 'unknown', message: unavailable.message }
  const value = fresh(ready, component, name)
  if (value === undefined) return { state: 'unknown', message: spotOf(belief) }
  return value === 1 ? { state: 'ready', message: '' } : { state: 'unready', message: detailOf(belief) }
}

function detailOf({ last }: Belief): string {
  const readings = last?.outcome.ok === true ? last.outcome.readings : []
  return readings.find(({ signal }) => signal === ready.name)?.detail ?? 'gives no reason'
}

function spotOf({ last }: Belief): string {
  const spots = last?.outcome.ok === true ? last.outcome.blindSpots : []
  return spots.find(({ signal }) => signal === ready.name)?.message ?? 'reports no readiness'
}
