import { setTimeout as delay } from 'node:timers/promises'
import { KubernetesFailure, type Kubernetes } from '../connections/kubernetes.ts'
import type { Blindness } from '../core/observation.ts'
import { SECOND, type Millis } from '../core/time.ts'

// Two beats that fail take less than 3 s together, wherever in a pause the API server falls silent.
const EVERY: Millis = SECOND
const WITHIN: Millis = 900
const AGAIN_AFTER: Millis = 100

/**
 * Asks the API server over and over whether it lives: a watch over which nothing comes looks the same whether nothing
 * happens or nobody is there. One request a second, which touches no object and needs no permission.
 * @param onLoss told once when two beats in a row have failed, and again only after one succeeded
 */
export async function beat(
  kubernetes: Kubernetes,
  onLoss: (blindness: Blindness) => void,
  stop: AbortSignal,
): Promise<void> {
  let failures = 0
  while (!stop.aborted) {
    const blindness = await ask(kubernetes, stop)
    failures = blindness === undefined ? 0 : failures + 1
    if (blindness !== undefined && failures === 2 && !stop.aborted) onLoss(blindness)
    const wait = failures === 1 ? AGAIN_AFTER : EVERY
    await delay(wait, undefined, { signal: stop }).catch(() => {})
  }
}

async function ask(kubernetes: Kubernetes, stop: AbortSignal): Promise<Blindness | undefined> {
  const deadline = AbortSignal.any([stop, AbortSignal.timeout(WITHIN)])
  try {
    await kubernetes.json('GET', '/version', { deadline, maxBytes: 64 * 1024 })
    return undefined
  } catch (fault) {
    if (!(fault instanceof KubernetesFailure)) throw fault
    // Whoever answers lives, even if it may not be asked this or not so often.
    if (fault.status !== undefined && fault.status < 500) return undefined
    const { unknownReason, reason, message } = fault
    return { unknownReason, reason, message }
  }
}
