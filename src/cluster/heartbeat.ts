import { setTimeout as delay } from 'node:timers/promises'
import { KubernetesFailure, type Kubernetes } from '../connections/kubernetes.ts'
import type { Blindness } from '../core/observation.ts'
import { SECOND, type Millis } from '../core/time.ts'

// Two beats that fail take less than 3 s together, wherever in a pause the API server falls silent. One alone is not
// believed: watches that live prove more than a request that was lost.
const EVERY: Millis = SECOND
const WITHIN: Millis = 750
const AGAIN_AFTER: Millis = 100

export interface Beating {
  /** Two beats in a row have failed, or the reason why they do is another one now. */
  onLoss(blindness: Blindness): void
  /** A beat succeeded after a loss. */
  onReturn(): void
}

/**
 * Asks the API server over and over whether it lives: a watch over which nothing comes looks the same whether nothing
 * happens, nobody is there, or etcd hangs behind it. One request a second, which touches no object; every account may
 * make it, and the API server never throttles it. Ends when `stop` is aborted and never rejects.
 */
export async function beat(kubernetes: Kubernetes, told: Beating, stop: AbortSignal): Promise<void> {
  let failures = 0
  let lost: string | undefined
  while (!stop.aborted) {
    const blindness = await ask(kubernetes, stop)
    if (stop.aborted) return
    failures = blindness === undefined ? 0 : failures + 1
    if (blindness === undefined) {
      if (lost !== undefined) told.onReturn()
      lost = undefined
    } else if (failures >= 2 && blindness.message !== lost) {
      lost = blindness.message
      told.onLoss(blindness)
    }
    const wait = failures === 1 ? AGAIN_AFTER : EVERY
    await delay(wait, undefined, { signal: stop }).catch(() => {})
  }
}

async function ask(kubernetes: Kubernetes, stop: AbortSignal): Promise<Blindness | undefined> {
  const deadline = AbortSignal.any([stop, AbortSignal.timeout(WITHIN)])
  try {
    await kubernetes.alive(deadline)
    return undefined
  } catch (fault) {
    if (!(fault instanceof KubernetesFailure)) return notUnderstood(fault)
    // Whoever refuses lives; whether we may look at anything, the lists tell.
    if (fault.status !== undefined && fault.status < 500) return undefined
    const { unknownReason, reason, message } = fault
    return { unknownReason, reason, message }
  }
}

function notUnderstood(fault: unknown): Blindness {
  const text = fault instanceof Error ? fault.message : String(fault)
  const message = `the API server can't be asked whether it lives: ${text}`
  return { unknownReason: 'malformed', reason: 'unexpected_answer', message }
}
