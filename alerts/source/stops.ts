import { defaultLimits } from '../../src/rules/limits.ts'
import { platformStreams } from '../../src/rules/platform.ts'
import { nextStepFor } from '../../src/core/advice.ts'
import { components } from '../../src/core/replica.ts'
import type { StopCondition } from '../../src/core/stop.ts'
import type { Options } from '../../src/rules/options.ts'
import { stops } from '../../src/rules/stops.ts'
import { stopAlertName } from '../../src/contract/alert-names.ts'
import { theRelease, type Alert } from './alert.ts'
import { asMeasured, asTime, lasting, lookUp, own, ranked } from './annotations.ts'
import { urlOption } from './links.ts'
import { lastSaid, recordings, whileActive, whileIdle } from './recordings.ts'

/** The release that an alert is about; nothing else is known of its installation. */
export const installation: Options = {
  limits: defaultLimits,
  streams: platformStreams,
  components,
  kubernetes: 'on',
  helmSecrets: true,
  release: { name: '{{ $labels.release_name }}', namespace: '{{ $labels.release_namespace }}' },
}

/** The stop conditions, with commands for that. */
export const stopConditions: readonly StopCondition[] = stops(installation)

/** A page for every stop condition in a rollout, and a warning outside of one. */
export const stopAlerts: readonly Alert[] = stopConditions.flatMap((stop) => [
  stopAlert(stop, 'critical'),
  stopAlert(stop, 'warning'),
])

function stopAlert(stop: StopCondition, severity: 'critical' | 'warning'): Alert {
  const only = `{stop_condition="${stop.id}"}`
  const fires = `${lastSaid(recordings.firing, only)} == 1`
  // A breach that came and went still stops the rollout, until it is acknowledged.
  const forbids = `(\n  ${fires}\n  or\n  ${lastSaid(recordings.latched, only)} == 1\n)`
  const duringRollout = severity === 'critical'
  const { what, since, measured } = facts(stop)
  return {
    name: stopAlertName(stop.id),
    severity,
    component: stop.component,
    // The daemon has held the breach for its time already, so there is no `for`.
    expr: duringRollout ? whileActive(forbids) : whileIdle(fires),
    summary: `${what}. ${duringRollout ? 'Stop the rollout.' : 'No rollout is under way.'}`,
    description: `${since}${measured}${
      duringRollout
        ? `The verdict stays stop until the cause is gone and an operator acknowledges it: caracal-gate ack ${stop.id}${urlOption} --token-file gate-token --reason "why it is safe to go on"`
        : 'Fix it before the next rollout begins.'
    }`,
    nextStep: nextStepFor(stop, undefined),
    runbook: stop.id,
    page: `#stop-${stop.id}`,
  }
}

/** Whom it blames, since when, what was measured and what the limit is, as far as the stop condition has them. */
function facts({ id, title }: StopCondition) {
  const only = { stop_condition: id }
  const firing = own(recordings.firing, only)
  const since = own(recordings.firingSince, only)
  const latched = `${own(recordings.latched, only)} == 1`
  const latchedAt = `${own(recordings.latchedAt, only)} and ${latched} unless ${firing} == 1`
  const limit = lookUp(own(recordings.threshold, only), ` (limit ${asMeasured})`)
  return {
    what: `${title}: ${ranked(own(recordings.culprit, only), 'culprit', '', ' of ')}${theRelease}${lasting(since, ', for ')}${lookUp(latchedAt, ', over but not acknowledged')}`,
    since: `${lookUp(since, `Firing since ${asTime}. `)}${lookUp(latchedAt, `Fired at ${asTime}. `)}`,
    measured: lookUp(own(recordings.observed, only), `Measured: ${asMeasured}${limit}. `),
  }
}
