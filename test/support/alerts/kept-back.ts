import type { AlertmanagerServer } from '../../../rig/alertmanager.ts'

/** Names of alerts that something inhibits. */
export async function keptBack({ url }: AlertmanagerServer): Promise<readonly string[]> {
  const response = await fetch(`${url}/api/v2/alerts`)
  const alerts = (await response.json()) as readonly {
    readonly labels: Readonly<Record<string, string>>
    readonly status: { readonly inhibitedBy: readonly string[] }
  }[]
  return alerts.flatMap(({ labels: { alertname = '' }, status }) =>
    status.inhibitedBy.length > 0 ? [alertname] : [],
  )
}

/** Names of alerts on stop conditions that something inhibits. */
export async function stopsKeptBack(server: AlertmanagerServer): Promise<readonly string[]> {
  return (await keptBack(server)).filter((name) => name.startsWith('CaracalStop'))
}
