import type { Evidence } from '../core/evidence.ts'
import { atMost, isTrue, standingClaim } from '../core/claim.ts'
import { unseen, type Condition, type Finding } from '../core/finding.ts'
import { expected, ofEach } from './expected.ts'
import type { Limits } from './limits.ts'
import type { StreamSpec } from './platform.ts'
import { bounded } from './streams.ts'
import { groupExists, groupLag, perReplicaGroups, snapshotAge, snapshotFresh } from './signals.ts'

/** Every Gateway replica holds a fresh revocation snapshot; a replica with a stale one refuses all requests. */
export function snapshotsFresh(limits: Limits['revocation']): Condition {
  const isFresh = standingClaim({
    reason: 'revocation_snapshot_stale',
    describe: ({ reading }, key) =>
      `${key} reports its revocation snapshot as ${reading.value === 1 ? 'fresh' : 'stale'}`,
  })
  const isYoung = standingClaim({
    reason: 'revocation_snapshot_stale',
    describe: ({ reading }, key) => `the revocation snapshot of ${key} is ${Math.round(reading.value)} s old`,
  })
  return {
    claims: 'every Gateway replica holds a fresh revocation snapshot',
    signals: [snapshotFresh, snapshotAge],
    judge: (evidence) => [
      ...ofEach(
        evidence.targets(snapshotFresh, { component: 'gateway' }),
        isTrue(evidence.of(snapshotFresh), snapshotFresh, isFresh),
      ),
      ...atMost(evidence.of(snapshotAge), snapshotAge, limits.snapshotAgeSeconds, isYoung),
    ],
  }
}

/** Every Gateway replica reads revocations from a consumer group of its own and is not behind. */
export function revocationsPropagate(streams: readonly StreamSpec[], limits: Limits['streams']): Condition {
  const names = streams
    .filter(({ groups }) => groups.some((group) => group.policy === 'per-replica'))
    .map(({ name }) => name)
  const required = new Set(
    streams.flatMap(({ groups }) =>
      groups.filter((spec) => spec.policy === 'required').map((spec) => spec.name),
    ),
  )
  return {
    claims: 'every Gateway replica reads revocations and keeps up',
    signals: [perReplicaGroups, groupExists, groupLag],
    judge: (evidence) =>
      names.flatMap((stream) => [
        ...expected(stream, everyReplicaReads(evidence, stream)),
        ...isTrue(evidence.of(groupExists, { stream }), groupExists, {
          reason: 'group_missing',
          describe: ({ reading }, key) =>
            `consumer group ${key} ${reading.value === 1 ? 'exists' : 'does not exist'}`,
        }).filter((finding) => !required.has(finding.key.slice(stream.length + 1))),
        ...bounded(evidence, groupLag, { stream }, limits.lagEntries, {
          reason: 'lag_high',
          describe: ({ reading }, key) => `${key} has ${reading.value} unread revocations`,
        }).filter((finding) => !required.has(finding.key.slice(stream.length + 1))),
      ]),
  }
}

function everyReplicaReads(evidence: Evidence, stream: string): readonly Finding[] {
  const replicas = evidence.targets(snapshotFresh, { component: 'gateway' }).length
  const account = evidence.of(perReplicaGroups, { stream })
  const seen = account.readings.map(({ reading, target }): Finding => {
    const enough = reading.value >= replicas
    return {
      key: stream,
      answer: enough ? 'met' : 'unmet',
      reason: enough ? 'ok' : 'group_missing',
      message: `${reading.value} of ${replicas} Gateway replicas read ${stream}`,
      observed: { value: reading.value, unit: 'groups' },
      threshold: { op: '>=', value: replicas },
      target: target.id,
    }
  })
  return [...seen, ...account.unseen.map((blind) => unseen(blind))]
}
