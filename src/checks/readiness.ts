import { isTrue, unknown, type Condition } from '../core/finding.ts'
import { ofEach } from './expected.ts'
import { ready } from './signals.ts'

/** Every replica of the component that should exist proves its own readiness. */
export function replicasReady(component: string): Condition {
  return {
    claims: `every ${component} replica proves readiness`,
    signals: [ready],
    judge(evidence) {
      const replicas = evidence.targets(ready, { component })
      if (replicas.length === 0) return [noReplica(component)]
      const findings = isTrue(evidence.of(ready, { component }), ready, {
        reason: ({ reading }) => reading.detail ?? 'not_ready',
        describe: ({ reading }, key) =>
          reading.value === 1
            ? `${key} is ready`
            : `${key} is not ready: ${reading.detail ?? 'no reason given'}`,
      })
      return ofEach(replicas, findings)
    },
  }
}

function noReplica(component: string) {
  const message = `no replica of ${component} is known`
  return unknown(component, { unknownReason: 'never_measured', reason: 'no_replica', message })
}
