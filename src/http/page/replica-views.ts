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
import { whyUnavailable } from '../../core/evidence.ts'
import { components } from '../../core/replica.ts'
import type { Signal } from '../../core/signal.ts'
import type { Instant } from '../../core/time.ts'
import type { PageView } from './view.ts'

/** What is believed of one replica, as far as fresh looks tell. */
export interface ReplicaView {
  readonly component: string
  readonly name: string
  /** Of its workload, where a cluster says so. */
  readonly revision: string | undefined
  /** Whether that is the revision that is rolled out; undefined where nobody can tell. */
  readonly isNew: boolean | undefined
  readonly state: 'ready' | 'unready' | 'unknown'
  /** Why it is not ready, or not known to be. */
  readonly message: string
  readonly snapshotAge: number | undefined
  readonly replayAge: number | undefined
  readonly replayFiles: number | undefined
  readonly evidenceLost: number | undefined
  /** When its readiness was last seen. */
  readonly seenAt: Instant | undefined
}

export interface ServiceView {
  readonly component: string
  /** As many as its workload wants, in a cluster. */
  readonly desired: number | undefined
  readonly updated: number | undefined
  readonly replicas: readonly ReplicaView[]
}

/** Every service that has replicas or should have, in the order of the platform. */
export function serviceViews({
  snapshot,
  rules,
}: Pick<PageView, 'snapshot' | 'rules'>): readonly ServiceView[] {
  const fresh = freshReadings({ snapshot, rules })
  const looks = [...(snapshot.beliefs.get(rules.providers.get(ready.name) ?? '')?.targets.values() ?? [])]
  const byComponent = Map.groupBy(looks, ({ target }) => target.labels['component'] ?? '')
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
 * The revision that is rolled out: the only one there is when all are updated, or of two the one that as many replicas
 * have as are updated. Anything else would be a guess.
 */
function targetRevision(looks: readonly Belief[], updated: number | undefined): string | undefined {
  if (updated === undefined) return undefined
  const byRevision = Map.groupBy(looks, ({ target }) => target.labels['revision'])
  const fitting = [...byRevision].filter(
    ([revision, own]) => revision !== undefined && own.length === updated,
  )
  return fitting.length === 1 ? fitting[0]?.[0] : undefined
}

type Fresh = (signal: Signal, component: string, replica?: string) => number | undefined

/** The values of fresh looks by signal, component and replica. */
function freshReadings({ snapshot, rules }: Pick<PageView, 'snapshot' | 'rules'>): Fresh {
  const values = new Map<string, number>()
  const wanted = [
    alive,
    evidenceDropped,
    ready,
    replayFiles,
    replayOldestAge,
    snapshotAge,
    workloadDesired,
    workloadUpdated,
  ]
  const names = new Set(wanted.map(({ name }) => name))
  for (const probe of new Set(wanted.map(({ name }) => rules.providers.get(name) ?? ''))) {
    for (const belief of snapshot.beliefs.get(probe)?.targets.values() ?? []) {
      const outcome = belief.last?.outcome
      if (outcome?.ok !== true || whyUnavailable(belief, snapshot.at) !== undefined) continue
      for (const { signal, labels, value } of outcome.readings) {
        if (!names.has(signal)) continue
        const all = { ...belief.target.labels, ...labels }
        values.set(keyOf(signal, all['component'] ?? '', all['replica'] ?? ''), value)
      }
    }
  }
  return (signal, component, replica = '') => values.get(keyOf(signal.name, component, replica))
}

function keyOf(signal: string, component: string, replica: string): string {
  return JSON.stringify([signal, component, replica])
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
  if (fresh(alive, component, name) === 0) return { state: 'unready', message: 'it does not answer /health' }
  const unavailable = whyUnavailable(belief, now)
  if (unavailable !== undefined) return { state: 'unknown', message: unavailable.message }
  const value = fresh(ready, component, name)
  if (value === undefined) return { state: 'unknown', message: spotOf(belief) }
  return value === 1 ? { state: 'ready', message: '' } : { state: 'unready', message: detailOf(belief) }
}

function detailOf({ last }: Belief): string {
  const readings = last?.outcome.ok === true ? last.outcome.readings : []
  return readings.find(({ signal }) => signal === ready.name)?.detail ?? 'it gives no reason'
}

function spotOf({ last }: Belief): string {
  const spots = last?.outcome.ok === true ? last.outcome.blindSpots : []
  return spots.find(({ signal }) => signal === ready.name)?.message ?? 'it says nothing of its readiness'
}
