import type { Account, Evidence, Sighting } from '../core/evidence.ts'
import { atMost, isTrue, notAboveBaseline, type Claim } from '../core/claim.ts'
import {
  keyOf,
  unseen,
  type Condition,
  type Finding,
  type Level,
  type Recollection,
} from '../core/finding.ts'
import type { Signal } from '../core/signal.ts'
import { expected } from './expected.ts'
import type { Limits } from './limits.ts'
import type { GroupSpec, StreamSpec } from './platform.ts'
import {
  groupConsumerIdle,
  groupConsumers,
  groupExists,
  groupLag,
  groupOldestPendingAge,
  groupPending,
  streamExists,
} from './signals.ts'

interface Group {
  readonly stream: string
  readonly spec: GroupSpec
}

/** The groups that must keep up. Observers lag for ever by design; per-replica groups are judged with revocation. */
function requiredGroups(streams: readonly StreamSpec[]): readonly Group[] {
  return streams.flatMap(({ name, groups }) =>
    groups.filter((spec) => spec.policy === 'required').map((spec) => ({ stream: name, spec })),
  )
}

/** The findings of `signal` for one group, which must have some, or for all of a stream, which need not. */
export function bounded(
  evidence: Evidence,
  signal: Signal,
  labels: { readonly stream: string; readonly group?: string },
  level: Level,
  claim: Claim,
): readonly Finding[] {
  const findings = atMost(evidence.of(signal, labels), signal, level, claim)
  return labels.group === undefined ? findings : expected(`${labels.stream}/${labels.group}`, findings)
}

/** Streams that are read by a required group exist, and so do those groups. */
export function streamsExist(streams: readonly StreamSpec[]): Condition {
  const needed = streams.filter(({ groups }) => groups.some((group) => group.policy !== 'observer'))
  const groups = requiredGroups(streams)
  return {
    claims: 'every required stream and consumer group exists',
    signals: [streamExists, groupExists],
    judge: (evidence) => [
      ...needed.flatMap(({ name }) =>
        expected(
          name,
          isTrue(evidence.of(streamExists, { stream: name }), streamExists, {
            reason: 'stream_missing',
            describe: ({ reading }, key) =>
              `stream ${key} ${reading.value === 1 ? 'exists' : 'does not exist'}`,
          }),
        ),
      ),
      ...groups.flatMap(({ stream, spec }) =>
        expected(
          `${stream}/${spec.name}`,
          isTrue(evidence.of(groupExists, { stream, group: spec.name }), groupExists, {
            reason: 'group_missing',
            describe: ({ reading }, key) =>
              `consumer group ${key} ${reading.value === 1 ? 'exists' : 'does not exist'}`,
          }),
        ),
      ),
    ],
  }
}

/** Required groups are not far behind, neither in what they have not got nor in what they have not acknowledged. */
export function groupsKeepUp(
  streams: readonly StreamSpec[],
  limits: Limits['streams'],
  which: 'evidence' | 'other',
): Condition {
  const groups = requiredGroups(streams).filter(
    ({ spec }) => (spec.evidence === true) === (which === 'evidence'),
  )
  return {
    claims: which === 'evidence' ? 'audit ingestion keeps up' : 'every required consumer group keeps up',
    signals: [groupLag, groupPending, groupOldestPendingAge],
    judge: (evidence, recollection) =>
      groups.flatMap(({ stream, spec }) => {
        const labels = { stream, group: spec.name }
        return [
          ...bounded(evidence, groupLag, labels, limits.lagEntries, {
            reason: 'lag_high',
            describe: ({ reading }, key) => `${key} has ${reading.value} undelivered entries`,
          }),
          // A failed STS handler leaves its entry pending until the next start, which is ordinary.
          ...(spec.pendingIsResidue === true ? [] : pendingFindings(evidence, labels, limits)),
          ...(spec.moreIsFailure === true ? notApplied(evidence, labels, recollection) : []),
        ]
      }),
  }
}

/** A policy takes STS this long to compile at most (7.9 s were recorded), so what is younger may be under way. */
const APPLIED_WITHIN_SECONDS = 10

/**
 * STS leaves a message pending that it could not apply. When it refuses a policy before it compiles it, that is all that
 * shows: it denies everything in the zone, and none of its counters moves (T54).
 */
