import { verdictFamilies as verdict } from '../../../src/contract/families.ts'
import { timelinePanel } from '../kinds.ts'
import type { Row } from '../panels.ts'
import { stateOverTime, verdictOverTime } from '../promql.ts'
import { checkSet, mappingsOf, phaseSet, stopSet, verdictSet } from '../states.ts'

const noData = 'No exporter of this release was scraped in this time.'
const dark = 'Dark grey: no exporter was scraped, so the state is unknown.'

export const historyRow: Row = {
  id: 300,
  title: 'What happened?',
  panels: [
    timelinePanel({
      id: 301,
      title: 'Verdict over time',
      description: `Good is one colour that turns to proceed and stays. A stop says which time to examine below. ${dark}`,
      width: 12,
      height: 4,
      mappings: mappingsOf(verdictSet, 'expired or not seen'),
      queries: [{ expr: verdictOverTime(verdictSet), legend: 'verdict' }],
      noData,
    }),
    timelinePanel({
      id: 302,
      title: 'Phase over time',
      description: `The way of the rollout: preflight, migrating, rolling, verifying, done. A phase that comes back means that something was rolled again. ${dark}`,
      width: 12,
      height: 4,
      mappings: mappingsOf(phaseSet),
      queries: [{ expr: stateOverTime(verdict.phase, phaseSet), legend: 'phase' }],
      noData,
    }),
    timelinePanel({
      id: 303,
      title: 'Gates',
      description: `The state of each gate; good is pass in all lines. The gate that left pass first is the one to begin with. Grey is unknown: something that the gate asks for is not seen. ${dark}`,
      width: 12,
      height: 9,
      mappings: mappingsOf(checkSet),
      queries: [
        {
          expr: stateOverTime(verdict.gate, checkSet, { by: ['gate'], matchers: ['gate=~"$gate"'] }),
          legend: '{{gate}}',
        },
      ],
      noData,
    }),
    timelinePanel({
      id: 304,
      title: 'Readiness of components',
      description: `Whether every replica of a component has proven its readiness; good is pass in all lines. A component that fails while it rolls is being replaced; one that fails for longer than its warm-up is broken: see its logs. ${dark}`,
      width: 12,
      height: 9,
      mappings: mappingsOf(checkSet),
      queries: [
        {
          expr: stateOverTime(verdict.check, checkSet, {
            by: ['check'],
            matchers: ['gate="readiness"', 'check=~"ready-($component)"'],
          }),
          legend: '{{check}}',
        },
      ],
      noData,
    }),
    timelinePanel({
      id: 305,
      title: 'Stop conditions over time',
      description: `The state of each stop condition; good is clear in all lines. Several that fire at once have one cause more often than not: begin with the first, and with Redis and Postgres. ${dark}`,
      width: 24,
      height: 13,
      mappings: mappingsOf(stopSet),
      queries: [
        {
          expr: stateOverTime(verdict.stop, stopSet, {
            by: ['stop_condition'],
            matchers: ['stop_condition=~"$stop_condition"'],
          }),
          legend: '{{stop_condition}}',
        },
      ],
      noData,
    }),
  ],
}
