import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { fleetDashboard } from './fleet.ts'
import { rolloutDashboard } from './rollout.ts'

/** The dashboards by the names of their files. */
export function dashboards(): Readonly<Record<string, Dashboard>> {
  return { 'caracal-rollout.json': rolloutDashboard(), 'caracal-fleet.json': fleetDashboard() }
}

/**
 * Each twice: for people who import and compare them, and where the chart can reach them. That one is short, since tools
 * that apply a ConfigMap keep it a second time in an annotation, which holds no more than 256 KiB.
 */
export function dashboardFiles(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(dashboards()).flatMap(([name, dashboard]) => [
      [`dashboards/${name}`, `${JSON.stringify(dashboard, null, 2)}\n`],
      [`helm/dashboards/${name}`, `${JSON.stringify(dashboard)}\n`],
    ]),
  )
}
