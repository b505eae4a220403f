import { expect, test } from 'vitest'
import { openBucket } from '../../../src/probes/allowance.ts'

test('a burst is free, then each one waits for its own', () => {
  const bucket = openBucket({ burst: 3, perSecond: 10 })
  expect([0, 0, 0, 0, 0].map((now) => bucket.take(now))).toEqual([0, 0, 0, 100, 200])
})

test('what was used comes back with time, and no more than the burst', () => {
  const bucket = openBucket({ burst: 2, perSecond: 10 })
  expect([0, 0, 100, 150].map((now) => bucket.take(now))).toEqual([0, 0, 0, 50])
  expect([60_000, 60_000, 60_000].map((now) => bucket.take(now))).toEqual([0, 0, 100])
})
