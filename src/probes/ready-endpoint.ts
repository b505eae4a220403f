import { ready } from '../checks/signals.ts'
import type { Http, HttpAnswer } from '../connections/http.ts'
import { HttpFailure } from '../connections/http-failure.ts'
import type { Target } from '../core/observation.ts'
import { read } from '../core/signal.ts'
import { MINUTE, SECOND, type Clock, type Instant, type Millis } from '../core/time.ts'
import { blindnessOf, cannotSee, replicaOf, urlOf } from './http-status.ts'
import { CannotSee, type Look, type Pace, type Probe } from './probe.ts'
import { readinessOf } from './ready-body.ts'
import { components, countOf, targetsOf, type Component, type Discovery } from './replicas.ts'

export interface ReadyEndpointSources {
  readonly http: Http
  readonly discovery: Discovery
  readonly clock: Clock
}

const LARGEST_BODY = 64 * 1024

/**
 * Time between two calls to one service, whichever replica. API and Coordinator grant 120 `/ready` a minute to one
 * client address over all replicas (T34), which kubelets may share with us, and API's counts over a table that is
 * never pruned: 110 ms of Postgres at a million rows (T29). This is 35 calls a minute, 39 with every interval 10 %
 * short, which also stays far inside the Coordinator's 600 requests a minute for everything.
 */
const RATIONED: Millis = 1_700

interface Budget extends Pace {
  /** Least time between two calls to the service as a whole. */
  readonly between?: Millis
}

const budgets: Readonly<Record<Component, Budget>> = {
  // Their own bound is 5 s for each dependency.
  api: { brisk: 5 * SECOND, quiet: 15 * SECOND, timeout: 5_500, between: RATIONED },
  coordinator: { brisk: 5 * SECOND, quiet: 15 * SECOND, timeout: 5_500, between: RATIONED },
  // Not limited, but each call pings dependencies and writes a file. Their own bound is 2 s (T35).
  sts: { brisk: 500, quiet: 3 * SECOND, timeout: 2_500 },
  gateway: { brisk: 500, quiet: 3 * SECOND, timeout: 2_500 },
  audit: { brisk: 500, quiet: 3 * SECOND, timeout: 2_500 },
  // One SELECT 1 on the database of its sessions; no step of a rollout waits for Web alone.
  web: { brisk: 2 * SECOND, quiet: 10 * SECOND, timeout: 2_500 },
}

/** The limits count by the minute, so a refused service is asked less for one, and never refused for longer than this. */
const LONGEST_RETRY: Millis = 5 * MINUTE
const THROTTLED_FACTOR = 4
const THROTTLED_LEAST: Millis = 20 * SECOND

interface Throttle {
  /** Until when the service is asked less. */
  readonly until: Instant
  /** Whether it named the time itself, so that it is not asked at all until then. */
  readonly silent: boolean
}

/**
 * Asks `/ready` of every replica of every component: exactly this path, for Gateway proxies any other and Web
 * answers any other with a page (T42, T43). It is the only probe that gives `ready`.
 */
export function readyEndpoint({ http, discovery, clock }: ReadyEndpointSources): Probe {
  // Limits count over all replicas of a service, so what one replica refuses holds for all.
  const throttles = new Map<Component, Throttle>()

  function throttleOf(component: Component): Throttle | undefined {
    const throttle = throttles.get(component)
    return throttle !== undefined && throttle.until > clock.now() ? throttle : undefined
  }

  return {
    name: 'ready-endpoint',
    rationed: true,
    provides: [ready],
    targets: () => targetsOf(discovery, components),
    pace(target) {
      const component = componentOf(target)
      const { brisk, quiet, timeout, between = 0 } = budgets[component]
      const siblings = countOf(discovery, component)
      const least = Math.max(between * siblings, slowdown(throttleOf(component), brisk, clock.now()))
      return { brisk: Math.max(brisk, least), quiet: Math.max(quiet, least), timeout }
    },
    async look(target, deadline) {
      const component = componentOf(target)
      const throttle = throttleOf(component)
      if (throttle?.silent === true) throw backingOff(target)
      const url = urlOf(replicaOf(discovery, target), '/ready')
      const request = { deadline, maxBytes: LARGEST_BODY }
      const answer = await http.get(url, request).catch((fault: unknown) => asAnswer(fault, target))
      if ('readings' in answer) return answer
      if (answer.status === 429) throttles.set(component, throttleFor(answer, clock.now()))
      return lookOf(answer, target)
    },
  }
}

function lookOf(answer: HttpAnswer, target: Target): Look {
  const readiness = readinessOf(answer, subjectOf(target))
  if ('unknownReason' in readiness) throw cannotSee(readiness)
  return readinessLook(target, readiness.ready, readiness.detail)
}

function readinessLook(target: Target, value: 0 | 1, detail: string): Look {
  const { component = '', replica = '' } = target.labels
  return { readings: [read(ready, { component, replica }, value, detail)] }
}

/** Where nobody listens nobody is ready: a refused connection is an answer. Every other failure proves nothing. */
function asAnswer(fault: unknown, target: Target): Look {
  if (fault instanceof HttpFailure && fault.reason === 'connection_refused')
    return readinessLook(target, 0, 'connection_refused')
  throw blindnessOf(fault, subjectOf(target))
}

function subjectOf(target: Target): string {
  return `/ready of ${target.id}`
}

function componentOf(target: Target): Component {
  const component = components.find((candidate) => candidate === target.labels['component'])
  if (component === undefined) throw new RangeError(`${target.id} is a replica of no known component`)
  return component
}

function slowdown(throttle: Throttle | undefined, brisk: Millis, now: Instant): Millis {
  if (throttle === undefined) return 0
  return throttle.silent ? throttle.until - now : Math.max(brisk * THROTTLED_FACTOR, THROTTLED_LEAST)
}

function throttleFor({ retryAfter }: HttpAnswer, now: Instant): Throttle {
  // Only the form in seconds: a date would compare another system's clock with ours.
  const named = retryAfter !== undefined && /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) * SECOND : 0
  return named > 0
    ? { until: now + Math.min(named, LONGEST_RETRY), silent: true }
    : { until: now + MINUTE, silent: false }
}

function backingOff(target: Target): CannotSee {
  const message = `${subjectOf(target)} answered 429 and named a time before which it is not asked again`
  return new CannotSee('throttled', 'backing_off', message)
}
