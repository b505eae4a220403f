import { noneAdded, type CountsFrom } from '../core/claim.ts'
import { type Condition, type Recollection } from '../core/finding.ts'
import { newOf } from './counted.ts'
import { circuitOpened, policyErrors } from './signals.ts'

/** In a rollout a replica seen for the first time is new, so all that it counts is news. */
function countsFrom(recollection: Recollection): CountsFrom {
  return recollection.rollout === undefined ? 'first-sight' : 'zero'
}

/**
 * No Gateway replica opened its circuit towards STS. Judged by how often it opened: the gauge keeps its last value
 * until the next request of an idle replica.
 */
export const circuitStaysClosed: Condition = {
  claims: 'no Gateway replica opens its circuit towards STS',
  signals: [circuitOpened],
  judge: (evidence, recollection) =>
    noneAdded(evidence.of(circuitOpened), circuitOpened, countsFrom(recollection), recollection, {
      reason: 'sts_circuit_open',
      describe: ({ reading }, key, observed) =>
        `${key} opened its circuit towards STS: ${newOf(observed, reading, 'time', 'times')}`,
    }),
}

/** No STS replica fails to compile or evaluate policy. Its policy age grows on unchanged policy and proves nothing. */
export const policiesWork: Condition = {
  claims: 'no STS replica fails to compile or evaluate policy',
  signals: [policyErrors],
  judge: (evidence, recollection) =>
    noneAdded(evidence.of(policyErrors), policyErrors, countsFrom(recollection), recollection, {
      reason: 'policy_error',
      describe: ({ reading }, key, observed) =>
        `${key} counts ${newOf(observed, reading, 'policy error', 'policy errors')}`,
    }),
}