function notApplied(
  evidence: Evidence,
  labels: { readonly stream: string; readonly group: string },
  recollection: Recollection,
): readonly Finding[] {
  const ages = evidence.of(groupOldestPendingAge, labels)
  const isYoung =
    ages.readings.length > 0 && ages.readings.every(({ reading }) => reading.value <= APPLIED_WITHIN_SECONDS)
  const findings = notAboveBaseline(evidence.of(groupPending, labels), groupPending, recollection, {
    reason: 'policy_not_applied',
    describe: ({ reading }, key) =>
      `${key} has ${reading.value} entries that STS did not acknowledge: it may have refused a policy and deny everything in its zone`,
  })
  // A subject of its own: the baseline of one that is met must not be lost behind the group's lag.
  const named = findings.map((finding) => ({ ...finding, key: `${finding.key}/pending` }))
  return isYoung ? named.map(underWay) : named
}

/** What is above the baseline and young may be acknowledged yet: the baseline does not limit it so far. */
function underWay(finding: Finding): Finding {
  if (finding.answer !== 'unmet') return finding
  const { observed: _observed, threshold: _threshold, ...rest } = finding
  const message = `what STS did not acknowledge is younger than ${APPLIED_WITHIN_SECONDS} s`
  return { ...rest, answer: 'met', reason: 'ok', message }
}

function pendingFindings(
  evidence: Evidence,
  labels: { readonly stream: string; readonly group: string },
  limits: Limits['streams'],
): readonly Finding[] {
  return [
    ...bounded(evidence, groupPending, labels, limits.pendingEntries, {
      reason: 'pending_high',
      describe: ({ reading }, key) => `${key} has ${reading.value} pending entries`,
    }),
    ...bounded(evidence, groupOldestPendingAge, labels, limits.pendingAgeSeconds, {
      reason: 'pending_old',
      describe: ({ reading }, key) =>
        `the oldest pending entry of ${key} is ${Math.round(reading.value)} s old`,
    }),
  ]
}

/**
 * Groups whose consumers never block for long have one that asks. Before 7.2 Redis does not know a consumer that was
 * never given an entry: what can't be known of it is excused while nothing waits for it.
 */
export function consumersAlive(streams: readonly StreamSpec[], limits: Limits['streams']): Condition {
  const groups = requiredGroups(streams).filter(({ spec }) => spec.asksEvery !== undefined)
  return {
    claims: 'every required consumer group has a live consumer',
    signals: [groupConsumers, groupConsumerIdle, groupLag],
    judge: (evidence) =>
      groups.flatMap(({ stream, spec }) => {
        const labels = { stream, group: spec.name }
        const consumers = evidence.of(groupConsumers, labels)
        const present = [
          ...consumers.readings.map(hasConsumer),
          ...consumers.unseen.map((blind) => unseen(blind)),
        ]
        const idle = bounded(evidence, groupConsumerIdle, labels, limits.consumerIdleSeconds, {
          reason: 'consumer_idle',
          describe: ({ reading }, key) =>
            `no consumer of ${key} has asked for ${Math.round(reading.value)} s`,
        })
        // Without a known consumer none can have asked.
        const some = present.some((finding) => finding.answer === 'met')
        const findings = [...expected(`${stream}/${spec.name}`, present), ...(some ? idle : [])]
        return nothingWaits(evidence.of(groupLag, labels)) ? findings.map(excuseUnknowable) : findings
      }),
  }
}

/** Whether the lag is known to be none; silence about it is no excuse. */
function nothingWaits({ readings, unseen: blind }: Account): boolean {
  return blind.length === 0 && readings.length > 0 && readings.every(({ reading }) => reading.value === 0)
}

function hasConsumer({ reading, target }: Sighting): Finding {
  const key = keyOf(reading.labels, target.id)
  const { value } = reading
  return {
    key,
    answer: value >= 1 ? 'met' : 'unmet',
    reason: value >= 1 ? 'ok' : 'no_consumer',
    message: `${key} has ${value === 0 ? 'no' : value} ${value === 1 ? 'consumer' : 'consumers'}`,
    observed: { value, unit: 'consumers' },
    threshold: { op: '>=', value: 1 },
    target: target.id,
  }
}

function excuseUnknowable(finding: Finding): Finding {
  if (finding.reason !== 'redis_consumers_unknown') return finding
  const message = `no entry waits for a consumer of ${finding.key}`
  return {
    key: finding.key,
    answer: 'met',
    reason: 'ok',
    message,
    ...(finding.target && { target: finding.target }),
  }
}
