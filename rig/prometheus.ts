import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { stringify } from 'yaml'
import { freePort, launch, removeFolder, temporaryFolder, waitUntilReady } from './processes.ts'
import type { ServerProcess } from './processes.ts'
import { prometheusApi, type PrometheusApi } from './prometheus-api.ts'

/** One endpoint to scrape. */
export type ScrapeTarget = {
  readonly job: string
  /** `127.0.0.1:9464`; the scheme is http. */
  readonly address: string
  /** `/metrics` when left out. */
  readonly path?: string
  readonly bearer?: string
  /** Labels of the target, as relabelling would leave them; `instance` is the address unless it is given. */
  readonly labels?: Readonly<Record<string, string>>
  /** Name of a scrape configuration of its own, which stays when all else of the target changes. */
  readonly pool?: string
  /** Metrics that Prometheus drops after the scrape. */
  readonly drops?: string
}

export type PrometheusOptions = {
  readonly targets?: readonly ScrapeTarget[]
  /** Absolute paths of rule files. */
  readonly ruleFiles?: readonly string[]
  /** Addresses of Alertmanagers, `127.0.0.1:9093`. */
  readonly alertmanagers?: readonly string[]
  readonly externalLabels?: Readonly<Record<string, string>>
  /** Seconds between two scrapes and between two evaluations of the rules; 1 when left out. */
  readonly intervalSeconds?: number
}

/** A real Prometheus with a database of its own in a temporary folder. */
export type PrometheusServer = PrometheusApi & {
  readonly url: string
  readonly pid: number
  /** Puts the changed options into force; resolves when Prometheus has taken them. */
  configure(change: Partial<PrometheusOptions>): Promise<void>
  /**
   * Asks every 200 ms until the samples of the query satisfy `accept`, by default until there are any; throws with
   * the last answer when they never do. A query that fails counts as a no.
   */
  until(
    what: string,
    promql: string,
    accept?: (samples: Awaited<ReturnType<PrometheusApi['query']>>) => boolean,
    withinSeconds?: number,
  ): ReturnType<PrometheusApi['query']>
  stop(): Promise<void>
}

/** Starts Prometheus (Debian's package, which has promtool too) on a free loopback port. */
export async function startPrometheus(options: PrometheusOptions = {}): Promise<PrometheusServer> {
  const folder = await temporaryFolder('prometheus')
  try {
    return await startOnFreePort(folder, options)
  } catch (error) {
    await removeFolder(folder)
    throw error
  }
}

async function startOnFreePort(folder: string, options: PrometheusOptions): Promise<PrometheusServer> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    try {
      return await startOn(port, folder, options)
    } catch (error) {
      // Between asking for a free port and taking it another process may have taken it.
      if (attempt === 3 || !String(error).includes('address already in use')) throw error
    }
  }
}

async function startOn(port: number, folder: string, given: PrometheusOptions): Promise<PrometheusServer> {
  let options = given
  const file = join(folder, 'prometheus.yml')
  await writeFile(file, configurationText(options))
  const url = `http://127.0.0.1:${port}`
  const server = launch({
    command: process.env['PROMETHEUS_BIN'] ?? 'prometheus',
    args: [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-lifecycle',
      '--storage.tsdb.retention.time=1d',
      // Alertmanagers are found some seconds after the start; what fired before is sent again then, not after a minute.
      '--rules.alert.resend-delay=2s',
    ],
    folder,
    endSignal: 'SIGKILL',
  })
  await untilReady(server, url)
  const api = prometheusApi(url)
  return {
    ...api,
    url,
    pid: server.pid,
    async configure(change) {
      options = { ...options, ...change }
      await writeFile(file, configurationText(options))
      const response = await fetch(`${url}/-/reload`, { method: 'POST', signal: AbortSignal.timeout(30_000) })
      if (!response.ok) throw new Error(`prometheus refused its configuration: ${await response.text()}`)
    },
    async until(what, promql, accept = (samples) => samples.length > 0, withinSeconds = 60) {
      const deadline = performance.now() + withinSeconds * 1_000
      for (;;) {
        const answer = await api.query(promql).catch((fault: unknown) => String(fault))
        if (typeof answer !== 'string' && accept(answer)) return answer
        if (performance.now() > deadline)
          throw new Error(`not within ${withinSeconds} s: ${what}. Last: ${JSON.stringify(answer)}`)
        await delay(200)
      }
    },
    async stop() {
      await server.end('SIGKILL')
      await removeFolder(folder)
    },
  }
}

async function untilReady(server: ServerProcess, url: string): Promise<void> {
  await waitUntilReady(
    server,
    () =>
      fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(2_000) }).then(
        ({ ok }) => ok,
        () => false,
      ),
    (why) => new Error(`prometheus did not start: ${why}\n${server.output()}`),
    60_000,
  ).catch(async (error: unknown) => {
    await server.end('SIGKILL')
    throw error
  })
}

function configurationText(options: PrometheusOptions): string {
  const interval = `${Math.round((options.intervalSeconds ?? 1) * 1_000)}ms`
  const { targets = [], ruleFiles = [], alertmanagers = [], externalLabels = {} } = options
  return stringify({
    global: {
      scrape_interval: interval,
      scrape_timeout: interval,
      evaluation_interval: interval,
      external_labels: externalLabels,
    },
    rule_files: ruleFiles,
    alerting: { alertmanagers: [{ static_configs: [{ targets: alertmanagers }] }] },
    scrape_configs: scrapeConfigs(targets),
  })
}

/**
 * One for each way of scraping: Prometheus marks the series of a target that leaves its configuration as gone, but
 * not those of a whole configuration that leaves.
 */
function scrapeConfigs(targets: readonly ScrapeTarget[]): readonly object[] {
  const groups = Map.groupBy(
    targets,
    ({ path = '/metrics', bearer = '', pool = `${path} ${bearer}` }) => pool,
  )
  return [...groups].map(([name, group]) => ({
    job_name: name,
    metrics_path: group[0]?.path ?? '/metrics',
    ...(group[0]?.bearer !== undefined && { authorization: { credentials: group[0].bearer } }),
    ...(group[0]?.drops !== undefined && {
      metric_relabel_configs: [{ source_labels: ['__name__'], regex: group[0].drops, action: 'drop' }],
    }),
    static_configs: group.map(({ job, address, labels }) => ({
      targets: [address],
      labels: { job, ...labels },
    })),
  }))
}
