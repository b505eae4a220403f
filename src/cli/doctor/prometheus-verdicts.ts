import { plain } from '../../core/text.ts'
import { failed, ok, warning, type Found } from './finding.ts'
import { counted, firstFew, listed } from '../../core/lists.ts'

export const WATCHDOG = 'CaracalGateExporterWatchdog'

export interface Rule {
  readonly name: string
  /** `ok`, `err` or `unknown`. */
  readonly health: string
  readonly lastError: string
}

const load = [
  'prometheusRule: { enabled: true, labels: { <what your Prometheus selects by> } }   # values of the chart',
  'rule_files: [/etc/prometheus/rules/caracal-gate.rules.yaml]   # without the Operator: alerts/caracal-gate.rules.yaml',
] as const

/** Whether the alerts on the exporter are there and can be evaluated; those on the platform's own metrics are a second path. */
export function judgeRules(
  rules: readonly Rule[],
  wanted: readonly string[],
  wantedOfPlatform: readonly string[],
): readonly Found[] {
  const loaded = new Set(rules.map(({ name }) => name))
  const missing = wanted.filter((name) => !loaded.has(name))
  const second = wantedOfPlatform.filter((name) => !loaded.has(name))
  const ours = new Set([...wanted, ...wantedOfPlatform])
  const broken = rules.filter(({ name, health }) => ours.has(name) && health === 'err')
  return [
    missing.length === 0
      ? ok('rules', `${counted(wanted.length, 'alert')} on the exporter are loaded`)
      : failed('rules', missingText(missing, wanted.length), load),
    second.length === 0
      ? ok(
          'second path',
          `${counted(wantedOfPlatform.length, 'alert')} on the platform's own metrics are loaded`,
        )
      : warning(
          'second path',
          `${missingText(second, wantedOfPlatform.length)}; without them nobody is told while no exporter runs`,
          ['rule_files: [/etc/prometheus/rules/platform.rules.yaml]   # alerts/platform.rules.yaml'],
        ),
    ...(broken.length === 0
      ? []
      : [
          failed(
            'evaluation',
            `${listed(broken.slice(0, 3).map(({ name }) => name))} can't be evaluated: ${plain(broken[0]?.lastError ?? '')}`,
            ['# load the rules that came with this version of the exporter'],
          ),
        ]),
  ]
}

function missingText(missing: readonly string[], count: number): string {
  if (missing.length === count) return `none of the ${counted(count, 'alert')} is loaded`
  return `${firstFew(missing, 4)} of ${counted(count, 'alert')} are not loaded: the rules are of another version`
}

export function judgeSeries(count: number): Found {
  if (count > 0)
    return ok('series', `caracal_rollout_verdict arrives (${counted(count, 'series', 'series')})`)
  return failed('series', 'there is no caracal_rollout_verdict: Prometheus does not scrape the exporter', [
    'serviceMonitor: { enabled: true, labels: { <what your Prometheus selects by> } }   # values of the chart',
    "scrape_configs: [{ job_name: caracal-gate, static_configs: [{ targets: ['<host>:9465'] }] }]   # without the Operator",
  ])
}

/** A target of Prometheus. */
export interface Scraped {
  readonly pool: string
  readonly url: string
  /** `up`, `down` or `unknown`. */
  readonly health: string
  readonly lastError: string
  /** Values of its labels. */
  readonly labels: readonly string[]
}

/** Which targets are the platform's: by the release where it is known, and by name. */
function isOfPlatform({ pool, labels }: Scraped, release: Release | undefined): boolean {
  return (
    /caracal/i.test(pool) ||
    labels.some((value) => /caracal/i.test(value) || value === release?.name || value === release?.namespace)
  )
}

interface Release {
  readonly name: string
  readonly namespace: string
}

/** One finding for each way in which targets of the platform are down. */
export function judgeTargets(targets: readonly Scraped[], release: Release | undefined): readonly Found[] {
  const own = targets.filter((target) => isOfPlatform(target, release))
  if (own.length === 0)
    return [
      warning('targets', 'no target looks like one of the platform or the exporter', [
        '# scrape the platform too: the second path of alerts rests on its own metrics',
      ]),
    ]
  const down = own.filter(({ health }) => health === 'down')
  if (down.length === 0)
    return [ok('targets', `${counted(own.length, 'target')} of the platform and the exporter are up`)]
  const ways = Map.groupBy(down, ({ lastError }) => kindOf(lastError))
  return [...ways].map(([kind, members]) => {
    const urls = listed(members.slice(0, 4).map(({ url }) => plain(url, 120)))
    const error = plain(members[0]?.lastError ?? '', 160)
    const what = `${counted(members.length, 'target')} of ${own.length} ${members.length === 1 ? 'is' : 'are'} down: ${urls}: ${error}`
    return kind === 'unauthorized'
      ? failed('targets', `${what}: Prometheus shows no bearer, or a wrong one`, [
          'authorization: { credentials: { name: caracal-runtime, key: metricsBearer } }   # in endpoints of the ServiceMonitor',
          'authorization: { credentials_file: <a file with METRICS_BEARER> }   # in scrape_configs, without the Operator',
        ])
      : failed('targets', what, [
          '# a NetworkPolicy must admit Prometheus to these ports; see also the log of the service',
        ])
  })
}

function kindOf(error: string): 'unauthorized' | 'other' {
  return /\b40[13]\b/.test(error) ? 'unauthorized' : 'other'
}

export function judgeWatchdog(
  alerts: readonly { readonly name: string; readonly state: string }[],
  rules: readonly Rule[],
): Found {
  const isFiring = alerts.some(({ name, state }) => name === WATCHDOG && state === 'firing')
  if (isFiring) return ok('watchdog', `${WATCHDOG} fires, as it always should`)
  const isLoaded = rules.some(({ name }) => name === WATCHDOG)
  return isLoaded
    ? failed('watchdog', `${WATCHDOG} is loaded and does not fire: rules are not evaluated`, [
        '# see the log of Prometheus, and its /rules page; right after a start, look again in a minute',
      ])
    : failed('watchdog', `${WATCHDOG} is not loaded, so nobody notices when alerts stop coming`, load)
}

export function judgeReceivers(count: number): Found {
  if (count > 0) return ok('alertmanagers', `alerts are sent to ${counted(count, 'Alertmanager')}`)
  return failed('alertmanagers', 'Prometheus sends its alerts to nobody', [
    "alerting: { alertmanagers: [{ static_configs: [{ targets: ['<host>:9093'] }] }] }   # in prometheus.yml",
  ])
}
