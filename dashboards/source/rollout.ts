import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  type Dashboard,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { annotations } from './annotations.ts'
import { addRows } from './layout.ts'
import { eventsRow } from './rows/events.ts'
import { historyRow } from './rows/history.ts'
import { monitorRow } from './rows/monitor.ts'
import { progressRow } from './rows/progress.ts'
import { reasonsRow } from './rows/reasons.ts'
import { saturationRow } from './rows/saturation.ts'
import { verdictRow } from './rows/verdict.ts'
import { fleetUid, rolloutUid } from './uids.ts'
import * as variables from './variables.ts'

/** The story of one rollout, from "may I continue" down to "can I trust the monitor". */
export function rolloutDashboard(): Dashboard {
  const dashboard = new DashboardBuilder('Caracal rollout')
    .uid(rolloutUid)
    .description('May the rollout of this release continue, and if not, why not? Read it from top to bottom.')
    .tags(['caracal', 'rollout'])
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-1h', to: 'now' })
    .refresh('10s')
    .variables([
      variables.datasourceVariable,
      variables.clusterVariable,
      variables.namespaceVariable,
      variables.releaseVariable,
      variables.gateVariable,
      variables.componentVariable,
      variables.stopVariable,
      variables.pageVariable,
      variables.runbookVariable,
    ])
    .annotations(annotations)
    .links([
      new DashboardLinkBuilder('All releases')
        .type(DashboardLinkType.Link)
        .icon('dashboard')
        .url(`/d/${fleetUid}?var-datasource=\${datasource}`)
        .keepTime(true),
      new DashboardLinkBuilder('Live page')
        .type(DashboardLinkType.Link)
        .icon('external link')
        .url('${page_url:raw}/')
        .targetBlank(true),
    ])
  addRows(dashboard, [verdictRow, reasonsRow, historyRow, progressRow, eventsRow, saturationRow, monitorRow])
  return dashboard.build()
}
