import type { Sighting } from '../core/evidence.ts'
import { isTrue, unknown, type Condition } from '../core/finding.ts'
import { ofEach } from './expected.ts'
import { alive, ready } from './signals.ts'

/** Every replica of the component that should exist proves its own readiness. */
export function replicasReady(component: string): Condition {
  return {
    claims: `every ${component} replica proves readiness`,
    signals: [ready, alive],
    judge(evidence) {
      const replicas = evidence.targets(ready, { component })
      if (replicas.length === 0) return [noReplica(component)]
      const proves = isTrue(evidence.of(ready, { component }), ready, { reason: codeOf, describe: inWords })
      // A replica that lives has not proven readiness by that, so only what speaks against it counts.
      const lives = isTrue(evidence.of(alive, { component }), alive, { reason: codeOf, describe: inWords })
      return [...ofEach(replicas, proves), ...lives.filter(({ answer }) => answer !== 'met')]
    },
  }
}

/** A reason that the platform is not known to give stands behind `other: `, in the replica's words. */
function codeOf({ reading }: Sighting): string {
  return reading.detail?.split(':', 1)[0] ?? 'not_ready'
}

function inWords({ reading }: Sighting, key: string): string {
  return reading.value === 1
    ? `${key} is ready`
    : `${key} is not ready: ${reading.detail ?? 'no reason given'}`
}

function noReplica(component: string) {
  const message = `no replica of ${component} is known`
  return unknown(component, { unknownReason: 'never_measured', reason: 'no_replica', message })
}
