import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { verdictFamilies as verdict } from '../../src/contract/families.ts'
import { max, REPLICA } from './promql.ts'
import { colours } from './states.ts'
import { datasource } from './variables.ts'

/**
 * Grafana takes the value for the time, in milliseconds. A change that is looked for between two steps would be lost
 * where the steps are coarse; a moment that stays exposed is found by any of them.
 */
function moment(name: string, iconColor: string, expr: string, text: string): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(datasource)
    .enable(true)
    .iconColor(iconColor)
    .expr(`${expr} * 1000`)
    .step('15s')
    .titleFormat(name)
    .textFormat(text)
    .useValueForTime(true)
}

/** With the id of the rollout that the moment is about. */
function ofRollout(name: string): string {
  const info = `max by (${REPLICA}, rollout_id) (${verdict.info.name})`
  return max(`${name} * on (${REPLICA}) group_left (rollout_id) ${info}`, ['rollout_id'])
}

const stop = ['stop_condition']

/** The moments of a rollout, also of those before the last one. */
export const annotations = [
  moment('Rollout began', colours.moving, ofRollout(verdict.started.name), '{{rollout_id}}'),
  moment('Rollout ended', colours.good, ofRollout(verdict.finished.name), '{{rollout_id}}'),
  moment(
    'Stop fired',
    colours.bad,
    // Outside of a rollout nothing latches, and the moment is there while it fires.
    `(${max(verdict.stopFiringSince.name, stop)} or ${max(verdict.stopLatchedAt.name, stop)})`,
    '{{stop_condition}}',
  ),
  moment(
    'Stop acknowledged',
    colours.other,
    max(verdict.stopAcknowledgedAt.name, stop),
    '{{stop_condition}}',
  ),
]
