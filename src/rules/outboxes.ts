import { atMost, notAboveBaseline, type Claim } from '../core/claim.ts'
import { type Condition } from '../core/finding.ts'
import { expected } from './expected.ts'
import type { Limits } from './limits.ts'
import { outboxMessages, outboxOldestPending } from './signals.ts'

/** The API's outbox is `event_outbox`, the Coordinator's `caracal_outbox`. */
const outboxes = ['api', 'coordinator'] as const

/**
 * Both outboxes drain. Judged by the age of what waits, since a row of the API's outbox needs 95 minutes of failure
 * before it counts as dead.
 */
export function outboxesDrain(limits: Limits['outbox']): Condition {
  return {
    claims: 'both outboxes drain',
    signals: [outboxOldestPending, outboxMessages],
    judge: (evidence) =>
      outboxes.flatMap((outbox) => [
        ...expected(
          outbox,
          atMost(
            evidence.of(outboxOldestPending, { outbox }),
            outboxOldestPending,
            limits.pendingAgeSeconds,
            {
              reason: 'outbox_stuck',
              describe: ({ reading }, key) =>
                `the oldest pending row of the ${key} outbox is ${Math.round(reading.value)} s old`,
            },
          ),
        ),
        ...expected(
          `${outbox}/pending`,
          atMost(
            evidence.of(outboxMessages, { outbox, state: 'pending' }),
            outboxMessages,
            limits.pendingRows,
            {
              reason: 'outbox_backlog',
              describe: ({ reading }) => `the ${outbox} outbox has ${reading.value} pending rows`,
            },
          ),
        ),
      ]),
  }
}

const dead: Claim = {
  reason: 'outbox_dead_messages',
  describe: ({ reading }) => `the ${reading.labels['outbox']} outbox has ${reading.value} dead rows`,
}

/** No outbox holds more dead rows than the platform's own readiness accepts. */
export function noDeadRows(limits: Limits['outbox']): Condition {
  const level = { trip: limits.deadRows, clear: limits.deadRows }
  return {
    claims: 'no outbox holds a dead row',
    signals: [outboxMessages],
    judge: (evidence) =>
      outboxes.flatMap((outbox) => {
        const account = evidence.of(outboxMessages, { outbox, state: 'dead' })
        return expected(`${outbox}/dead`, atMost(account, outboxMessages, level, dead))
      }),
  }
}

/** No dead rows appeared: in the API's outbox above its baseline, in the Coordinator's any, since one blocks all of its replicas. */
export const noNewDeadRows: Condition = {
  claims: 'no dead row appears in an outbox',
  signals: [outboxMessages],
  judge: (evidence, recollection) => [
    ...expected(
      'api/dead',
      notAboveBaseline(
        evidence.of(outboxMessages, { outbox: 'api', state: 'dead' }),
        outboxMessages,
        recollection,
        dead,
      ),
    ),
    ...expected(
      'coordinator/dead',
      atMost(
        evidence.of(outboxMessages, { outbox: 'coordinator', state: 'dead' }),
        outboxMessages,
        { trip: 0, clear: 0 },
        dead,
      ),
    ),
  ],
}
