import { verdictFamilies as verdict } from '../../../src/contract/families.ts'
import { tablePanel } from '../kinds.ts'
import type { Row } from '../panels.ts'
import { aggregate, lastTime, max, select, stateNow } from '../promql.ts'
import { checkSet, colours, mappingsOf, placeOf, stopSet, words } from '../states.ts'

const gates = 'gate=~"$gate"'
const stops = 'stop_condition=~"$stop_condition"'

const checkNow = stateNow(verdict.check, checkSet, { by: ['gate', 'check'], matchers: [gates] })
/** What is neither passing nor switched off. */
const notPassing = `${checkNow} > ${placeOf(checkSet, 'pass')}`

const stopNow = stateNow(verdict.stop, stopSet, { by: ['stop_condition'], matchers: [stops] })
const latched = max(select(verdict.stopLatched, stops), ['stop_condition'])
/** What is not clear, or was not in this rollout and is not acknowledged. */
const inForce = `(${stopNow} > ${placeOf(stopSet, 'clear')} or ${latched} == 1)`

function ofChecks(expr: string): string {
  return `${expr} and on (check) (${notPassing})`
}

function ofStops(expr: string): string {
  return `${expr} and on (stop_condition) ${inForce}`
}

const causeNow = `${max(verdict.causeActive.name, ['cause'])} == 1`

function ofCauses(expr: string): string {
  return `${expr} and on (cause) (${causeNow})`
}

const inMilliseconds = '* 1000'

