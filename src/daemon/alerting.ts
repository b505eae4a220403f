import type { Config } from '../config/schema.ts'
import { revealed } from '../config/secret.ts'
import { loginHeaders, type HttpLogin } from '../connections/http-login.ts'
import { openHttp, type Http } from '../connections/http.ts'
import {
  gateAlertNames,
  platformAlertNames,
  recordingNames,
  ROLLOUT_STOP,
  stopAlertName,
  WATCHDOG,
} from '../contract/alert-names.ts'
import {
  evaluationMetric,
  exporterMetrics,
  platformJobs,
  platformMetrics,
  startMetric,
} from '../contract/alert-needs.ts'
import type { Labels } from '../core/signal.ts'
import type { Alerting, AlertingServer, Wanted } from '../probes/alerting-server.ts'
import { known, knownStops } from './known.ts'

/** Where alerts are evaluated and sent from, with the connections there. */
export interface OpenedAlerting {
  readonly alerting: Alerting
  close(): Promise<void>
}

/**
 * Undefined where the configuration says nothing of it. Nothing is dialled.
 * @param self this process, as its own metrics tell it
 */
export function openAlerting(
  { alerting: settings, release }: Pick<Config, 'alerting' | 'release'>,
  self: Alerting['self'],
): OpenedAlerting | undefined {
  if (settings === undefined) return undefined
  const { prometheus, alertmanager, receiver, secondPath } = revealed(settings)
  const [toPrometheus, toAlertmanagers] = [openHttp(prometheus), openHttp(alertmanager)]
  return {
    alerting: {
      prometheus: serverAt('prometheus', prometheus.url, prometheus, toPrometheus),
      alertmanagers: alertmanager.urls.map((url) =>
        serverAt(`alertmanager/${placeOf(url)}`, url, alertmanager, toAlertmanagers),
      ),
      filter: alertmanager.filter ?? [],
      ...(receiver !== undefined && { receiver }),
      secondPath,
      wanted: wantedOf(release),
      self,
    },
    async close() {
      await Promise.all([toPrometheus.close(), toAlertmanagers.close()])
    },
  }
}

function serverAt(name: string, url: string, login: HttpLogin, http: Http): AlertingServer {
  return { name, url, http, headers: loginHeaders(login) }
}

/** Host and route prefix, which no two have in common. */
function placeOf(url: string): string {
  return url.replace(/^https?:\/\//, '')
}

function wantedOf({ name, namespace }: Config['release']): Wanted {
  const page: Labels = { severity: 'critical', release_name: name, release_namespace: namespace }
  return {
    watchdog: WATCHDOG,
    alerts: gateAlertNames(known.stopConditions),
    recordings: recordingNames,
    platformAlerts: platformAlertNames,
    metrics: exporterMetrics,
    platformMetrics,
    platformJobs,
    startMetric,
    evaluationMetric,
    pages: [
      { ...page, alertname: ROLLOUT_STOP, component: 'rollout' },
      ...knownStops.map(({ id, component }) => ({
        ...page,
        alertname: stopAlertName(id),
        component,
        stop_condition: id,
      })),
    ],
  }
}
