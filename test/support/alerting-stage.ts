import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { parse, stringify } from 'yaml'
import { startAlertmanager, type AlertmanagerServer } from '../../rig/alertmanager.ts'
import { removeFolder, temporaryFolder } from '../../rig/processes.ts'
import { startPrometheus, type PrometheusOptions, type PrometheusServer } from '../../rig/prometheus.ts'
import { WATCHDOG } from '../../src/contract/alert-names.ts'
import {
  evaluationMetric,
  exporterMetrics,
  platformMetrics,
  startMetric,
} from '../../src/contract/alert-needs.ts'
import { openAlerting, type OpenedAlerting } from '../../src/daemon/alerting.ts'

const bearer = 'bearer-Wm3xK9'
const root = resolve(import.meta.dirname, '../../alerts')
export const shippedRules = ['caracal-gate.rules.yaml', 'platform.rules.yaml'].map((name) => join(root, name))
const startedAt = Date.now() - 60_000

/**
 * A real Prometheus and a real Alertmanager. What they scrape is a page with the metrics that the rules read, of which this
 * process is the exporter.
 */
export interface AlertingStage {
  readonly prometheus: PrometheusServer
  readonly alertmanager: AlertmanagerServer
  readonly opened: OpenedAlerting
  /** What Prometheus has in force while nothing is wrong. */
  readonly healthy: PrometheusOptions
  readonly targets: Readonly<Record<'gate' | 'sts', NonNullable<PrometheusOptions['targets']>[number]>>
  /** Silences alerts by one matcher; gives its id. */
  silence(matcher: object): Promise<string>
  expire(id: string): Promise<void>
  /** The shipped rules, those on the exporter without some that a version before did not have. */
  olderRules(): Promise<readonly string[]>
  /** These and one more that matches more than it may. */
  failingRules(): Promise<readonly string[]>
  close(): Promise<void>
}

export async function alertingStage(): Promise<AlertingStage> {
  const folder = await temporaryFolder('alerts-reachable')
  const scraped = await startScraped()
  const address = `127.0.0.1:${(scraped.address() as AddressInfo).port}`
  const targets = {
    gate: { pool: 'gate', job: 'caracal-gate', address, bearer },
    sts: { pool: 'sts', job: 'caracal-caracal-sts', address, path: '/platform', bearer },
  }
  const alertmanager = await startAlertmanager(routes('dead-man'))
  const healthy = {
    targets: [targets.gate, targets.sts],
    ruleFiles: shippedRules,
    alertmanagers: [alertmanager.address],
    externalLabels: { cluster: 'here' },
  }
  const prometheus = await startPrometheus(healthy)
  const opened = openAlerting(settings(prometheus, alertmanager), { startedAt, now: () => Date.now() })
  if (opened === undefined) throw new Error('alerting is configured')
  return {
    prometheus,
    alertmanager,
    opened,
    healthy,
    targets,
    ...silencesAt(alertmanager),
    olderRules: () => olderRules(folder),
    failingRules: () => failingRules(folder),
    async close() {
      await opened.close()
      await prometheus.stop()
      await alertmanager.stop()
      scraped.close()
      await removeFolder(folder)
    },
  }
}

async function startScraped(): Promise<Server> {
  const server = createServer(({ url, headers }, response) => {
    const isRefused = headers.authorization !== `Bearer ${bearer}`
    response.writeHead(isRefused ? 401 : 200, { 'content-type': 'text/plain; version=0.0.4' })
    response.end(isRefused ? 'unauthorized' : pageOf(url))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** `/metrics` of the exporter, of another one, and of a service. */
function pageOf(url: string | undefined): string {
  if (url === '/platform') return platformMetrics.map((name) => `${name} 0\n`).join('')
  const start = url === '/another' ? startedAt + 5_000 : startedAt
  const values: Record<string, number> = {
    [startMetric]: start / 1_000,
    [evaluationMetric]: Date.now() / 1_000,
  }
  return exporterMetrics.map((name) => `${name} ${values[name] ?? 1}\n`).join('')
}

function settings(
  prometheus: PrometheusServer,
  alertmanager: AlertmanagerServer,
): Parameters<typeof openAlerting>[0] {
  return {
    release: { name: 'caracal', namespace: 'caracal' },
    alerting: {
      prometheus: { url: prometheus.url, tls: {} },
      alertmanager: { urls: [alertmanager.url], filter: ['cluster="here"'], tls: {} },
      receiver: 'dead-man',
      secondPath: true,
    },
  }
}

/** The configuration of an Alertmanager that leads the watchdog to this receiver: `dead-man`, `team` or `null`. */
export function routes(watchdog: string): string {
  return stringify({
    route: {
      receiver: 'team',
      routes: [{ receiver: watchdog, matchers: [`alertname="${WATCHDOG}"`], group_wait: '0s' }],
    },
    receivers: [
      { name: 'null' },
      ...['team', 'dead-man'].map((name) => ({ name, webhook_configs: [{ url: 'http://127.0.0.1:9/' }] })),
    ],
  })
}

function silencesAt({ url }: AlertmanagerServer): Pick<AlertingStage, 'silence' | 'expire'> {
  async function ask(path: string, request: RequestInit): Promise<Response> {
    const response = await fetch(`${url}/api/v2/${path}`, { ...request, signal: AbortSignal.timeout(30_000) })
    if (!response.ok) throw new Error(`alertmanager: ${await response.text()}`)
    return response
  }
  return {
    async silence(matcher) {
      const body = JSON.stringify({
        matchers: [matcher],
        startsAt: new Date(Date.now() - 1_000).toISOString(),
        endsAt: new Date(Date.now() + 600_000).toISOString(),
        createdBy: 'an operator',
        comment: 'to see what happens',
      })
      const headers = { 'content-type': 'application/json' }
      const response = await ask('silences', { method: 'POST', headers, body })
      return ((await response.json()) as { readonly silenceID: string }).silenceID
    },
    expire: async (id) => void (await ask(`silence/${id}`, { method: 'DELETE' })),
  }
}

interface Rules {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Record<string, unknown>[] }[]
}

async function olderRules(folder: string): Promise<readonly string[]> {
  const [onExporter = '', onPlatform = ''] = shippedRules
  const { groups } = parse(await readFile(onExporter, 'utf8')) as Rules
  const file = join(folder, 'older.yaml')
  const without = groups.map(({ rules, ...group }) => ({
    ...group,
    rules: rules.filter(({ alert }) => !String(alert).startsWith('CaracalCause')),
  }))
  await writeFile(file, stringify({ groups: without }))
  return [file, onPlatform]
}

async function failingRules(folder: string): Promise<readonly string[]> {
  const file = join(folder, 'failing.yaml')
  const rule = { alert: 'CaracalGateExporterBlind', expr: 'up * on () up' }
  await writeFile(file, stringify({ groups: [{ name: 'failing', rules: [rule] }] }))
  return [...shippedRules, file]
}