export const reasonsRow: Row = {
  id: 200,
  title: 'Why not?',
  panels: [
    tablePanel({
      id: 203,
      title: 'Causes',
      description:
        'Causes that are no check and no stop condition, such as a Redis that does not answer; good is an empty table. Fix these first: what they explain ends with them. The runbook of a cause has the first action.',
      width: 24,
      height: 4,
      rowsBy: 'cause',
      sortBy: 'Since',
      queries: [
        { expr: causeNow },
        { expr: ofCauses(`${max(verdict.causeSince.name, ['cause'])} ${inMilliseconds}`) },
        {
          expr: ofCauses(
            `count by (cause) (${max(verdict.stopExplained.name, ['stop_condition', 'cause'])})`,
          ),
        },
      ],
      columns: [
        {
          field: 'cause',
          title: 'Cause',
          links: [
            { title: 'Runbook', url: '${runbook_url:raw}/${__value.raw}' },
            { title: 'Live page', url: '${page_url:raw}/#why' },
          ],
        },
        { field: 'Value #A', title: 'State', width: 110, mappings: words({ 1: ['active', colours.bad] }) },
        { field: 'Value #B', title: 'Since', width: 170, unit: 'dateTimeFromNow' },
        { field: 'Value #C', title: 'Stop conditions that it explains', width: 260, decimals: 0 },
      ],
      noData: 'None is known, if the verdict above is not grey.',
    }),
    tablePanel({
      id: 201,
      title: 'Checks that do not pass',
      description:
        'Everything that keeps a gate from passing; good is an empty table. What fails comes first, then what is unknown, then what is pending. Open the runbook of a check for the first action, or the live page for the subject that is to blame.',
      width: 14,
      height: 9,
      rowsBy: 'check',
      sortBy: 'State',
      queries: [
        { expr: notPassing },
        { expr: ofChecks(max(verdict.checkObserved.name, ['check', 'unit'])) },
        { expr: ofChecks(max(verdict.checkThreshold.name, ['check'])) },
        {
          expr: ofChecks(
            `${lastTime(select(verdict.check, 'state="pass"') + ' == 1', ['check'])} ${inMilliseconds}`,
          ),
        },
      ],
      columns: [
        { field: 'gate', title: 'Gate', width: 170 },
        {
          field: 'check',
          title: 'Check',
          links: [
            { title: 'Runbook', url: '${runbook_url:raw}/${__value.raw}' },
            { title: 'Live page', url: '${page_url:raw}/#check-${__value.raw}' },
          ],
        },
        { field: 'Value #A', title: 'State', width: 100, mappings: mappingsOf(checkSet) },
        { field: 'Value #B', title: 'Observed', width: 100, decimals: 1 },
        { field: 'Value #C', title: 'Limit', width: 90, decimals: 1 },
        { field: 'unit', title: 'Unit', width: 90 },
        { field: 'Value #D', title: 'Last passed', width: 150, unit: 'dateTimeFromNow' },
      ],
      noData: 'Nothing is in the way, if the verdict above is not grey.',
    }),
    tablePanel({
      id: 202,
      title: 'Stop conditions',
      description:
        'Stop conditions that are not clear or that are latched; good is an empty table. "latched" stays until the cause is gone and an operator has acknowledged it: caracal-gate ack.',
      width: 10,
      height: 9,
      rowsBy: 'stop_condition',
      sortBy: 'State',
      queries: [
        { expr: ofStops(stopNow) },
        { expr: ofStops(latched) },
        { expr: ofStops(max(verdict.stopObserved.name, ['stop_condition', 'unit'])) },
        { expr: ofStops(max(verdict.stopThreshold.name, ['stop_condition'])) },
        {
          expr: ofStops(
            `(${max(verdict.stopFiringSince.name, ['stop_condition'])} or ${max(verdict.stopLatchedAt.name, ['stop_condition'])}) ${inMilliseconds}`,
          ),
        },
      ],
      columns: [
        {
          field: 'stop_condition',
          title: 'Stop condition',
          links: [
            { title: 'Runbook', url: '${runbook_url:raw}/${__value.raw}' },
            { title: 'Live page', url: '${page_url:raw}/#stop-${__value.raw}' },
          ],
        },
        { field: 'Value #A', title: 'State', width: 90, mappings: mappingsOf(stopSet) },
        {
          field: 'Value #B',
          title: 'Latch',
          width: 90,
          mappings: words({ 0: ['no', colours.notSeen], 1: ['latched', colours.bad] }),
        },
        { field: 'Value #C', title: 'Observed', width: 90, decimals: 1 },
        { field: 'Value #D', title: 'Limit', width: 80, decimals: 1 },
        { field: 'unit', title: 'Unit', width: 80 },
        { field: 'Value #E', title: 'Fired', width: 130, unit: 'dateTimeFromNow' },
      ],
      noData: 'No stop condition is in force, if the verdict above is not grey.',
    }),
    tablePanel({
      id: 204,
      title: 'Not enforced',
      description:
        'What is judged and does not count for the verdict: in shadow by the configuration, or overridden by a person. Good is an empty table, or what you put there. The live page says who overrides, and why.',
      width: 24,
      height: 4,
      rowsBy: 'ref',
      sortBy: 'Counts again',
      queries: [
        { expr: `${max(verdict.notEnforced.name, ['ref', 'mode'])} ${inMilliseconds}` },
        {
          expr: aggregate(
            'max',
            `${max(select(verdict.wouldBlock, 'verdict="stop"'), ['ref', 'verdict'])} * 2\nor ${max(verdict.wouldBlock.name, ['ref', 'verdict'])}`,
            ['ref'],
          ),
        },
      ],
      columns: [
        {
          field: 'ref',
          title: 'Item',
          links: [{ title: 'Live page', url: '${page_url:raw}/#not-enforced' }],
        },
        { field: 'mode', title: 'Mode', width: 140 },
        { field: 'Value #A', title: 'Counts again', width: 170, unit: 'dateTimeFromNow' },
        {
          field: 'Value #B',
          title: 'It would',
          width: 140,
          mappings: words({
            0: ['do nothing', colours.good],
            1: ['hold', colours.waiting],
            2: ['stop', colours.bad],
          }),
        },
      ],
      noData: 'Everything counts, if the verdict above is not grey.',
    }),
  ],
}
