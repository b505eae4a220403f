import { isTrue, noneAdded } from '../core/claim.ts'
import { type Condition } from '../core/finding.ts'
import { newOf } from './counted.ts'
import { expected } from './expected.ts'
import type { Limits } from './limits.ts'
import { shares } from './postgres.ts'
import {
  redisMemoryLimit,
  redisMemoryUsed,
  redisNoEviction,
  redisPersistence,
  redisRejectedWrites,
} from './signals.ts'

/**
 * Redis has memory left and takes writes. The platform runs it without eviction, so memory pressure ends in refused
 * writes, which is lost audit evidence.
 */
export function memoryAvailable(limits: Limits['redis']): Condition {
  return {
    claims: 'Redis has memory left and takes writes',
    signals: [redisMemoryUsed, redisMemoryLimit, redisRejectedWrites],
    judge: (evidence, recollection) => [
      ...shares(evidence, redisMemoryUsed, redisMemoryLimit, limits.memoryRatio, 'memory_pressure'),
      ...noneAdded(evidence.of(redisRejectedWrites), redisRejectedWrites, 'first-sight', recollection, {
        reason: 'writes_rejected',
        describe: ({ reading }, _key, observed) =>
          `Redis rejected ${newOf(observed, reading, 'write', 'writes')}`,
      }).map((finding) => (finding.answer === 'unknown' ? finding : { ...finding, key: 'writes', hold: 0 })),
    ],
  }
}

/** Redis neither evicts entries nor loses them at a restart. */
export const redisKeepsEntries: Condition = {
  claims: 'Redis evicts nothing and persists what it holds',
  signals: [redisNoEviction, redisPersistence],
  judge: (evidence) => [
    ...expected(
      'eviction',
      isTrue(evidence.of(redisNoEviction), redisNoEviction, {
        reason: 'eviction_policy',
        describe: ({ reading }) => `the eviction policy of Redis is ${reading.detail ?? 'unknown'}`,
      }).map((finding) => ({ ...finding, key: 'eviction' })),
    ),
    ...expected(
      'persistence',
      isTrue(evidence.of(redisPersistence), redisPersistence, {
        reason: 'persistence',
        describe: ({ reading }) =>
          reading.value === 1
            ? 'Redis persists'
            : `Redis does not persist: ${reading.detail ?? 'no reason given'}`,
      }).map((finding) => ({ ...finding, key: 'persistence' })),
    ),
  ],
}
