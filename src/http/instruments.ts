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
  /** Observations were handed over, to be in the next snapshot. What is pushed was no attempt that took time. */
  delivered(batch: Batch, how: 'polled' | 'pushed'): void
  /** A snapshot became current. It includes all that was delivered before. */
  published(): void
  evaluated(took: Millis): void
  /** The verdict changed. */
  turned(to: Verdict): void
  answered(route: string, code: number, took: Millis): void
  /** A client was refused, because it exceeded a bound. */
  refused(kind: RefusedKind): void
}

export type RefusedKind = 'waiters' | 'streams' | 'connections' | 'pipelined' | 'unread'

/** @param now instants of a clock that only goes forward */
export function newInstruments(now: () => Millis): Instruments {
  const registry = new Registry()
  const attempts = counterOf(self.probeAttempts, registry)
  const failures = counterOf(self.probeFailures, registry)
  const seconds = counterOf(self.probeDuration, registry)
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
      for (const { outcome, took } of observations) {
        attempts.inc({ probe })
        seconds.inc({ probe }, took / 1_000)
        if (!outcome.ok) failures.inc({ probe, reason: outcome.unknownReason })
        const labels = { probe, outcome: outcome.ok ? 'success' : 'failure' }
        if (how === 'polled') durations.observe(labels, took / 1_000)
        unpublished.push(at)
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
