import {
  DashboardBuilder,
  DashboardCursorSync,
  type Dashboard,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { addRows } from './layout.ts'
import { releasesRow } from './rows/releases.ts'
import { fleetUid } from './uids.ts'
import * as variables from './variables.ts'

/** One line for each release of each cluster, with the way down to its own dashboard. */
export function fleetDashboard(): Dashboard {
  const dashboard = new DashboardBuilder('Caracal releases')
    .uid(fleetUid)
    .description('Every release that an exporter judges, in all clusters of this Prometheus.')
    .tags(['caracal', 'rollout'])
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-6h', to: 'now' })
    .refresh('30s')
    .variables([variables.datasourceVariable, variables.clusterVariable, variables.namespacesVariable])
  addRows(dashboard, [releasesRow])
  return dashboard.build()
}
