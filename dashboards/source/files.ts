import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { fleetDashboard } from './fleet.ts'
import { rolloutDashboard } from './rollout.ts'

/** The dashboards by the names of their files. */
export function dashboards(): Readonly<Record<string, Dashboard>> {
  return { 'caracal-rollout.json': rolloutDashboard(), 'caracal-fleet.json': fleetDashboard() }
}

/** Each twice: for whoever imports them, and where the chart can reach them. */
export function dashboardFiles(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(dashboards()).flatMap(([name, dashboard]) => {
      const text = `${JSON.stringify(dashboard, null, 2)}\n`
      return ['dashboards', 'helm/dashboards'].map((folder) => [`${folder}/${name}`, text] as const)
    }),
  )
}
