import { selfFamilies as self, verdictFamilies as verdict } from '../../../src/contract/families.ts'
import { statPanel, tablePanel, timelinePanel } from '../kinds.ts'
import type { Row } from '../panels.ts'
import {
  aggregate,
  everyRelease,
  max,
  named,
  select,
  stateNow,
  stateOverTime,
  verdictOverTime,
  within,
} from '../promql.ts'
import { colours, mappingsOf, phaseSet, placeOf, verdictSet } from '../states.ts'
import { rolloutUid } from '../uids.ts'

const scope = everyRelease
const verdictEach = verdictOverTime(verdictSet, scope)
const gone = 'No exporter is scraped.'
const name = '{{cluster}} {{release_namespace}}/{{release_name}}'

const firing = max(select(verdict.stop, 'state="firing"'), ['stop_condition'], scope)
const latched = max(verdict.stopLatched.name, ['stop_condition'], scope)
const stopsInForce = aggregate('sum', `clamp_max(${firing} + ${latched}, 1)`, scope.keep)

/** How many releases have the verdict, 0 included as long as there are any. */
function having(place: number): string {
  return aggregate('sum', `(${verdictEach}) == bool ${place}`)
}

const details = [
  'var-datasource=${datasource}',
  'var-cluster=${__data.fields.Cluster}',
  'var-release_namespace=${__data.fields.Namespace}',
  'var-release_name=${__data.fields.Release}',
  '${__url_time_range}',
]

const link = { title: 'Open the rollout', url: `/d/${rolloutUid}?${details.join('&')}` }

const tile = { width: 6, height: 4, unit: 'none', decimals: 0, noData: 'no data' }

export const releasesRow: Row = {
  id: 100,
  title: 'Releases',
  panels: [
    statPanel({
      ...tile,
      id: 101,
      title: 'Stop',
      description:
        'Releases whose verdict is stop. Good is 0. Else open them below, and do not continue with the next cluster.',
      steps: [[1, colours.bad]],
      queries: [{ expr: having(placeOf(verdictSet, 'stop')) }],
    }),
    statPanel({
      ...tile,
      id: 102,
      title: 'Hold',
      description:
        'Releases that are held: something is not proven yet. In a rollout that is normal for a while; for long it is not.',
      steps: [[1, colours.waiting]],
      queries: [{ expr: having(placeOf(verdictSet, 'hold')) }],
    }),
    statPanel({
      ...tile,
      id: 103,
      title: 'Proceed',
      description: 'Releases that may continue. Good is all of them.',
      queries: [{ expr: having(placeOf(verdictSet, 'proceed')) }],
    }),
    statPanel({
      ...tile,
      id: 104,
      title: 'Not seen',
      description:
        'Releases whose exporter was scraped in the time shown and is not any more, or whose verdict has expired. Good is 0. Their state is unknown: see the targets of that Prometheus.',
      steps: [[1, colours.bad]],
      queries: [{ expr: having(0) }],
    }),
    tablePanel({
      id: 105,
      title: 'Releases now',
      description:
        'One line for each release of each cluster, the worst first. Click its name for its own dashboard; the cluster "All" means that Prometheus has no label for it. Grey is a release whose exporter is not seen any more: what stood there before does not count.',
      width: 24,
      height: 9,
      rowsBy: 'release',
      sortBy: 'Verdict',
      queries: [
        { expr: named(verdictEach) },
        ...[
          stateNow(verdict.phase, phaseSet, { scope }),
          stopsInForce,
          `${max(verdict.verdictSince.name, [], scope)} * 1000`,
          aggregate(
            'min',
            within(scope, `timestamp(${self.evaluated.name}) - ${self.evaluated.name}`),
            scope.keep,
          ),
          aggregate('count', within(scope, self.release.name), scope.keep),
        ].map((expr) => ({ expr: aggregate('max', named(expr), ['release']) })),
        { expr: aggregate('max', named(max(self.build.name, ['version'], scope)), ['release', 'version']) },
      ],
      columns: [
        { field: 'cluster', title: 'Cluster', width: 160 },
        { field: 'release_namespace', title: 'Namespace' },
        { field: 'release_name', title: 'Release', links: [link] },
        { field: 'Value #A', title: 'Verdict', width: 110, mappings: mappingsOf(verdictSet) },
        { field: 'Value #B', title: 'Phase', width: 110, mappings: mappingsOf(phaseSet) },
        {
          field: 'Value #C',
          title: 'Stops in force',
          width: 120,
          decimals: 0,
          steps: [[1, colours.bad]],
        },
        { field: 'Value #D', title: 'Since', width: 150, unit: 'dateTimeFromNow' },
        { field: 'Value #E', title: 'Age of evaluation', width: 130, unit: 's', decimals: 1 },
        { field: 'Value #F', title: 'Exporters', width: 90, decimals: 0 },
        { field: 'version', title: 'Version', width: 90 },
      ],
      noData: gone,
    }),
    timelinePanel({
      id: 106,
      title: 'Verdicts over time',
      description:
        'The verdict of each release. Good is one wave of hold that moves from cluster to cluster and turns to proceed behind itself. Dark grey: no exporter was scraped, or its verdict had expired.',
      width: 24,
      height: 10,
      mappings: mappingsOf(verdictSet),
      queries: [{ expr: verdictEach, legend: name }],
      noData: gone,
    }),
    timelinePanel({
      id: 107,
      title: 'Phases over time',
      description:
        'Which release is rolled out when. Good is as many at once as the plan says. A line that stays in one phase is a rollout that hangs or was not finished.',
      width: 24,
      height: 10,
      mappings: mappingsOf(phaseSet),
      queries: [{ expr: stateOverTime(verdict.phase, phaseSet, { scope }), legend: name }],
      noData: gone,
    }),
  ],
}
