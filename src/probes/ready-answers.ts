import { isReadinessCode, type ReadinessCode } from '../rules/readiness-reasons.ts'
import type { HttpAnswer } from '../connections/http.ts'
import type { Unavailable } from '../core/observation.ts'
import { plain } from '../core/text.ts'
import { isPage, pageUnavailable, statusUnavailable } from './http-status.ts'
import { MINUTE, SECOND, type Clock, type Instant, type Millis } from '../core/time.ts'
import type { Component } from './replicas.ts'
import { reasonsOf, type Reasons } from './declaration.ts'

/** What `/ready` proved. */
export type Readiness = { readonly ready: 1 } | NotReady

export interface NotReady {
  readonly ready: 0
  /** `other` for a reason that the platform is not known to give. */
  readonly reason: ReadinessCode | 'other'
  /** The reason in the replica's words. */
  readonly detail: string
}

const ownAnswer = '# name the service itself, not a proxy before it: services.<service>.replicas'

export const readyReasons = {
  backing_off: [
    'the service named a time before which it is not asked again',
    '# give the exporter an address of its own',
  ],
  invalid_json: ['the answer is not JSON', ownAnswer],
  readiness_not_stated: ['the answer does not say whether the replica is ready', ownAnswer],
  contradictory: ['status and body of the answer contradict each other', '# see the log of the service'],
} as const satisfies Reasons
const why = reasonsOf(readyReasons)

/** Longest piece of an unknown reason that is kept. */
const OTHER_LIMIT = 100

/**
 * What an answer of `/ready` proves, or why it proves nothing. Only 200 with a body that says ready is ready, and
 * only 503 with a body that says otherwise, or 500, is not ready; anything else did not come from the readiness
 * check.
 * @param subject what was asked, for messages: `/ready of api/api-1`
 */
export function readinessOf(answer: HttpAnswer, subject: string): Readiness | Unavailable {
  const { status } = answer
  // What the Node services answer while Redis is down, instead of the 503 of their readiness check (T33).
  if (status === 500) return notReady('internal_error')
  if (status !== 200 && status !== 503) return statusUnavailable(status, subject)
  if (isPage(answer)) return pageUnavailable(subject)
  const body = parse(answer.body)
  if (body === undefined)
    return why('malformed', 'invalid_json', `${subject} answers with something other than JSON`)
  const claims = claimsOf(body)
  if (claims.length === 0)
    return why('malformed', 'readiness_not_stated', `${subject} does not say whether it is ready`)
  if (status === 200)
    return claims.includes(false) || complaintOf(body) !== undefined
      ? why(
          'contradictory',
          'contradictory',
          `${subject} answers 200, and its body says that it is not ready`,
        )
      : { ready: 1 }
  return claims.includes(true)
    ? why('contradictory', 'contradictory', `${subject} answers 503, and its body says that it is ready`)
    : notReady(reasonOf(body))
}

/** That a replica is not ready, by the reason that it gives. */
export function notReady(detail: string): NotReady {
  return { ready: 0, reason: isReadinessCode(detail) ? detail : 'other', detail }
}

type Body = Readonly<Record<string, unknown>>

function parse(text: string): Body | undefined {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Body) : undefined
  } catch {
    return undefined
  }
}

/**
 * Everything in the body that speaks for (true) or against (false) readiness. Node services say `ok`, Go services
 * `ok` and `ready`, Audit `ready` alone when it is, Web `status`.
 */
function claimsOf(body: Body): readonly boolean[] {
  const claims: boolean[] = []
  for (const key of ['ok', 'ready']) if (typeof body[key] === 'boolean') claims.push(body[key])
  if (body['status'] === 'ready') claims.push(true)
  else if (body['status'] === 'draining' || body['status'] === 'unavailable') claims.push(false)
  if (body['draining'] === true) claims.push(false)
  return claims
}

/** What an answer complains of: Go services give a reason, Node services an error. */
function complaintOf(body: Body): string | undefined {
  return [body['reason'], body['error']].find(
    (value): value is string => typeof value === 'string' && value !== '',
  )
}

function reasonOf(body: Body): string {
  if (body['draining'] === true || body['status'] === 'draining') return 'draining'
  const text = complaintOf(body) ?? body['status']
  if (typeof text !== 'string' || text === '') return 'other: no reason given'
  return isReadinessCode(text) ? text : `other: ${plain(text, OTHER_LIMIT)}`
}

/** What a service that answered 429 has asked for. */
interface Throttle {
  /** Until when the service is asked less. */
  readonly until: Instant
  /** Whether it named the time itself, so that it is not asked at all until then. */
  readonly silent: boolean
}

/** The limits count by the minute, so a refused service is asked less for one, and never refused for longer than this. */
const LONGEST_RETRY: Millis = 5 * MINUTE
const THROTTLED_FACTOR = 4
const THROTTLED_LEAST: Millis = 20 * SECOND

export interface Throttles {
  /** Limits count over all replicas of a service, so what one replica refuses holds for all. */
  of(component: Component): Throttle | undefined
  note(component: Component, answer: HttpAnswer): void
}

export function newThrottles(clock: Clock): Throttles {
  const throttles = new Map<Component, Throttle>()
  return {
    of(component) {
      const throttle = throttles.get(component)
      return throttle !== undefined && throttle.until > clock.now() ? throttle : undefined
    },
    note(component, answer) {
      throttles.set(component, throttleFor(answer, clock.now()))
    },
  }
}

function throttleFor(answer: HttpAnswer, now: Instant): Throttle {
  const named = namedIn(answer)
  return named > 0
    ? { until: now + Math.min(named, LONGEST_RETRY), silent: true }
    : { until: now + MINUTE, silent: false }
}

/** By how much a service is asked less. */
export function slowdown(throttle: Throttle | undefined, brisk: Millis, now: Instant): Millis {
  if (throttle === undefined) return 0
  return throttle.silent ? throttle.until - now : Math.max(brisk * THROTTLED_FACTOR, THROTTLED_LEAST)
}

/** The time that an answer names until it may be asked again; 0 when it names none. */
function namedIn({ retryAfter, rateLimit, rateLimitReset, date }: HttpAnswer): Millis {
  const seconds = [
    retryAfter,
    rateLimitReset,
    /(?:^|[\s;,])(?:t|reset)=(\d{1,9})\b/i.exec(rateLimit ?? '')?.[1],
  ]
  // As many seconds as years are an instant of another clock (X-RateLimit-Reset of some servers).
  const named = seconds.map(secondsIn).find((value) => value > 0 && value < 1e9)
  if (named !== undefined) return named * SECOND
  // A date counts from the sender's own clock, if it says that.
  const span = Date.parse(retryAfter ?? '') - Date.parse(date ?? '')
  return Number.isFinite(span) ? Math.max(0, span) : 0
}

function secondsIn(text = ''): number {
  return /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : 0
}

const limits: Partial<Readonly<Record<Component, string>>> = {
  api: 'API grants one client address 120 /ready a minute over all of its replicas',
  coordinator:
    'the Coordinator grants one client address 600 requests a minute of every kind but /health, and 120 /ready, over all of its replicas',
}

/** What the limit is, and whose address uses it up. */
export function limitOf(component: Component): string {
  const limit = limits[component] ?? `something before ${component} limits requests`
  return `${limit}; the exporter asks at most 39 times, so others come from the same address: give it one of its own`
}
