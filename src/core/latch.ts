import type { Finding } from './finding.ts'
import type { Instant } from './time.ts'

/** That a condition fired during this rollout, and whether somebody has taken note. */
export interface Latch {
  readonly at: Instant
  readonly reason: string
  readonly message: string
  readonly culprits: readonly string[]
  /** It was firing before the rollout began: it blocks, but the rollout is not to blame. */
  readonly preexisting: boolean
  /** What was there before the rollout was seen to end, so that what fires now is the rollout's own. */
  readonly over?: true
  /** A breach was seen, and not merely nothing. */
  readonly proven: boolean
  readonly acknowledged?: Acknowledgement
}

export interface Acknowledgement {
  readonly actor: string
  readonly reason: string
  readonly at: Instant
}

/** The subjects that make a stop condition fire, worst first, as they are named in messages; a page shows ten. */
function culprits(findings: readonly Finding[]): readonly string[] {
  const bad = findings.filter((finding) => finding.answer === 'unmet')
  return (bad.length > 0 ? bad : findings.filter((finding) => finding.answer === 'unknown'))
    .slice(0, 10)
    .map((finding) => finding.key)
}

/** @param findings worst first */
export function newLatch(findings: readonly Finding[], at: Instant): Latch {
  const [worst] = findings
  return {
    at,
    reason: worst?.reason ?? 'unknown',
    message: worst?.message ?? '',
    culprits: culprits(findings),
    preexisting: false,
    proven: findings.some((finding) => finding.answer === 'unmet'),
  }
}

/** A latch that nobody has acknowledged keeps its first cause; what fires anew after that is news. */
export function relatch(held: Latch | undefined, findings: readonly Finding[], at: Instant): Latch {
  return held !== undefined && held.acknowledged === undefined && !held.preexisting
    ? held
    : newLatch(findings, at)
}

/** Whether what was firing before the rollout has not been seen to end; a restart is no end. */
export function stillStands(latch: Latch | undefined): boolean {
  return latch?.preexisting === true && latch.over !== true && latch.acknowledged === undefined
}

/** The latch of what was there before the rollout and has been seen to end. */
export function endedBefore(latch: Latch | undefined): Latch | undefined {
  return latch?.preexisting === true ? { ...latch, over: true } : latch
}
