import type { Account } from '../core/evidence.ts'
import { atMost, isTrue } from '../core/claim.ts'
import { type Condition, type Finding } from '../core/finding.ts'
import type { Reading } from '../core/signal.ts'
import { expected } from './expected.ts'
import { secretKeysMissing, servicePortReaches, workloadDesired, workloadDrift } from './signals.ts'
import { installedOf, ofComponent, reasonOr, saidIn } from './workloads.ts'

/** Reason of a reading of `secretKeysMissing` whose Secret does not exist at all. */
export const NO_SUCH_SECRET = 'no_such_secret'

const none = { trip: 0, clear: 0 }

/** The live objects equal the manifest of the Helm release: those of the expected components, and what else it holds. */
export function nothingDrifted(components: readonly string[]): Condition {
  return {
    claims: 'the live workloads equal the manifest of the Helm release',
    signals: [workloadDrift, workloadDesired],
    judge: (evidence) => [
      ...driftIn(evidence.of(workloadDrift)),
      ...installedOf(components, evidence).flatMap((component) =>
        expected(component, driftIn(evidence.of(workloadDrift, { component }))),
      ),
    ],
  }
}

function driftIn(account: Account): readonly Finding[] {
  return atMost(account, workloadDrift, none, {
    reason: 'manifest_drift',
    describe: ({ reading }, key) =>
      reading.value === 0
        ? `${key} equals the manifest`
        : `${key} differs from the manifest in ${reading.value} ${reading.value === 1 ? 'field' : 'fields'}: ${reading.detail ?? 'not named'}`,
  })
}

/** Every Secret and every key of it that a workload refers to exists. Values are never looked at. */
export const secretsExist: Condition = {
  claims: 'every referenced Secret and key exists',
  signals: [secretKeysMissing],
  judge: (evidence) =>
    atMost(evidence.of(secretKeysMissing), secretKeysMissing, none, {
      reason: 'secret_key_missing',
      describe: ({ reading }, key) =>
        reading.value === 0
          ? `Secret ${key} holds every key that is referenced`
          : `Secret ${key} ${lackOf(reading)}`,
    }),
}

function lackOf({ value, detail = 'not named', facts }: Reading): string {
  return facts?.code === NO_SUCH_SECRET
    ? `does not exist, ${detail}`
    : `lacks ${value} of its keys: ${detail}`
}

/** Each Service leads to the ready pods of its component, on the port that they really listen on. */
export function servicesReach(components: readonly string[]): Condition {
  return {
    claims: 'every Service port reaches the port that its service listens on',
    signals: [servicePortReaches, workloadDesired],
    judge: (evidence, recollection) =>
      installedOf(components, evidence).flatMap((component) =>
        ofComponent(evidence, servicePortReaches, component, recollection, (account) =>
          isTrue(account, servicePortReaches, {
            reason: reasonOr('service_port'),
            describe: ({ reading }, key) =>
              reading.value === 1 ? `the Service of ${key} reaches its pods` : saidIn(reading),
          }),
        ),
      ),
  }
}
