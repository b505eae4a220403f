import * as signals from '../rules/signals.ts'
import type { Http, HttpAnswer } from '../connections/http.ts'
import { blindSpot, type BlindSpot, type Target, type Unavailable } from '../core/observation.ts'
import { SECOND } from '../core/time.ts'
import { ExpositionError, parseExposition, type Sample } from './exposition.ts'
import {
  isPage,
  pageUnavailable,
  replicaOf,
  statusUnavailable,
  urlOf,
  whyUnavailable,
} from './http-status.ts'
import { ProbeError, type Look, type Pace, type Probe } from './probe.ts'
import { components, targetsOf, type Component, type Discovery } from './replicas.ts'
import { read, type Labels, type Reading, type Signal } from '../core/signal.ts'
import { reasonsOf, type Declaration, type Reasons } from './declaration.ts'
import { httpReasons } from './reasons.ts'

/** The components whose `/metrics` carry signals. */
export type Measured = Extract<Component, 'gateway' | 'sts' | 'audit'>

function isMeasured(component: string): component is Measured {
  return component === 'gateway' || component === 'sts' || component === 'audit'
}

/** A family of a service and the signal that it is for us. Every family has one series per replica, without labels. */
interface Family {
  readonly family: string
  readonly signal: Signal
  readonly kind?: string
}

const snapshotAgeFamily = 'caracal_gateway_revocation_snapshot_age_seconds'
const snapshotFreshFamily = 'caracal_gateway_revocation_snapshot_fresh'

/**
 * One line per family. Left out, because they say something else than their names: the Gateway's circuit gauge,
 * which sticks until the next request (T15), its error counter, which counts policy denials (T16), its propagation
 * gauge, which keeps its last value (T14), the age of the policy, which grows while it does not change (T13), and
 * the pending replay of STS, which forgets files at a restart (T19).
 */
const table: Readonly<Record<Measured, readonly Family[]>> = {
  gateway: [
    { family: snapshotFreshFamily, signal: signals.snapshotFresh },
    { family: snapshotAgeFamily, signal: signals.snapshotAge },
    { family: 'caracal_gateway_revocation_reload_errors_total', signal: signals.snapshotReloadErrors },
    { family: 'caracal_gateway_audit_replay_files', signal: signals.replayFiles },
    { family: 'caracal_gateway_audit_replay_oldest_age_seconds', signal: signals.replayOldestAge },
    { family: 'caracal_gateway_audit_dropped_total', signal: signals.evidenceDropped },
    { family: 'caracal_gateway_sts_circuit_opened_total', signal: signals.circuitOpened },
  ],
  sts: [
    { family: 'caracal_sts_audit_dropped_total', signal: signals.evidenceDropped },
    { family: 'caracal_sts_audit_replay_files', signal: signals.replayFiles },
    { family: 'caracal_sts_audit_replay_oldest_age_seconds', signal: signals.replayOldestAge },
    { family: 'caracal_sts_opa_compile_errors_total', signal: signals.policyErrors, kind: 'compile' },
    { family: 'caracal_sts_opa_eval_errors_total', signal: signals.policyErrors, kind: 'eval' },
  ],
  audit: [
    { family: 'caracal_audit_tamper_mismatch_total', signal: signals.tamperFindings, kind: 'mismatch' },
    {
      family: 'caracal_audit_tamper_chain_breaks_total',
      signal: signals.tamperFindings,
      kind: 'chain_break',
    },
    {
      family: 'caracal_audit_tamper_hmac_failures_total',
      signal: signals.tamperFindings,
      kind: 'hmac_failure',
    },
    { family: 'caracal_audit_tamper_replay_total', signal: signals.tamperFindings, kind: 'replay' },
  ],
}

/** Every signal that the metrics of some component give. */
export const measuredSignals: readonly Signal[] = [
  ...new Set(Object.values(table).flatMap((families) => families.map(({ signal }) => signal))),
]

const namesByComponent = {
  gateway: namesOf(table.gateway),
  sts: namesOf(table.sts),
  audit: namesOf(table.audit),
} as const

function namesOf(families: readonly Family[]): ReadonlySet<string> {
  return new Set(families.map(({ family }) => family))
}

/** The names of the families that are read from a component's metrics. */
export function familiesOf(component: Measured): ReadonlySet<string> {
  return namesByComponent[component]
}

type Samples = ReadonlyMap<string, readonly Sample[]>

/** Families as readings; what is missing, impossible or no number is a blind spot of its own. */
export function lookAt(component: Measured, replica: string, samples: Samples): Look {
  const readings: Reading[] = []
  const blindSpots: BlindSpot[] = []
  for (const family of table[component]) {
    const { signal, kind } = family
    const labels: Labels = { component, replica, ...(kind !== undefined && { kind }) }
    const seen = measure(family, samples)
    if (typeof seen === 'number') readings.push(read(signal, labels, seen))
    else blindSpots.push(blindSpot(signal, labels, seen))
  }
  return { readings, blindSpots }
}

function measure({ family, signal }: Family, samples: Samples): number | Unavailable {
  const [sample, ...others] = samples.get(family) ?? []
  if (sample === undefined)
    // Older lines of the platform lack some families; what is not said is not zero.
    return why('malformed', 'metric_missing', `${family} is missing: this release may not have it`)
  if (others.length > 0)
    return why('ambiguous', 'several_series', `${family} has ${others.length + 1} series, one was expected`)
  const { value } = sample
  if (!Number.isFinite(value)) return why('malformed', 'not_a_number', `${family} is ${value}`)
  if (value < 0) return why('contradictory', 'negative_value', `${family} is ${value}, less than nothing`)
  if (signal.unit === 'boolean' && value !== 0 && value !== 1)
    return why('malformed', 'not_boolean', `${family} is ${value}, neither 0 nor 1`)
  if (family === snapshotAgeFamily && value === 0 && !isFresh(samples))
    return why('ambiguous', 'age_unknown', `${family} is 0, as when there is no snapshot at all`)
  return value
}

