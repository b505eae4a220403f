import type { Beliefs } from './belief.ts'
import { keyOf, type Finding } from './finding.ts'
import type { Moment } from './moment.ts'
import type { Rules, Snapshot } from './snapshot.ts'
import type { StopCondition, StopStatus } from './stop.ts'
import { MINUTE, type Instant, type Millis } from './time.ts'

type Baselines = Snapshot['baselines']

/** Baselines move at first sight, when a count starts anew, and when the window of an edge has passed without an event. */
export function nextBaselines(
  baselines: Baselines,
  judged: readonly { readonly findings: readonly Finding[] }[],
  stops: readonly StopCondition[],
  statuses: ReadonlyMap<string, StopStatus>,
  moment: Moment,
): Baselines {
  const moved = new Map<string, number>()
  for (const { findings } of judged)
    for (const { tally } of findings) if (tally?.baseline !== undefined) moved.set(tally.key, tally.baseline)
  for (const stop of stops) {
    const status = statuses.get(stop.id)
    if (status?.lastEventAt === undefined || !moment.reached(status.lastEventAt + stop.window)) continue
    for (const tally of settleable(status)) moved.set(tally.key, tally.value)
  }
  return moved.size === 0 ? baselines : new Map([...baselines, ...moved])
}

/** The counts of a stop condition that an acknowledgement or its window settles. */
export function settleable(status: StopStatus): readonly { readonly key: string; readonly value: number }[] {
  return status.findings.flatMap(({ answer, tally }) =>
    answer === 'unmet' && tally !== undefined && tally.settles ? { key: tally.key, value: tally.value } : [],
  )
}

/** Prefix of the key that says since when the replica of a baseline is not listed any more. */
const GONE = 'gone:'

/** A replica may be away for this long and be taken for the same when it is back. */
const REMEMBERED: Millis = 24 * 60 * MINUTE

/** Baselines of replicas that are gone; what comes and goes more often than this is forgotten sooner. */
const MOST = 1_000

/**
 * Forgets baselines of replicas that came and went, the oldest first, so that pods that are replaced all the time leave no
 * more than a bounded trace. A baseline is never forgotten while its replica is listed, nor before any replica is listed.
 */
export function withoutTheGone(
  baselines: Baselines,
  beliefs: Beliefs,
  rules: Rules,
  now: Instant,
): Baselines {
  const isListed = listing(beliefs, rules)
  const next = new Map(baselines)
  for (const key of baselines.keys()) {
    const listed = isListed(key)
    if (listed === true) next.delete(GONE + key)
    if (listed === false && !baselines.has(GONE + key)) next.set(GONE + key, now)
  }
  const gone = [...next]
    .filter(([key]) => key.startsWith(GONE))
    .map(([key, since]) => ({ key: key.slice(GONE.length), since }))
    .filter(({ key }) => isListed(key) === false || !baselines.has(key))
    .toSorted((a, b) => b.since - a.since)
  for (const [n, { key, since }] of gone.entries())
    if (n >= MOST || now - since >= REMEMBERED || !baselines.has(key)) {
      next.delete(key)
      next.delete(GONE + key)
    }
  const changed = next.size !== baselines.size || [...next.keys()].some((key) => !baselines.has(key))
  return changed ? next : baselines
}

/** Tells of a baseline whether its replica is listed; undefined when it is about no replica, or none was listed yet. */
function listing(beliefs: Beliefs, rules: Rules): (key: string) => boolean | undefined {
  const watchers = watchersOf(rules)
  const replicas = new Map<string, ReadonlySet<string>>()
  for (const [probe, { targets }] of beliefs)
    replicas.set(probe, new Set([...targets.values()].map(({ target }) => keyOf(target.labels, target.id))))
  return (key) => {
    const [, signal = '', subject = ''] = /^(\w+)\{(.*)\}$/.exec(key) ?? []
    const listed = replicas.get(watchers.get(signal) ?? '')
    if (listed === undefined) return undefined
    const parts = subject.split('/')
    return parts.some((_, n) => listed.has(parts.slice(0, n + 1).join('/')))
  }
}

/** Which probe lists the replicas of a signal: name of each signal about replicas to name of its probe. */
function watchersOf({ gates, stops, providers }: Rules): ReadonlyMap<string, string> {
  const asked = [...gates.flatMap(({ checks }) => checks), ...stops]
  return new Map(
    asked
      .flatMap(({ condition }) => condition.signals)
      .filter(({ labels }) => labels.includes('replica'))
      .flatMap(({ name }) => {
        const probe = providers.get(name)
        return probe === undefined ? [] : [[name, probe] as const]
      }),
  )
}
