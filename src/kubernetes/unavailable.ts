import { setTimeout as delay } from 'node:timers/promises'
import { KubernetesFailure } from '../connections/kubernetes.ts'
import { firstFew } from '../core/lists.ts'
import type { Unavailable } from '../core/observation.ts'
import { messageOf, plain } from '../core/text.ts'
import { type Millis, SECOND } from '../core/time.ts'

/** Why objects of a kind can't be seen, from what was thrown. */
export function unavailableFrom(fault: unknown, name: string): Unavailable {
  if (fault instanceof KubernetesFailure) {
    const { unknownReason, reason, message } = fault
    return { unknownReason, reason, message }
  }
  const message = `the answer for ${name} was not understood: ${messageOf(fault)}`
  return { unknownReason: 'malformed', reason: 'unexpected_answer', message }
}

/** Whether asking again promises nothing: an operator has to fix it first. */
export function isFinal(fault: unknown): boolean {
  if (!(fault instanceof KubernetesFailure)) return true
  const { status, unknownReason } = fault
  if (status === undefined) return unknownReason === 'malformed' || unknownReason === 'unauthorized'
  return status >= 400 && status < 500 && ![408, 409, 410, 429].includes(status)
}

export function neverListed(name: string): Unavailable {
  const message = `${name} were not listed yet`
  return { unknownReason: 'never_measured', reason: 'not_listed', message }
}

/** Names are cut after a few: what is wrong with one is most often wrong with all. */
export function notUnderstood(name: string, strange: readonly string[]): Unavailable {
  const named = firstFew(
    strange.map((one) => plain(one, 80)),
    3,
  )
  const message = `of the ${name}, ${named} can't be understood: read them with kubectl get -o yaml, fields that the API server always writes are missing or of another type`
  return { unknownReason: 'malformed', reason: 'unexpected_object', message }
}

const FIRST_PAUSE: Millis = 200
const LAST_PAUSE: Millis = 10 * SECOND

/** What lived so long before it failed has not failed over and over. */
const STEADY: Millis = 5 * SECOND

interface Backoff {
  /** How long to wait after an attempt that took `lived` and ended with `fault`, or with nothing in an orderly way. */
  after(lived: Millis, fault?: unknown): Millis
}

/**
 * Pauses of 0.2 to 10 s with jitter, so that not all clients of an API server come back at once. Nothing is waited for
 * after the first failure in a while, unless the API server refused: then most often only the connection broke.
 * @param random a number from 0 to 1
 */
export function openBackoff(random: () => number = Math.random): Backoff {
  let failures = 0
  return {
    after(lived, fault) {
      if (lived >= STEADY) failures = 0
      const isRefused = fault instanceof KubernetesFailure && fault.status !== undefined && !isGone(fault)
      const exponent = isRefused ? failures : failures - 1
      failures += 1
      // What the API server asks for is kept to, and a little more, or all that it asked would come at once.
      if (fault instanceof KubernetesFailure && fault.retryAfter !== undefined)
        return Math.max(FIRST_PAUSE, fault.retryAfter) * (1 + random() / 5)
      return exponent < 0 ? 0 : Math.min(FIRST_PAUSE * 2 ** exponent * (0.75 + random() / 2), LAST_PAUSE)
    },
  }
}

/** Waits, but no longer than until `stop` is aborted. */
export async function pause(span: Millis, stop: AbortSignal): Promise<void> {
  await delay(span, undefined, { signal: stop }).catch(() => {})
}

/** The version to continue from is no longer kept: a list fixes that, at once. */
export function isGone(fault: unknown): boolean {
  return fault instanceof KubernetesFailure && fault.reason === 'gone'
}
