import type { Evidence } from '../core/evidence.ts'
import { atMost, isTrue, type Claim, type Condition, type Finding, type Level } from '../core/finding.ts'
import type { Signal } from '../core/signal.ts'
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

/** The findings of `signal` for one group. */
export function bounded(
  evidence: Evidence,
  signal: Signal,
  labels: { readonly stream: string; readonly group?: string },
  level: Level,
  claim: Claim,
): readonly Finding[] {
  return atMost(evidence.of(signal, labels), signal, level, claim)
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
        isTrue(evidence.of(streamExists, { stream: name }), streamExists, {
          reason: 'stream_missing',
          describe: ({ reading }, key) =>
            `stream ${key} ${reading.value === 1 ? 'exists' : 'does not exist'}`,
        }),
      ),
      ...groups.flatMap(({ stream, spec }) =>
        isTrue(evidence.of(groupExists, { stream, group: spec.name }), groupExists, {
          reason: 'group_missing',
          describe: ({ reading }, key) =>
            `consumer group ${key} ${reading.value === 1 ? 'exists' : 'does not exist'}`,
        }),
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
    judge: (evidence) =>
      groups.flatMap(({ stream, spec }) => {
        const labels = { stream, group: spec.name }
        return [
          ...bounded(evidence, groupLag, labels, limits.lagEntries, {
            reason: 'lag_high',
            describe: ({ reading }, key) => `${key} has ${reading.value} undelivered entries`,
          }),
          // A failed STS handler leaves its entry pending until the next start, which is ordinary.
          ...(spec.pendingIsResidue === true ? [] : pendingFindings(evidence, labels, limits)),
        ]
      }),
  }
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

/** Groups whose consumers never block for long have a consumer that asked lately. */
export function consumersAlive(streams: readonly StreamSpec[], limits: Limits['streams']): Condition {
  const groups = requiredGroups(streams).filter(({ spec }) => spec.asksEvery !== undefined)
  return {
    claims: 'every required consumer group has a live consumer',
    signals: [groupConsumers, groupConsumerIdle],
    judge: (evidence) =>
      groups.flatMap(({ stream, spec }) => {
        const labels = { stream, group: spec.name }
        const present = evidence.of(groupConsumers, labels)
        const absent = present.readings
          .filter(({ reading }) => reading.value === 0)
          .map(({ target }): Finding => {
            const key = `${stream}/${spec.name}`
            return {
              key,
              answer: 'unmet',
              reason: 'no_consumer',
              message: `${key} has no consumer`,
              observed: { value: 0, unit: 'consumers' },
              threshold: { op: '>=', value: 1, unit: 'consumers' },
              target: target.id,
            }
          })
        return [
          ...absent,
          ...bounded(evidence, groupConsumerIdle, labels, limits.consumerIdleSeconds, {
            reason: 'consumer_idle',
            describe: ({ reading }, key) =>
              `no consumer of ${key} has asked for ${Math.round(reading.value)} s`,
          }),
        ]
      }),
  }
}
