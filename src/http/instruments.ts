import { Counter, Histogram, Registry, Summary, collectDefaultMetrics } from 'prom-client'
import { selfFamilies as self, verdictFamilies } from '../contract/families.ts'
import type { Family, HistogramFamily } from '../contract/family.ts'
import { observedFamilies as family } from '../contract/observed-families.ts'
import type { Batch } from '../core/observation.ts'
import type { Millis } from '../core/time.ts'
import { verdicts, type Verdict } from '../core/verdict.ts'

/** What the daemon observes of itself as it happens. Scrapes read it; nothing is judged by it. */
export interface Instruments {
  readonly registry: Registry
  /** Observations were handed over. */
  delivered(batch: Batch, how: Delivered): void
  /** A snapshot became current. It includes all that was delivered before. */
  published(): void
  evaluated(took: Millis): void
  /** The verdict changed. */
  turned(to: Verdict): void
  answered(route: string, code: number, took: Millis): void
  /** A client was refused, because it exceeded a bound. */
  refused(kind: RefusedKind): void
}

/** News is to be in the next snapshot; what a poll repeats is no news. What is pushed was no attempt that took time. */
export type Delivered = 'polled' | 'repeated' | 'pushed'

export type RefusedKind = 'waiters' | 'streams' | 'connections' | 'pipelined' | 'unread'

/** @param now instants of a clock that only goes forward */
export function newInstruments(now: () => Millis): Instruments {
  const registry = new Registry()
  const made = new Map<string, Attempts>()
  sumOf(self.probeAttempts, made, ({ count }) => count, registry)
  sumOf(self.probeDuration, made, ({ seconds }) => seconds, registry)
  const failures = counterOf(self.probeFailures, registry)
  const durations = histogramOf(family.probeAttempt, registry)
  const publication = histogramOf(family.publication, registry)
  const requests = histogramOf(family.httpRequest, registry)
  const refusals = counterOf(self.refused, registry)
  const transitions = counterOf(verdictFamilies.verdictTransitions, registry)
  for (const to of verdicts) transitions.inc({ to }, 0)
  const { name, help } = family.evaluation
  const evaluations = new Summary({ name, help, percentiles: [], registers: [registry] })
  let unpublished: Millis[] = []
  return {
    registry,
    delivered({ probe, observations }, how) {
      const at = now()
      const sum = made.get(probe) ?? { count: 0, seconds: 0 }
      if (observations.length > 0) made.set(probe, sum)
      for (const { outcome, took } of observations) {
        sum.count += 1
        sum.seconds += took / 1_000
        if (!outcome.ok) failures.inc({ probe, reason: outcome.unknownReason })
        const labels = { probe, outcome: outcome.ok ? 'success' : 'failure' }
        if (how !== 'pushed') durations.observe(labels, took / 1_000)
        if (how !== 'repeated') unpublished.push(at)
      }
    },
    published() {
      const at = now()
      for (const since of unpublished) publication.observe((at - since) / 1_000)
      unpublished = []
    },
    evaluated: (took) => evaluations.observe(took / 1_000),
    turned: (to) => transitions.inc({ to }),
    answered: (route, code, took) => requests.observe({ route, code }, took / 1_000),
    refused: (kind) => refusals.inc({ kind }),
  }
}

/** What the attempts of one probe add up to. */
interface Attempts {
  count: number
  seconds: number
}

/** A counter that is made when it is read: a call of the library for each attempt costs as much as a part of the attempt. */
function sumOf(
  { name, help, labels }: Family,
  made: ReadonlyMap<string, Attempts>,
  valueOf: (sum: Attempts) => number,
  registry: Registry,
): void {
  new Counter({
    name,
    help,
    labelNames: labels,
    registers: [registry],
    collect() {
      this.reset()
      for (const [probe, sum] of made) this.inc({ probe }, valueOf(sum))
    },
  })
}

function counterOf({ name, help, labels }: Family, registry: Registry): Counter<string> {
  return new Counter({ name, help, labelNames: labels, registers: [registry] })
}

function histogramOf(
  { name, help, labels, buckets }: HistogramFamily,
  registry: Registry,
): Histogram<string> {
  return new Histogram({ name, help, labelNames: labels, buckets: [...buckets], registers: [registry] })
}

/** Default metrics of prom-client that are left out. */
const leftOut: readonly string[] = [
  // Gauges with the suffix of counters, which promtool refuses, of numbers that sum() gives.
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
  // Private parts of Node; nodejs_active_resources is the public count.
  'nodejs_active_handles',
  'nodejs_active_requests',
  // 25 series named after their type, for what nodejs_eventloop_lag and the CPU time say.
  'nodejs_eventloop_utilization_summary',
  'nodejs_eventloop_utilization_histogram',
]

/** A timer of the utilization that is left out: it can not be turned off, and wakes the process once in a day. */
const SELDOM: Millis = 86_400_000

let ofProcess: Registry | undefined

/** CPU, memory, descriptors, garbage collection and event loop of this process; measured from the first call on. */
export function processMetrics(): Registry {
  if (ofProcess !== undefined) return ofProcess
  ofProcess = new Registry()
  collectDefaultMetrics({
    register: ofProcess,
    eventLoopUtilizationTimeout: SELDOM,
    // Every sample is a wake-up: 50 in a second cost 2.2 ms of CPU, these 0.4, and the shortest timeout is 550 ms.
    eventLoopMonitoringPrecision: 100,
    gcDurationBuckets: [0.001, 0.01, 0.1],
  })
  for (const name of leftOut) ofProcess.removeSingleMetric(name)
  return ofProcess
}
