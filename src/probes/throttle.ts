import type { HttpAnswer } from '../connections/http.ts'
import { MINUTE, SECOND, type Clock, type Instant, type Millis } from '../core/time.ts'
import type { Component } from './replicas.ts'

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
