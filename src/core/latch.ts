import type { Finding } from './finding.ts'
import { DETECTION } from './rollout.ts'
import type { Instant } from './time.ts'

/** That a condition fired during this rollout, and whether it is acknowledged. */
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

/** Culprits that a latch names: as many as a page shows. */
const CULPRITS = 10

/** The subjects that make a stop condition fire, worst first, as they are named in messages. */
function culprits(findings: readonly Finding[]): readonly string[] {
  const bad = findings.filter((finding) => finding.answer === 'unmet')
  return (bad.length > 0 ? bad : findings.filter((finding) => finding.answer === 'unknown'))
    .slice(0, CULPRITS)
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

/**
 * A latch without an acknowledgement keeps its first cause; what fires anew after that is news. What is known to be
 * older than the rollout adds to what was there before.
 */
export function relatch(held: Latch | undefined, findings: readonly Finding[], at: Instant): Latch {
  const standing = held?.acknowledged === undefined ? held : undefined
  if (standing?.preexisting === false) return standing
  const older = findings.filter(({ answer, own }) => answer === 'unmet' && own === false)
  const others = findings.filter((finding) => !older.includes(finding))
  if (older.length === 0 || others.some(({ answer }) => answer === 'unmet')) return newLatch(others, at)
  const latch = standing ?? { ...newLatch(older, at), preexisting: true }
  return { ...latch, culprits: [...new Set([...latch.culprits, ...culprits(older)])].slice(0, CULPRITS) }
}

/**
 * The latch by what is known of whose it is. What the rollout was taken to be to blame for is older when all of it is
 * known to be; what was taken for older is the rollout's own as soon as any of it is known to be.
 */
export function attributed(latch: Latch, findings: readonly Finding[]): Latch {
  if (latch.acknowledged !== undefined) return latch
  const named = findings.filter(({ key, answer }) => answer === 'unmet' && latch.culprits.includes(key))
  if (!latch.preexisting) {
    const isOlder = named.length === latch.culprits.length && named.every(({ own }) => own === false)
    return isOlder && named.length > 0 ? { ...latch, preexisting: true } : latch
  }
  const own = named.filter((finding) => finding.own === true)
  return own.length > 0 ? newLatch(own, latch.at) : latch
}

/** The latch of what was there before the rollout, acknowledged once something in the rollout has made all of it good. */
export function madeGood(latch: Latch, findings: readonly Finding[], at: Instant): Latch {
  if (!latch.preexisting || latch.acknowledged !== undefined || latch.culprits.length === 0) return latch
  const remedies = latch.culprits.map((culprit) =>
    findings.find(
      ({ key, answer, makesGood }) =>
        makesGood === true && answer === 'met' && (culprit === key || culprit.startsWith(`${key}/`)),
    ),
  )
  const [remedy] = remedies
  if (remedy === undefined || remedies.includes(undefined)) return latch
  return { ...latch, acknowledged: { actor: DETECTION, reason: remedy.message, at } }
}

/** Whether what was firing before the rollout has not been seen to end; a restart is no end. */
export function stillStands(latch: Latch | undefined): boolean {
  return latch?.preexisting === true && latch.over !== true && latch.acknowledged === undefined
}

/** The latch of what was there before the rollout and has been seen to end. */
export function endedBefore(latch: Latch | undefined): Latch | undefined {
  return latch?.preexisting === true ? { ...latch, over: true } : latch
}
