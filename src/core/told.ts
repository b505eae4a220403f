import type { Finding, Quantity } from './finding.ts'
import type { Tick } from './streak.ts'
import { timeOfDay, type Instant, type Millis } from './time.ts'

/** That a stop condition fires on although all that it judges is well, and for how long it will. */
export interface Over {
  /** Since when everything has been seen to be well without a break. */
  readonly since: Instant
  /** When it is clear, if nothing else comes. */
  readonly clearsAt: Instant
  /**
   * `calm`: it has not been well for long enough. `window`: it is over, and stays visible; an
   * acknowledgement ends it.
   */
  readonly awaits: 'calm' | 'window'
}

/** How long a stop condition stays after what it was about. */
interface Lasting {
  readonly kind: 'edge' | 'level' | 'cannot-prove'
  readonly clearAfter: Millis
  readonly window: Millis
}

/**
 * When a condition of which everything is well is clear. Outside a rollout nothing latches, so an edge stands long enough
 * to be noticed.
 */
export function overSince(
  { kind, clearAfter, window }: Lasting,
  since: Instant,
  lastEventAt: Instant | undefined,
  { reached, rollout }: Tick & { readonly rollout: boolean },
): Over {
  const calmAt = since + clearAfter
  const seenUntil = kind === 'edge' && !rollout && lastEventAt !== undefined ? lastEventAt + window : calmAt
  return { since, clearsAt: Math.max(calmAt, seenUntil), awaits: reached(calmAt) ? 'window' : 'calm' }
}

/**
 * What a stop condition says of itself while it fires on after its breach: one finding, with what is observed now, that
 * says what the breach was. State, message, observed value and culprit come from it.
 *
 * @param breach the worst finding of the breach that was last seen
 * @param findings what is found now, worst first; none of it is a breach
 */
export function toldAfter(breach: Finding, findings: readonly Finding[], over: Over | undefined): Finding {
  const current = findings.find(({ key }) => key === breach.key)
  if (over !== undefined) return overFinding(breach, current, over)
  // What keeps it firing is what cannot be seen, or is not far enough below its limit.
  const isWell = current === undefined || current.answer === 'met'
  const holding = isWell ? (findings.find(({ answer }) => answer !== 'met') ?? breach) : current
  const reason = holding.answer === 'unknown' ? holding.reason : breach.reason
  return { ...holding, reason, message: `${holding.message}; it fired for: ${breach.message}` }
}

function overFinding(breach: Finding, current: Finding | undefined, { since, clearsAt }: Over): Finding {
  const { key, reason, target, observed } = breach
  const now = current ?? {
    message: `${key} is gone`,
    ...(target !== undefined && { target }),
  }
  const was = isCounted(observed) ? `was ${observed.value}` : `before that: ${breach.message}`
  const times = `over since ${timeOfDay(since)}, clear at ${timeOfDay(clearsAt)}`
  return { ...now, key, answer: 'met', reason, message: `${times}: ${now.message}, ${was}` }
}

/** Whether a bare number says what was wrong. */
function isCounted(observed: Quantity | undefined): observed is Quantity {
  return observed !== undefined && observed.unit !== 'boolean' && Number.isInteger(observed.value)
}
