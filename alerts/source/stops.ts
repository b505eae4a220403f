import { defaultLimits } from '../../src/rules/limits.ts'
import { platformStreams } from '../../src/rules/platform.ts'
import { nextStepFor } from '../../src/core/advice.ts'
import { components } from '../../src/core/replica.ts'
import type { StopCondition } from '../../src/core/stop.ts'
import { stops } from '../../src/rules/stops.ts'
import { stopAlertName } from '../../src/contract/alert-names.ts'
import { theRelease, type Alert } from './alert.ts'
import { lastSaid, lookUp, recordings, whileActive, whileIdle } from './recordings.ts'

/** The stop conditions, with commands for the release that an alert is about. */
export const stopConditions: readonly StopCondition[] = stops({
  limits: defaultLimits,
  streams: platformStreams,
  components,
  kubernetes: 'on',
  helmSecrets: true,
  release: { name: '{{ $labels.release_name }}', namespace: '{{ $labels.release_namespace }}' },
})

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
  return {
    name: stopAlertName(stop.id),
    severity,
    component: stop.component,
    // The daemon has held the breach for its time already, so there is no `for`.
    expr: duringRollout ? whileActive(forbids) : whileIdle(fires),
    summary: duringRollout
      ? `Stop the rollout of ${theRelease}: ${lowerFirst(stop.title)}.`
      : `${stop.title}: ${theRelease}. No rollout is under way.`,
    description: `${stop.title}.${measured(stop.id)} ${
      duringRollout
        ? 'The verdict stays stop until the cause is gone and an operator has acknowledged it.'
        : 'A rollout must not begin before it is gone.'
    }`,
    nextStep: nextStepFor(stop, undefined),
  }
}

/** Since when, what was seen and what the limit is, as far as the stop condition has them. */
function measured(id: string): string {
  const { firingSince, observed, threshold } = recordings
  const only = { stop_condition: id }
  // As a number 0.95 would become 950m.
  const value =
    '{{ if eq .Labels.unit "ratio" }}{{ .Value | humanizePercentage }}{{ else }}{{ .Value | humanize }} {{ .Labels.unit }}{{ end }}'
  return [
    lookUp(firingSince, only, ' Firing since {{ .Value | humanizeTimestamp }}.'),
    lookUp(observed, only, ` Observed: ${value}.`),
    lookUp(threshold, only, ` Limit: ${value}.`),
  ].join('')
}

function lowerFirst(title: string): string {
  // Names of services keep their capitals.
  return /^(STS|Gateway|Postgres|Redis)/.test(title) ? title : title[0]?.toLowerCase() + title.slice(1)
}
