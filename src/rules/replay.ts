import { atMost, standingClaim } from '../core/claim.ts'
import { type Condition } from '../core/finding.ts'
import type { Limits } from './limits.ts'
import { replayOldestAge } from './signals.ts'

/** No replica keeps an old audit replay file. Such files drain only when the process starts. */
export function replayIsYoung(limits: Limits['replay']): Condition {
  const isYoung = standingClaim({
    reason: 'replay_backlog_old',
    describe: ({ reading }, key) => `the oldest replay file of ${key} is ${Math.round(reading.value)} s old`,
  })
  return {
    claims: 'no replica keeps an old audit replay file',
    signals: [replayOldestAge],
    judge: (evidence) =>
      atMost(evidence.of(replayOldestAge), replayOldestAge, limits.oldestAgeSeconds, isYoung),
  }
}
