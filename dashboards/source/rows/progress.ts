import * as signals from '../../../src/rules/signals.ts'
import { counted, selfFamilies as self } from '../../../src/contract/families.ts'
import { plotPanel, statPanel, tablePanel, timelinePanel } from '../kinds.ts'
import type { Row } from '../panels.ts'
import { aggregate, max, orNotSeen, select } from '../promql.ts'
import { colours, words } from '../states.ts'

const component = 'component=~"$component"'
const perReplica = ['component', 'replica']
const ready = max(select(signals.ready, component), perReplica)
const looked = select(self.targetUp, 'probe="ready-endpoint"', 'target=~"($component)/.+"')

const cluster = 'Only an exporter that watches Kubernetes knows this.'
const migrations = counted.get(signals.migrationApplied.name) ?? signals.migrationApplied

/** 3 failed, 2 runs, 1 succeeded, 0 not seen to do any of these. */
const jobNow = aggregate(
  'max',
  `(${max(signals.migrationJobFailed.name, ['kind'])} == 1) * 3
or (${max(signals.migrationJobActive.name, ['kind'])} == 1) * 2
or (${max(signals.migrationJobSucceeded.name, ['kind'])} == 1) * 1
or ${max(signals.migrationJobActive.name, ['kind'])} * 0`,
  ['kind'],
)

export const progressRow: Row = {
  id: 400,
  title: 'Roll progress',
  panels: [
    plotPanel({
      id: 401,
      title: 'Replicas by readiness',
      description:
        'Replicas that proved their readiness, that answered that they are not ready, and that could not be asked. Good is green only; orange and grey that stay for longer than a start takes need attention at the pods.',
      width: 8,
      height: 8,
      unit: 'none',
      decimals: 0,
      stacked: true,
      colours: { ready: colours.good, 'not ready': colours.waiting, unknown: colours.unknown },
      queries: [
        { expr: aggregate('sum', ready), legend: 'ready' },
        { expr: aggregate('sum', `1 - ${ready}`), legend: 'not ready' },
        { expr: aggregate('sum', `1 - ${max(looked, ['target'])}`), legend: 'unknown' },
      ],
      noData: 'No replica is known: see "Looks" below.',
    }),
    tablePanel({
      id: 402,
      title: 'Workloads',
      description:
        'Replicas of each workload: wanted, of the target revision, available. Good is three equal numbers and "rolled out". "stuck": a deadline passed, or a pod crashes over and over or cannot start.',
      width: 10,
      height: 8,
      rowsBy: 'component',
      sortBy: 'Wanted',
      queries: [
        signals.workloadDesired,
        signals.workloadUpdated,
        signals.workloadAvailable,
        signals.workloadRolledOut,
        signals.workloadProgressing,
      ].map((signal) => ({ expr: max(select(signal, component), ['component']) })),
      columns: [
        { field: 'component', title: 'Component' },
        { field: 'Value #A', title: 'Wanted', width: 80, decimals: 0 },
        { field: 'Value #B', title: 'Target revision', width: 110, decimals: 0 },
        { field: 'Value #C', title: 'Available', width: 90, decimals: 0 },
        {
          field: 'Value #D',
          title: 'Roll',
          width: 110,
          mappings: words({ 0: ['not yet', colours.waiting], 1: ['rolled out', colours.good] }),
        },
        {
          field: 'Value #E',
          title: 'Going on',
          width: 90,
          mappings: words({ 0: ['stuck', colours.bad], 1: ['yes', colours.good] }),
        },
      ],
      noData: cluster,
    }),
    statPanel({
      id: 403,
      title: 'Migrations applied',
      description:
        'Versions that schema_migrations holds. It grows by what the release brings and never falls; a number that falls means that a person or program wrote to that table.',
      width: 3,
      height: 4,
      unit: 'none',
      decimals: 0,
      queries: [{ expr: max(migrations.name) }],
      noData: 'not seen',
    }),
    statPanel({
      id: 404,
      title: 'Pods too early',
      description:
        'Pods of a new revision that were created while a migration Job still ran or after it failed. Good is 0: else new code ran on an old schema; see the gate migration-safety.',
      width: 3,
      height: 4,
      unit: 'none',
      decimals: 0,
      steps: [[1, colours.bad]],
      queries: [{ expr: max(signals.migrationEarlyPods.name) }],
      noData: 'no cluster',
    }),
    timelinePanel({
      id: 405,
      title: 'Migration Jobs',
      description:
        'Each migration Job over time: runs, succeeded, failed. Good is a short run and then succeeded. A failed Job stops the rollout: read its logs before anything is retried.',
      width: 6,
      height: 4,
      mappings: words({
        0: ['not seen', colours.unknown],
        1: ['succeeded', colours.good],
        2: ['runs', colours.moving],
        3: ['failed', colours.bad],
      }),
      queries: [
        { expr: orNotSeen(jobNow, signals.migrationJobActive.name, { by: ['kind'] }), legend: '{{kind}}' },
      ],
      noData: cluster,
    }),
  ],
}
