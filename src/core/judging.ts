import type { Beliefs, ProbeBelief } from './belief.ts'
import { evidenceOf, type Evidence, type Providers } from './evidence.ts'
import type { Condition, Finding, Recollection } from './finding.ts'
import { judge } from './judge.ts'
import { measuredIn, type Measured, type Plotted } from './measured.ts'
import { isActive } from './rollout.ts'
import type { Snapshot } from './snapshot.ts'
import type { Instant } from './time.ts'

/** Findings with all that they were made from: they stand for as long as none of it is another. */
interface Judged {
  readonly findings: readonly Finding[]
  readonly measured: readonly Measured[]
  /** What was believed by each probe that was asked about. */
  readonly from: ReadonlyMap<string, ProbeBelief | undefined>
  readonly providers: Providers
  readonly baselines: Snapshot['baselines']
  readonly rollout: Snapshot['rollout']
  /** The last instant at which every look behind them is fresh; before `now` where time itself was asked. */
  readonly until: Instant
}

// Most batches bring news of one probe, and most conditions ask about others.
const judgements = new WeakMap<Snapshot, ReadonlyMap<Condition, Judged>>()

export interface Judging {
  /** What a condition finds and measures, judged once in a step for all that share it. */
  of(item: Plotted): Pick<Judged, 'findings' | 'measured'>
  all(): readonly (readonly Finding[])[]
  /** Lets the step after `snapshot` go on from what was judged in this one. */
  keepFor(snapshot: Snapshot): void
}

/** Judges conditions at `now`; what nothing has changed for is not judged anew. */
export function judging(previous: Snapshot, beliefs: Beliefs, now: Instant, providers: Providers): Judging {
  const { baselines, rollout } = previous
  const before = judgements.get(previous)
  const judged = new Map<Condition, Judged>()
  const evidence = evidenceOf(beliefs, providers, now)

  function stands({ from, until, ...made }: Judged): boolean {
    if (
      now > until ||
      made.providers !== providers ||
      made.baselines !== baselines ||
      made.rollout !== rollout
    )
      return false
    for (const [probe, belief] of from) if (beliefs.get(probe) !== belief) return false
    return true
  }

  function anew(item: Plotted): Judged {
    const from = new Map<string, ProbeBelief | undefined>()
    const asked = askedAbout(evidence, providers, (probe) => from.set(probe, beliefs.get(probe)))
    const recalled = recollect(previous, now)
    const findings = judge(item.condition, asked.evidence, recalled.recollection)
    const measured = measuredIn(item, findings, asked.evidence, recalled.recollection)
    const isTimeless = !asked.time() && !recalled.time()
    const until = isTimeless ? Math.min(...[...from.values()].map(freshUntil)) : -Infinity
    // What is stale already says for how long, which is another thing each time.
    return { findings, measured, from, providers, baselines, rollout, until: until < now ? -Infinity : until }
  }

  return {
    of(item) {
      const known = judged.get(item.condition) ?? before?.get(item.condition)
      const current = known !== undefined && stands(known) ? known : anew(item)
      judged.set(item.condition, current)
      return current
    },
    all: () => [...judged.values()].map(({ findings }) => findings),
    keepFor: (snapshot) => void judgements.set(snapshot, judged),
  }
}

const fresh = new WeakMap<ProbeBelief, Instant>()

/** The last instant at which every look of a probe is fresh. */
function freshUntil(belief: ProbeBelief | undefined): Instant {
  if (belief === undefined) return Infinity
  const known = fresh.get(belief)
  if (known !== undefined) return known
  let until = Infinity
  for (const { last } of belief.targets.values())
    if (last !== undefined) until = Math.min(until, last.at + last.validFor)
  fresh.set(belief, until)
  return until
}

/** The evidence, telling which probes and whether the time were asked about. */
function askedAbout(
  evidence: Evidence,
  providers: Providers,
  ask: (probe: string) => void,
): { readonly evidence: Evidence; readonly time: () => boolean } {
  let time = false
  return {
    time: () => time,
    evidence: {
      get now() {
        time = true
        return evidence.now
      },
      of(signal, where) {
        ask(providers.get(signal.name) ?? '')
        return evidence.of(signal, where)
      },
      targets(signal, where) {
        ask(providers.get(signal.name) ?? '')
        return evidence.targets(signal, where)
      },
    },
  }
}

function recollect(
  { rollout, baselines }: Snapshot,
  now: Instant,
): { readonly recollection: Recollection; readonly time: () => boolean } {
  let time = false
  const recollection: Recollection = {
    get now() {
      time = true
      return now
    },
    ...(isActive(rollout) && { rollout }),
    ...(rollout !== undefined && { latest: rollout }),
    baseline: (key) => baselines.get(key),
    baselines: (prefix) => [...baselines.keys()].filter((key) => key.startsWith(prefix)).toSorted(),
  }
  return { recollection, time: () => time }
}
