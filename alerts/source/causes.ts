import { causeAlertName, EXPLAINED } from '../../src/contract/alert-names.ts'
import { nextStepFor } from '../../src/core/advice.ts'
import { causeIds, type CauseId } from '../../src/core/cause.ts'
import { causeActions } from '../../src/rules/actions.ts'
import { ofRelease, releaseLabels, theRelease, type Alert, type Recording } from './alert.ts'
import { asTime, lasting, listed, lookUp, own, ranked } from './annotations.ts'
import { lastSaid, recordings, whileActive, whileIdle } from './recordings.ts'
import { installation } from './stops.ts'

const { active, firing, latched, causeActive, causeSince, causeLasting, culprit, explained } = recordings

const inForce = `(${lastSaid(firing)} == 1 or ${lastSaid(latched)} == 1)`

function onRelease(label: string): string {
  return `on (${[...releaseLabels, label].join(', ')})`
}

/**
 * A stop condition in force that another one in force explains, or a cause. The series of what explains it ends with that,
 * so it is read as it is now; where the exporter says nothing at all, as it was said last.
 */
export const explainedInForce: Recording = {
  record: 'release:caracal_rollout_stop_condition_explained_in_force:max',
  expr: `(
  ${explained.record}
  or
  last_over_time(${explained.record}[5m]) unless on ${ofRelease} ${active.record}
)
and ${onRelease('stop_condition')} ${inForce}
and ${onRelease('cause')} (
  ${lastSaid(causeActive)} == 1
  or
  label_replace(${inForce}, "cause", "$1", "stop_condition", "(.+)")
)`,
}

/** The alerts that it names are kept back, whatever their severity: what explains them comes in their place. */
const marker: Alert = {
  name: EXPLAINED,
  severity: 'none',
  component: 'rollout',
  expr: `${explainedInForce.record} == 1`,
  summary: `{{ $labels.cause }} explains {{ $labels.stop_condition }} of ${theRelease}.`,
  description:
    'Alertmanager keeps the alert on the stop condition back while this one fires. Send it to no person.',
  nextStep: 'none: see the alert on what explains it',
  runbook: '{{ $labels.cause }}',
  page: '',
}

/** What is wrong, and where to look first. */
const told: Readonly<Record<CauseId, Pick<Alert, 'component'> & { readonly title: string }>> = {
  'kubernetes-unavailable': { component: 'kubernetes', title: 'The Kubernetes API server does not answer' },
  'redis-unavailable': { component: 'redis', title: 'Redis does not answer' },
  'postgres-unavailable': { component: 'postgres', title: 'Postgres does not answer' },
  'replica-lost': { component: 'rollout', title: 'A replica does not answer' },
}

/** A page for every cause in a rollout, and a warning outside of one. */
export const causeAlerts: readonly Alert[] = [
  ...causeIds.flatMap((id) => [causeAlert(id, 'critical'), causeAlert(id, 'warning')]),
  marker,
]

function causeAlert(id: CauseId, severity: 'critical' | 'warning'): Alert {
  const { component, title } = told[id]
  const only = `{cause="${id}"}`
  // At once where it makes a stop condition fire: that one has been held already.
  const isThere = `(
  group by (${[...releaseLabels, 'cause'].join(', ')}) (${explainedInForce.record}${only}) == 1
  or
  ${lastSaid(causeLasting, only)} == 1
)`
  const duringRollout = severity === 'critical'
  const since = own(causeSince, { cause: id })
  const itExplains = own(explained, { cause: id })
  const who = `min by (culprit) (${own(culprit)} and on (stop_condition) ${itExplains})`
  return {
    name: causeAlertName(id),
    severity,
    component,
    expr: duringRollout ? whileActive(isThere) : whileIdle(isThere),
    summary: `${title}: ${id === 'replica-lost' ? ranked(who, 'culprit', '', ' of ') : ''}${theRelease}${lasting(since, ', for ')}. ${duringRollout ? 'Do not continue the rollout.' : 'No rollout is under way.'}`,
    description: `${lookUp(since, `Since ${asTime}. `)}${listed(itExplains, 'stop_condition', 'It explains ', '. ')}Fix this first: what it explains ends with it.`,
    nextStep: nextStepFor({ nextStep: causeActions(installation)[id] }, undefined),
    runbook: id,
    page: '',
  }
}