/** A Gateway without a snapshot states age 0; only a fresh snapshot can be that young. */
function isFresh(samples: Samples): boolean {
  return samples.get(snapshotFreshFamily)?.[0]?.value === 1
}

export interface ServiceMetricsSources {
  readonly http: Http
  readonly discovery: Discovery
  /** The bearer of `/metrics` as it is now, so that a rotated one counts at once; undefined when none is set. */
  readonly bearer: () => string | undefined
}

const LARGEST_BODY = 4 * 1024 * 1024

/**
 * The values lie in the service's memory or are a short listing of its replay volume, so a look costs it next to
 * nothing: as often as `/ready` of Gateway and STS, which shows a fault within 75 ms in the median. Interval and timeout of
 * a brisk look together stay below a second, so that within one a replica that hangs is unknown: its `/ready`, which waits
 * for dependencies, may take longer.
 */
const pace: Pace = { brisk: 150, quiet: 5 * SECOND, timeout: 700 }

const about = { name: 'service-metrics', provides: measuredSignals } as const
const reasons = {
  bearer_unusable: [
    'the bearer can not be sent',
    'metricsBearer: { file: <a file with the value on one line> }',
  ],
  invalid_exposition: [
    'the answer is no Prometheus exposition',
    '# name the service itself, not a proxy before it: services.<service>.replicas',
  ],
  metric_missing: ['a metric is missing', '# this platform release may lack it: see docs/use/faq.md'],
  several_series: ['a metric has several series', '# see /metrics of the replica'],
  not_a_number: ['a metric is no number', '# see /metrics of the replica'],
  negative_value: ['a metric is below zero', '# see /metrics of the replica'],
  not_boolean: ['a metric is neither 0 nor 1', '# see /metrics of the replica'],
  age_unknown: ['the Gateway has no revocation snapshot', '# see the log of the Gateway'],
} as const satisfies Reasons
const why = reasonsOf({ ...httpReasons, ...reasons })

export const declaration: Declaration = {
  ...about,
  reads: '`/metrics` of Gateway, STS and Audit',
  asks: 'services',
  pace,
  reasons,
  open: (sources) => serviceMetrics(sources),
}

/**
 * Asks `/metrics` of every Gateway, STS and Audit replica for the families that signals are made of. Not of API and
 * Coordinator: theirs count over whole tables at each scrape and fail without Postgres (T29, T44), the Coordinator's
 * cannot be had with one bearer (T02), and all that they say of outboxes comes cheaper from Postgres itself. Web has
 * none, and answers with a page (T03).
 */
export function serviceMetrics({ http, discovery, bearer }: ServiceMetricsSources): Probe {
  const lasts = new WeakMap<Target, { readonly answer: HttpAnswer; readonly look: Look }>()
  return {
    ...about,
    targets: () => targetsOf(discovery, components.filter(isMeasured)),
    pace: () => pace,
    async look(target, deadline) {
      const url = urlOf(replicaOf(discovery, target), '/metrics')
      const subject = `/metrics of ${target.id}`
      const token = bearer()
      const headers = authorization(token, subject)
      const answer = await http
        .get(url, { headers, deadline, maxBytes: LARGEST_BODY })
        .catch((fault: unknown) => {
          throw whyUnavailable(fault, subject)
        })
      const last = lasts.get(target)
      // The same bytes, which were read before.
      if (last?.answer === answer) return last.look
      const unusable = answerUnavailable(answer, token !== undefined, subject)
      if (unusable !== undefined) throw new ProbeError(unusable)
      const samples = parse(answer.body, target, subject)
      const look = lookAt(measuredOf(target), target.labels['replica'] ?? '', samples)
      lasts.set(target, { answer, look })
      return look
    },
  }
}

function measuredOf(target: Target): Measured {
  const component = target.labels['component'] ?? ''
  if (isMeasured(component)) return component
  throw new RangeError(`${target.id} has no metrics that are read`)
}

/** @throws ProbeError when the bearer cannot be a header; its text must not come into any message */
function authorization(token: string | undefined, subject: string): Record<string, string> {
  if (token === undefined) return {}
  if (/^[\x21-\x7e]+$/.test(token)) return { authorization: `Bearer ${token}` }
  const message = `${subject} was not asked: metricsBearer is empty or holds characters that no header may hold`
  throw new ProbeError(why('not_configured', 'bearer_unusable', message))
}

function answerUnavailable(answer: HttpAnswer, hasBearer: boolean, subject: string): Unavailable | undefined {
  const { status } = answer
  if (status === 401 || status === 403) {
    const advice = hasBearer
      ? 'the value of metricsBearer is not the one that this replica expects'
      : 'set metricsBearer to the value that the platform has (its default mode demands one)'
    const unavailable = statusUnavailable(status, subject)
    return { ...unavailable, message: `${unavailable.message}: ${advice}` }
  }
  if (status !== 200) return statusUnavailable(status, subject)
  return isPage(answer) ? pageUnavailable(subject) : undefined
}

function parse(body: string, target: Target, subject: string): ReadonlyMap<string, readonly Sample[]> {
  try {
    return parseExposition(body, familiesOf(measuredOf(target)))
  } catch (fault) {
    if (!(fault instanceof ExpositionError)) throw fault
    const message = `${subject} is no Prometheus exposition: ${fault.message}`
    throw new ProbeError(why('malformed', 'invalid_exposition', message), { cause: fault })
  }
}
