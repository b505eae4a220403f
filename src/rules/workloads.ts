import type { Account, Evidence, Sighting } from '../core/evidence.ts'
import { isTrue } from '../core/claim.ts'
import { type Condition, type Finding, type Recollection } from '../core/finding.ts'
import type { Reading, Signal } from '../core/signal.ts'
import { expected } from './expected.ts'
import { workloadDesired, workloadProgressing, workloadRolledOut } from './signals.ts'

/**
 * Every expected component has a workload, and it is rolled out to its target revision. What is not there yet is waited
 * for while a rollout replaces it, for as long as the workload can go on.
 */
export function workloadsRolledOut(components: readonly string[]): Condition {
  return {
    claims: 'every workload has rolled out to its target revision',
    signals: [workloadRolledOut, workloadProgressing, workloadDesired],
    judge: (evidence, recollection) =>
      installedOf(components, evidence).flatMap((component) => {
        const progress = progressOf(evidence, component)
        const failures = progress.filter(({ answer }) => answer === 'unmet')
        if (failures.length > 0) return failures
        const rolledOut = ofComponent(evidence, workloadRolledOut, component, recollection, (account) =>
          isTrue(account, workloadRolledOut, {
            reason: reasonOr('not_rolled_out'),
            describe: ({ reading }, key) =>
              reading.value === 1 ? `${key} is rolled out` : `${key} is not rolled out: ${saidIn(reading)}`,
          }).map((finding) => waiting(finding, recollection)),
        )
        // That it is rolled out is known, so that silence about its progress is a hole in what is known.
        const missing = rolledOut.some(({ reason }) => reason === 'no_workload')
        return missing ? rolledOut : [...rolledOut, ...expected(component, progress)]
      }),
  }
}

/** The platform also runs without Web: it is not expected where the cluster is visible and has no workload of it. */
const onWish = 'web'

/** The components that must be there, as far as the cluster says which are installed. */
export function installedOf(components: readonly string[], evidence: Evidence): readonly string[] {
  const { readings, unseen } = evidence.of(workloadDesired, { component: onWish })
  const isSeen = unseen.length === 0 && evidence.targets(workloadDesired).length > 0
  return isSeen && readings.length === 0 ? components.filter((component) => component !== onWish) : components
}

/** Whether the workload of the component can go on. That it can't is final: there is nothing to wait for. */
export function progressOf(evidence: Evidence, component: string): readonly Finding[] {
  return isTrue(evidence.of(workloadProgressing, { component }), workloadProgressing, {
    reason: reasonOr('no_progress'),
    describe: ({ reading }, key) =>
      reading.value === 1
        ? `the workload of ${key} can go on`
        : `the workload of ${key} can't go on: ${saidIn(reading)}`,
  }).map((finding) => (finding.answer === 'unmet' ? { ...finding, hold: 0 } : finding))
}

/**
 * What is found of a component's workload. Silence about it while the cluster is seen means that there is none, which
 * is a failure: the component is expected.
 */
export function ofComponent(
  evidence: Evidence,
  signal: Signal,
  component: string,
  recollection: Recollection,
  judge: (account: Account) => readonly Finding[],
): readonly Finding[] {
  const account = evidence.of(signal, { component })
  if (account.readings.length > 0 || account.unseen.length > 0) return judge(account)
  const [cluster] = evidence.targets(signal)
  if (cluster === undefined) return expected(component, [])
  const message = `${component} has no workload: no Deployment or StatefulSet of the release is labelled with it`
  const missing = { key: component, answer: 'unmet', reason: 'no_workload', message } as const
  return [waiting({ ...missing, target: cluster.id }, recollection)]
}

/** Whether a rollout is replacing workloads, so that what is not there yet is on its way. */
export function isReplacing({ rollout }: Recollection): boolean {
  return rollout?.phase === 'migrating' || rollout?.phase === 'rolling'
}

/** A finding that is waited for while a rollout replaces workloads: whether they still can go on is judged by itself. */
function waiting(finding: Finding, recollection: Recollection): Finding {
  return finding.answer === 'unmet' && isReplacing(recollection) ? { ...finding, hold: Infinity } : finding
}

/** The reason that a reading gives for itself. */
export function reasonOr(otherwise: string): (sighting: Sighting) => string {
  return ({ reading }) => reading.facts?.code ?? otherwise
}

/** What a reading says of what is wrong. */
export function saidIn({ detail = 'no reason given' }: Reading): string {
  return detail
}
