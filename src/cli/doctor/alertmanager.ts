import { parse } from 'yaml'
import { listed } from '../../core/lists.ts'
import { isObject, objectAt, objectsAt, textAt, type PlainObject } from '../../kubernetes/manifest/objects.ts'
import type { FreeArea, Outside } from './area.ts'
import { failed, ok, skipped, warning, type Found } from './finding.ts'
import { WATCHDOG } from './prometheus.ts'
import { askWeb } from './web.ts'

/** Whether the watchdog, which always fires, reaches a receiver that notifies. */
export const alertmanager: FreeArea = {
  name: 'alertmanager',
  title: 'Alertmanager',
  async check(outside) {
    const { alertmanager: url } = outside
    if (url === undefined) {
      const message = 'which receiver it reaches is not known: give --alertmanager URL'
      return [skipped('watchdog', message, 'caracal-gate doctor --alertmanager <URL>')]
    }
    const filter = encodeURIComponent(`alertname="${WATCHDOG}"`)
    const [alerts, status] = await Promise.all([
      jsonAt(outside, `${url}api/v2/alerts?filter=${filter}`),
      jsonAt(outside, `${url}api/v2/status`),
    ])
    if (Array.isArray(alerts) && isObject(status))
      return [judgeRoute(alerts.filter(isObject), configurationIn(status))]
    const message = typeof alerts === 'string' ? alerts : `${url} does not answer as an Alertmanager does`
    return [failed('answer', message, ['caracal-gate doctor --alertmanager <base URL of an Alertmanager>'])]
  },
}

/** What is there, or a sentence that says why nothing is. */
async function jsonAt({ clock, over }: Outside, url: string): Promise<unknown> {
  const answer = await askWeb(url, { clock, over })
  if ('fault' in answer) return answer.fault
  if (answer.status !== 200) return `${url} answers ${answer.status}`
  try {
    return JSON.parse(answer.body) as unknown
  } catch {
    return `${url} answers with no JSON`
  }
}

/** Its configuration as it shows it, secrets left out. */
function configurationIn(status: PlainObject): PlainObject | undefined {
  try {
    const value: unknown = parse(textAt(objectAt(status, 'config'), 'original'))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

const route = [
  "routes: [{ matchers: ['alertname=\"CaracalGateExporterWatchdog\"'], receiver: <a dead man's switch outside>, repeat_interval: 5m }]",
  '# alerts/alertmanager.yaml has the routes of all alerts',
] as const

/**
 * @param alerts the watchdogs that arrived, with the receivers that their routes lead to
 * @param configuration absent when it can't be read; then only names are known
 */
function judgeRoute(alerts: readonly PlainObject[], configuration: PlainObject | undefined): Found {
  if (alerts.length === 0)
    return failed(
      'watchdog',
      `${WATCHDOG} has not arrived: Prometheus sends it elsewhere, or does not fire it`,
      [
        "alerting: { alertmanagers: [{ static_configs: [{ targets: ['<this host>:9093'] }] }] }   # in prometheus.yml",
      ],
    )
  const receivers = alerts.flatMap((alert) => objectsAt(alert, 'receivers'))
  const names = [...new Set(receivers.map((receiver) => textAt(receiver, 'name')))]
  if (alerts.every((alert) => textAt(objectAt(alert, 'status'), 'state') === 'suppressed'))
    return warning(
      'watchdog',
      `${WATCHDOG} arrives and is silenced or inhibited, so it notifies of nothing`,
      [`amtool silence query alertname=${WATCHDOG}`],
    )
  const to = `${WATCHDOG} is routed to`
  if (configuration === undefined)
    return warning('watchdog', `${to} ${listed(names)}; what that notifies can't be read`, route)
  const notifying = objectsAt(configuration, 'receivers').filter(notifies)
  const reached = names.filter((name) => notifying.some((receiver) => textAt(receiver, 'name') === name))
  return reached.length > 0
    ? ok('watchdog', `${to} ${listed(reached)}, which notifies`)
    : failed('watchdog', `${to} ${listed(names)}, which notifies of nothing`, route)
}

function notifies(receiver: PlainObject): boolean {
  return Object.entries(receiver).some(
    ([key, value]) => key.endsWith('_configs') && Array.isArray(value) && value.length > 0,
  )
}
