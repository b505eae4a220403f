import type { Ending } from '../connections/deadline.ts'
import type { Target } from '../core/observation.ts'
import { SECOND } from '../core/time.ts'
import { alertPathAge, alertPathIntact } from '../rules/signals.ts'
import { lookAtAlertmanager } from './alerting-alertmanager.ts'
import { lookAtPrometheus } from './alerting-prometheus.ts'
import { alertingReasons, type Alerting } from './alerting-server.ts'
import type { Declaration } from './declaration.ts'
import type { Look, Probe } from './probe.ts'

// A few requests, each of which reads what the server has in memory. A rollout is not worth more: what is broken here was
// broken before it, and holds it as long as it likes.
const pace = { brisk: 30 * SECOND, quiet: 30 * SECOND, timeout: 5 * SECOND }

const about = { name: 'alerting', provides: [alertPathIntact, alertPathAge] } as const

export const declaration: Declaration = {
  ...about,
  reads:
    'whether our rules are loaded and evaluated, our metrics arrive, and the watchdog reaches a receiver that notifies; only with `alerting` in the configuration',
  asks: 'alerting',
  pace,
  reasons: alertingReasons,
  open: ({ alerting }) => alerting && alertingProbe(alerting),
}

/** Asks Prometheus and each Alertmanager whether an alert would arrive. */
export function alertingProbe(alerting: Alerting): Probe {
  const servers = [alerting.prometheus, ...alerting.alertmanagers]
  const targets = servers.map(({ name }): Target => ({ id: name, labels: { server: name } }))
  return {
    ...about,
    targets: () => targets,
    pace: () => pace,
    look: ({ id }, deadline) => lookAt(alerting, id, deadline),
  }
}

function lookAt(alerting: Alerting, id: string, deadline: Ending): Promise<Look> {
  const server = alerting.alertmanagers.find(({ name }) => name === id)
  return server === undefined
    ? lookAtPrometheus(alerting, deadline)
    : lookAtAlertmanager(alerting, server, deadline)
}
