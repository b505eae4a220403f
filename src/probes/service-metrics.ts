import type { Http, HttpAnswer } from '../connections/http.ts'
import type { Unavailable, Target } from '../core/observation.ts'
import { SECOND } from '../core/time.ts'
import { ExpositionError, parseExposition, type Sample } from './exposition.ts'
import {
  whyUnavailable,
  probeError,
  isPage,
  pageUnavailable,
  replicaOf,
  statusUnavailable,
} from './http-status.ts'
import { urlOf } from './http-status.ts'
import { ProbeError, type Pace, type Probe } from './probe.ts'
import { components, targetsOf, type Discovery } from './replicas.ts'
import { familiesOf, isMeasured, lookAt, measuredSignals, type Measured } from './service-families.ts'

export interface ServiceMetricsSources {
  readonly http: Http
  readonly discovery: Discovery
  /** The bearer of `/metrics` as it is now, so that a rotated one counts at once; undefined when none is set. */
  readonly bearer: () => string | undefined
}

const LARGEST_BODY = 4 * 1024 * 1024

/**
 * The values lie in the service's memory or are a short listing of its replay volume, so a look costs it next to
 * nothing. Interval and timeout of a brisk look together stay below a second, so that within one a replica that
 * hangs is unknown: its `/ready`, which waits for dependencies, may take longer.
 */
const pace: Pace = { brisk: 250, quiet: 5 * SECOND, timeout: 700 }

/**
 * Asks `/metrics` of every Gateway, STS and Audit replica for the families that signals are made of. Not of API and
 * Coordinator: theirs count over whole tables at each scrape and fail without Postgres (T29, T44), the Coordinator's
 * cannot be had with one bearer (T02), and all that they say of outboxes comes cheaper from Postgres itself. Web has
 * none, and answers with a page (T03).
 */
export function serviceMetrics({ http, discovery, bearer }: ServiceMetricsSources): Probe {
  return {
    name: 'service-metrics',
    provides: measuredSignals,
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
      const unusable = answerUnavailable(answer, token !== undefined, subject)
      if (unusable !== undefined) throw probeError(unusable)
      return lookAt(measuredOf(target), target.labels['replica'] ?? '', parse(answer.body, target, subject))
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
  throw new ProbeError('not_configured', 'bearer_unusable', message)
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
    throw new ProbeError('malformed', 'invalid_exposition', message, { cause: fault })
  }
}
