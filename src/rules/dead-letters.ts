import { noneAdded } from '../core/claim.ts'
import { type Condition } from '../core/finding.ts'
import { newOf } from './counted.ts'
import { deadLetterArrivals } from './signals.ts'

/**
 * Nothing arrived in a dead-letter stream since what is known. Judged by arrivals, not by length: replay and
 * trimming shorten a dead-letter stream while it grows.
 */
export const noDeadLetters: Condition = {
  claims: 'no entry arrives in a dead-letter stream',
  signals: [deadLetterArrivals],
  judge: (evidence, recollection) =>
    noneAdded(evidence.of(deadLetterArrivals), deadLetterArrivals, 'first-sight', recollection, {
      reason: 'dead_letter_arrived',
      describe: ({ reading }, key, observed) => `${key} took ${newOf(observed, reading, 'entry', 'entries')}`,
    }),
}
