import type { Evidence } from '../core/evidence.ts'
import { keyOf, unknown, unseen, type Condition, type Finding } from '../core/finding.ts'
import type { Target, Unavailable } from '../core/observation.ts'
import { canaryComponents, canarySteps, type CanaryStep, type Piece } from '../core/pushed.ts'
import type { Labels } from '../core/signal.ts'
import { timeOfDay, type Instant } from '../core/time.ts'
import { isInForce, noneInForce, piecesFor, said } from './elsewhere.ts'
import { noReplica } from './readiness.ts'
import { pushedEvidence, pushedReplicaEvidence, ready, workloadDesired } from './signals.ts'

/** What a step that failed is called. */
const stepReasons = {
  'exchange-allowed': { reason: 'canary_exchange_allowed_failed' },
  'exchange-denied': { reason: 'canary_exchange_denied_failed' },
  'call-allowed': { reason: 'canary_call_allowed_failed' },
  'call-denied': { reason: 'canary_call_denied_failed' },
  audit: { reason: 'canary_audit_failed' },
  revocation: { reason: 'canary_revocation_failed' },
} as const satisfies Readonly<Record<CanaryStep, { readonly reason: string }>>

/** Reason of a replica of which the canary can't tell. */
export const INCONCLUSIVE = 'canary_inconclusive'

/** Whether a finding is that one of these steps failed. */
export function failedAt({ answer, reason }: Finding, ...steps: readonly CanaryStep[]): boolean {
  return answer === 'unmet' && steps.some((step) => stepReasons[step].reason === reason)
}

interface Way {
  readonly components: readonly string[]
  /** Where it is said which replicas there should be. */
  readonly source: 'configuration' | 'cluster'
}

/**
 * A canary went through every replica that is known now, in this rollout and not too long ago, and what must be allowed was
 * allowed and what must be denied was denied. A replica that it did not go through, or that was replaced since, is unknown.
 */
export function provenOfReplicas(check: string, { components, source }: Way): Condition {
  const claims = 'a canary went through every STS and Gateway replica as it must'
  const asked = canaryComponents.filter((component) => components.includes(component))
  const cluster = source === 'cluster' ? [workloadDesired] : []
  return {
    claims,
    signals: [pushedEvidence, pushedReplicaEvidence, ready, ...cluster],
    judge(evidence, recollection) {
      const pieces = piecesFor(check, evidence)
      const deciding = pieces.find((one) => isInForce(one, recollection))
      if (deciding === undefined) return [noneInForce(check, claims, pieces, recollection)]
      const { piece, sighting } = deciding
      const whole = said(check, deciding)
      if (sighting === undefined || whole.answer === 'unknown') return [whole]
      if (piece.outcome === 'pass' && piece.since < (recollection.latest?.startedAt ?? -Infinity))
        return [unknown(check, ranBefore(piece), sighting.target.id)]
      const entries = entriesOf(evidence, check, sighting.target)
      const bad = [...entries.values()].flatMap((entry) => judged(entry) ?? [])
      const open = [
        ...asked.flatMap((component) => everyReplica(evidence, component, entries, piece)),
        // Replicas that the cluster does not show may be there.
        ...cluster.flatMap((signal) =>
          asked.flatMap((component) => evidence.of(signal, { component }).unseen.map((spot) => unseen(spot))),
        ),
      ]
      const findings = [...bad, ...open].map((one) => ({ ...one, evidence: sighting.target.id }))
      // What says fail is explained by the replicas that it names.
      return bad.length > 0 ? findings : [whole, ...findings]
    },
  }
}

/** What was there before the rollout says nothing of what it brings; what failed then counts until it is tried again. */
function ranBefore({ since }: Piece): Unavailable {
  const message = `the canary ran at ${timeOfDay(since)}, before the rollout began; run it again`
  return { unknownReason: 'stale', reason: 'canary_before_rollout', message }
}

/** What was pushed of one replica. */
interface Entry {
  readonly key: string
  readonly outcome: 'pass' | 'fail' | 'unknown'
  readonly labels: Labels
  readonly words: string
}

function entriesOf(evidence: Evidence, check: string, { id }: Target): ReadonlyMap<string, Entry> {
  const { readings, unseen: blind } = evidence.of(pushedReplicaEvidence, { check })
  const entries = [
    ...readings
      .filter(({ target }) => target.id === id)
      .map(({ reading: { value, labels, detail = '' } }) =>
        entry(value === 1 ? 'pass' : 'fail', labels, detail),
      ),
    ...blind
      .filter(({ target, labels }) => target.id === id && labels['replica'] !== undefined)
      .map(({ labels, message }) => entry('unknown', labels, message)),
  ]
  return new Map(entries.map((one) => [one.key, one]))
}

function entry(
  outcome: Entry['outcome'],
  { component = '', replica = '', ...more }: Labels,
  words: string,
): Entry {
  return { key: keyOf({ component, replica }, ''), outcome, labels: more, words }
}

/** What speaks against a replica, whether or not it is still there. */
function judged({ key, outcome, labels: { step: named = '', code }, words }: Entry): Finding | undefined {
  if (outcome === 'pass') return undefined
  const step = canarySteps.find((one) => one === named) ?? 'call-allowed'
  const found = `${step}${code === undefined ? '' : ` (${code})`}${words === '' ? '' : `: ${words}`}`
  if (outcome === 'fail')
    return { key, target: key, answer: 'unmet', ...stepReasons[step], message: `${key} failed at ${found}` }
  const message = `the canary can't tell of ${key} at ${found}`
  return unknown(key, { unknownReason: 'ambiguous', reason: INCONCLUSIVE, message }, key)
}

/** Each replica that is there now: whether the canary went through this very one, and not one of its name before it. */
function everyReplica(
  evidence: Evidence,
  component: string,
  entries: ReadonlyMap<string, Entry>,
  { since }: Piece,
): readonly Finding[] {
  if (component === 'audit') return auditOf(entries, since)
  const replicas = evidence.targets(ready, { component })
  if (replicas.length === 0) return [noReplica(component)]
  return replicas.flatMap(({ id, labels }): readonly Finding[] => {
    const key = keyOf({ component, replica: labels['replica'] ?? '' }, id)
    const one = entries.get(key)
    const at = timeOfDay(since)
    if (one === undefined) {
      const message = `the canary of ${at} did not go through ${key}; run it again`
      return [unknown(key, { unknownReason: 'never_measured', reason: 'canary_missing', message }, id)]
    }
    if (one.outcome !== 'pass') return []
    if (one.labels['instance'] !== labels['instance']) {
      const message = `${key} was replaced or restarted after the canary of ${at}; run it again`
      return [unknown(key, { unknownReason: 'stale', reason: 'canary_of_former_replica', message }, id)]
    }
    const message = `the canary of ${at} went through ${key}`
    return [{ key, answer: 'met', reason: 'ok', message, target: id }]
  })
}

/** Audit replicas share one consumer group, and no request can choose among them: the events that landed prove them all. */
function auditOf(entries: ReadonlyMap<string, Entry>, since: Instant): readonly Finding[] {
  if ([...entries.keys()].some((key) => key.startsWith('audit/'))) return []
  const message = `the canary of ${timeOfDay(since)} did not wait for its audit events; run it again`
  return [unknown('audit', { unknownReason: 'never_measured', reason: 'canary_missing', message })]
}
