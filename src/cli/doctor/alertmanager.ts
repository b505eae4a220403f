import { WATCHDOG } from '../../contract/alert-names.ts'
import { listed } from '../../core/lists.ts'
import { isObject } from '../../kubernetes/manifest/objects.ts'
import {
  alertsIn,
  configurationText,
  notifyingReceivers,
  type ArrivedAlert,
} from '../../probes/alertmanager-answers.ts'
import type { FreeArea, Outside } from './area.ts'
import { failed, ok, skipped, warning, type Found } from './finding.ts'
import { askWeb } from './web.ts'

/** Whether the watchdog, which always fires, reaches a receiver that notifies. */
export const alertmanager: FreeArea = {
  name: 'alertmanager',
  title: 'Alertmanager',
  async check(outside) {
    const { alertmanagers = [] } = outside
    if (alertmanagers.length === 0) {
      const message = 'which receiver it reaches is not known: give --alertmanager URL'
      return [skipped('watchdog', message, 'caracal-gate doctor --alertmanager <URL>')]
    }
    const found = await Promise.all(alertmanagers.map((url) => checkOne(outside, url)))
    // Of one there is nothing to tell apart.
    return found.map((one, n) =>
      alertmanagers.length === 1 ? one : { ...one, subject: `${one.subject} at ${alertmanagers[n] ?? ''}` },
    )
  },
}

async function checkOne(outside: Outside, url: string): Promise<Found> {
  const filters = [`alertname="${WATCHDOG}"`, ...(outside.logins?.filter ?? [])]
  const query = filters.map((filter) => `filter=${encodeURIComponent(filter)}`).join('&')
  const [body, status] = await Promise.all([
    jsonAt(outside, `${url}api/v2/alerts?${query}`),
    jsonAt(outside, `${url}api/v2/status`),
  ])
  const alerts = alertsIn(body)
  if (alerts !== undefined && isObject(status))
    return judgeRoute(alerts, notifyingReceivers(configurationText(status)))
  const message = typeof body === 'string' ? body : `${url} does not answer as an Alertmanager does`
  return failed('answer', message, ['caracal-gate doctor --alertmanager <base URL of an Alertmanager>'])
}

/** What is there, or a sentence that says why nothing is. */
async function jsonAt({ clock, over, logins }: Outside, url: string): Promise<unknown> {
  const answer = await askWeb(url, { ...logins?.alertmanager, clock, over })
  if ('fault' in answer) return answer.fault
  if (answer.status !== 200) return `${url} answers ${answer.status}`
  try {
    return JSON.parse(answer.body) as unknown
  } catch {
    return `${url} answers with no JSON`
  }
}

const route = [
  "routes: [{ matchers: ['alertname=\"CaracalGateExporterWatchdog\"'], receiver: <a dead man's switch outside>, repeat_interval: 5m }]",
  '# alerts/alertmanager.yaml has the routes of all alerts',
] as const

/**
 * @param alerts the watchdogs that arrived, with the receivers that their routes lead to
 * @param notifying receivers that notify; absent when that can't be read
 */
function judgeRoute(alerts: readonly ArrivedAlert[], notifying: ReadonlySet<string> | undefined): Found {
  if (alerts.length === 0)
    return failed(
      'watchdog',
      `${WATCHDOG} has not arrived: Prometheus sends it elsewhere, or does not fire it`,
      [
        "alerting: { alertmanagers: [{ static_configs: [{ targets: ['<this host>:9093'] }] }] }   # in prometheus.yml",
      ],
    )
  const names = [...new Set(alerts.flatMap(({ receivers }) => receivers))]
  if (alerts.every(({ isSuppressed }) => isSuppressed))
    return warning(
      'watchdog',
      `${WATCHDOG} arrives and is silenced or inhibited, so it notifies of nothing`,
      [`amtool silence query alertname=${WATCHDOG}`],
    )
  const to = `${WATCHDOG} is routed to`
  if (notifying === undefined)
    return warning('watchdog', `${to} ${listed(names)}; what that notifies can't be read`, route)
  const reached = names.filter((name) => notifying.has(name))
  return reached.length > 0
    ? ok('watchdog', `${to} ${listed(reached)}, which notifies`)
    : failed('watchdog', `${to} ${listed(names)}, which notifies of nothing`, route)
}
