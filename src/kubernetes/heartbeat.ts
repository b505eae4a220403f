import { KubernetesFailure } from '../connections/kubernetes.ts'
import { signalledWithin } from '../connections/own-time.ts'
import type { Unavailable } from '../core/observation.ts'
import { SECOND, type Millis } from '../core/time.ts'
import { pause } from './unavailable.ts'

// Two beats that fail take less than 3 s together, wherever in a pause the API server falls silent. One alone is not
// believed: watches that live prove more than a request that was lost.
const EVERY: Millis = SECOND
const WITHIN: Millis = 750
const AGAIN_AFTER: Millis = 100

/** An API server that is asked too much names a time; it is kept to, up to this. */
const LONGEST_WAIT: Millis = 5 * SECOND

/** A kind of objects that is watched, and asked about besides. */
export interface Confirmed {
  /**
   * Sees whether what is held of the kind is what there is, and has it listed anew if not.
   * @throws KubernetesFailure when that can't be told
   */
  confirm(deadline: AbortSignal): Promise<void>
  /**
   * Reads the least by which it shows that the kind can be read.
   * @throws KubernetesFailure when it can't
   */
  touch(deadline: AbortSignal): Promise<void>
  /** It could not be confirmed, although the API server answers others. */
  doubt(fault: unknown): void
}

export interface Beating {
  /** Within what time each kind is to be confirmed; there is a beat a second at least. */
  readonly round: () => Millis
  /** Two beats in a row have failed, or the reason why they do is another one now. */
  onLoss(unavailable: Unavailable): void
  /** A beat succeeded after a loss. */
  onReturn(): void
}

/**
 * Confirms one kind after the other, over and over: a watch that brings nothing is the same whether nothing
 * happens, the API server is gone, its connection was dropped, or etcd hangs behind it. Each beat is a read as lists are, with
 * the same rights and the same limits, of the versions alone; `/livez` would be answered where they are not. Where a
 * kind can't be confirmed, the one that could be last tells whether it is that kind or the API server. Ends when `stop`
 * is aborted and never rejects.
 */
export async function beat(kinds: readonly Confirmed[], told: Beating, stop: AbortSignal): Promise<void> {
  let [well] = kinds
  let lost: string | undefined
  let doubted: Confirmed | undefined

  function onAnswer(): void {
    if (lost !== undefined) told.onReturn()
    lost = undefined
  }

  /** Resolves with what kept the API server from answering. */
  async function confirm(kind: Confirmed): Promise<unknown> {
    const isSecond = kind === doubted
    doubted = undefined
    const fault = await attempt((deadline) => kind.confirm(deadline), stop)
    if (stop.aborted) return undefined
    if (fault === undefined) {
      well = kind
      onAnswer()
      return undefined
    }
    const silence = isAnswer(fault) ? undefined : await cross()
    if (stop.aborted || silence !== undefined) return silence
    kind.doubt(fault)
    // Its next turn comes at once: what is wrong with one kind shall not take a whole round to be believed.
    if (!isSecond) doubted = kind
    onAnswer()
    return undefined
  }

  async function cross(): Promise<unknown> {
    await pause(AGAIN_AFTER, stop)
    const fault = await attempt(async (deadline) => well?.touch(deadline), stop)
    return isAnswer(fault) ? undefined : fault
  }

  for (let turn = 0; !stop.aborted;) {
    const kind = doubted ?? kinds[turn++ % kinds.length]
    if (kind === undefined) return
    const silence = await confirm(kind)
    if (silence !== undefined) {
      const unavailable = unavailableFrom(silence)
      if (unavailable.message !== lost) told.onLoss(unavailable)
      lost = unavailable.message
    }
    const asked = silence instanceof KubernetesFailure ? (silence.retryAfter ?? 0) : 0
    const own = Math.min(EVERY, told.round() / kinds.length)
    await pause(Math.max(own, Math.min(asked, LONGEST_WAIT)), stop)
  }
}

/** What `ask` threw; undefined when it succeeded. */
async function attempt(ask: (deadline: AbortSignal) => Promise<void>, stop: AbortSignal): Promise<unknown> {
  try {
    await signalledWithin(WITHIN, (deadline) => ask(AbortSignal.any([stop, deadline])))
    return undefined
  } catch (fault) {
    return fault
  }
}

/** Whether the API server lives: it refuses this one thing, for a reason that does not pass by waiting. */
function isAnswer(fault: unknown): boolean {
  if (fault === undefined) return true
  if (!(fault instanceof KubernetesFailure) || fault.status === undefined) return false
  return fault.status < 500 && fault.status !== 408 && fault.status !== 429
}

function unavailableFrom(fault: unknown): Unavailable {
  if (fault instanceof KubernetesFailure) {
    const { unknownReason, reason, message } = fault
    return { unknownReason, reason, message }
  }
  const text = fault instanceof Error ? fault.message : String(fault)
  const message = `the API server can't be asked about what is watched: ${text}`
  return { unknownReason: 'malformed', reason: 'unexpected_answer', message }
}
