import { gateAlertNames, platformAlertNames, WATCHDOG } from '../../contract/alert-names.ts'
import { known } from '../../daemon/known.ts'
import { counted, firstFew, listed } from '../../core/lists.ts'
import { plain } from '../../core/text.ts'
import { objectAt, objectsAt, textAt, type PlainObject } from '../../kubernetes/manifest/objects.ts'
import {
  alertmanagersIn,
  dataIn,
  failingIn,
  notLoaded,
  rulesIn,
  targetsIn,
  type LoadedRule,
} from '../../probes/prometheus-answers.ts'
import type { FreeArea, Outside } from './area.ts'
import { failed, ok, skipped, warning, type Found } from './finding.ts'
import { askWeb, objectIn } from './web.ts'

/** Whether Prometheus has our rules and our series, scrapes the platform, and has a receiver for its alerts. */
export const prometheus: FreeArea = {
  name: 'prometheus',
  title: 'Prometheus',
  async check(outside) {
    const { prometheus: url } = outside
    if (url === undefined) {
      const message = 'whether they are loaded is not known: give --prometheus URL'
      return [skipped('rules', message, 'caracal-gate doctor --prometheus <URL>')]
    }
    const rules = await dataAt(outside, url, 'api/v1/rules?type=alert')
    if ('fault' in rules)
      return [failed('answer', rules.fault, ['caracal-gate doctor --prometheus <base URL of a Prometheus>'])]
    const loaded = rulesIn(rules.data) ?? []
    const asked = [
      ['series', 'api/v1/query?query=caracal_rollout_verdict', judgeSeries],
      [
        'targets',
        'api/v1/targets?state=active',
        (data: PlainObject) => judgeTargets(data, Object.values(outside.release ?? {})),
      ],
      ['watchdog', 'api/v1/alerts', (data: PlainObject) => [judgeWatchdog(data, loaded)]],
      ['alertmanagers', 'api/v1/alertmanagers', judgeReceivers],
    ] as const
    const found = await Promise.all(
      asked.map(async ([subject, path, judge]): Promise<readonly Found[]> => {
        const answered = await dataAt(outside, url, path)
        return 'fault' in answered ? [failed(subject, answered.fault)] : judge(answered.data)
      }),
    )
    return [...judgeRules(loaded), ...found.flat()]
  },
}

type Answered = { readonly data: PlainObject } | { readonly fault: string }

/** The `data` of an answer of the HTTP API, or why there is none. */
async function dataAt({ clock, over, logins }: Outside, url: string, path: string): Promise<Answered> {
  const answer = await askWeb(`${url}${path}`, { ...logins?.prometheus, clock, over })
  if ('fault' in answer) return answer
  const data = dataIn(objectIn(answer.body))
  return data === undefined
    ? { fault: `${url} answers ${answer.status} and not as a Prometheus does` }
    : { data }
}

const load = [
  'prometheusRule: { enabled: true, labels: { <what your Prometheus selects by> } }   # values of the chart',
  'rule_files: [/etc/prometheus/rules/caracal-gate.rules.yaml]   # without the Operator: alerts/caracal-gate.rules.yaml',
] as const

/** Whether the alerts on the exporter are there and can be evaluated; those on the platform's own metrics are a second path. */
function judgeRules(rules: readonly LoadedRule[]): readonly Found[] {
  const own = gateAlertNames(known.stopConditions)
  const missing = notLoaded(rules, own)
  const second = notLoaded(rules, platformAlertNames)
  const broken = failingIn(rules, [...own, ...platformAlertNames])
  const alone = `${missingText(second, platformAlertNames.length)}; without them no alert fires while no exporter runs`
  const names = listed(broken.slice(0, 3).map(({ name }) => name))
  const why = plain(broken[0]?.lastError ?? '')
  return [
    missing.length === 0
      ? ok('rules', `${counted(own.length, 'alert')} on the exporter are loaded`)
      : failed('rules', missingText(missing, own.length), load),
    second.length === 0
      ? ok(
          'second path',
          `${counted(platformAlertNames.length, 'alert')} on the platform's own metrics are loaded`,
        )
      : warning('second path', alone, [
          'rule_files: [/etc/prometheus/rules/platform.rules.yaml]   # alerts/platform.rules.yaml',
        ]),
    ...(broken.length === 0
      ? []
      : [
          failed('evaluation', `${names} can't be evaluated: ${why}`, [
            '# load the rules that came with this version of the exporter',
          ]),
        ]),
  ]
}

function missingText(missing: readonly string[], count: number): string {
  if (missing.length === count) return `none of the ${counted(count, 'alert')} is loaded`
  return `${firstFew(missing, 4)} of ${counted(count, 'alert')} are not loaded: the rules are of another version`
}

function judgeSeries(data: PlainObject): readonly Found[] {
  const count = objectsAt(data, 'result').length
  if (count > 0)
    return [ok('series', `caracal_rollout_verdict arrives (${counted(count, 'series', 'series')})`)]
  return [
    failed('series', 'there is no caracal_rollout_verdict: Prometheus does not scrape the exporter', [
      'serviceMonitor: { enabled: true, labels: { <what your Prometheus selects by> } }   # values of the chart',
      "scrape_configs: [{ job_name: caracal-gate, static_configs: [{ targets: ['<host>:9465'] }] }]   # without the Operator",
    ]),
  ]
}

/** One finding for each way in which targets of the platform, found by its name or its release, are down. */
function judgeTargets(data: PlainObject, release: readonly string[]): readonly Found[] {
  const own = targetsIn(data, release)
  if (own.length === 0)
    return [
      warning('targets', 'no target looks like one of the platform or the exporter', [
        '# scrape the platform too: the second path of alerts rests on its own metrics',
      ]),
    ]
  const down = own.filter(({ isDown }) => isDown)
  if (down.length === 0)
    return [ok('targets', `${counted(own.length, 'target')} of the platform and the exporter are up`)]
  const ways = Map.groupBy(down, ({ isRefused }) => isRefused)
  return [...ways].map(([isRefused, members]) => {
    const urls = listed(members.slice(0, 4).map((target) => plain(target.url, 120)))
    const error = plain(members[0]?.error ?? '', 160)
    const are = members.length === 1 ? 'is' : 'are'
    const what = `${counted(members.length, 'target')} of ${own.length} ${are} down: ${urls}: ${error}`
    return isRefused
      ? failed('targets', `${what}: Prometheus shows no bearer, or a wrong one`, [
          'authorization: { credentials: { name: caracal-runtime, key: metricsBearer } }   # in endpoints of the ServiceMonitor',
          'authorization: { credentials_file: <a file with METRICS_BEARER> }   # in scrape_configs, without the Operator',
        ])
      : failed('targets', what, [
          '# a NetworkPolicy must admit Prometheus to these ports; see also the log of the service',
        ])
  })
}

function judgeWatchdog(data: PlainObject, rules: readonly LoadedRule[]): Found {
  const isFiring = objectsAt(data, 'alerts').some(
    (alert) => textAt(objectAt(alert, 'labels'), 'alertname') === WATCHDOG && alert['state'] === 'firing',
  )
  if (isFiring) return ok('watchdog', `${WATCHDOG} fires, as it always should`)
  if (rules.some(({ name }) => name === WATCHDOG))
    return failed('watchdog', `${WATCHDOG} is loaded and does not fire: rules are not evaluated`, [
      '# see the log of Prometheus, and its /rules page; right after a start, ask again in a minute',
    ])
  return failed('watchdog', `${WATCHDOG} is not loaded, so it stays unnoticed when alerts stop coming`, load)
}

function judgeReceivers(data: PlainObject): readonly Found[] {
  const count = alertmanagersIn(data) ?? 0
  if (count > 0) return [ok('alertmanagers', `alerts are sent to ${counted(count, 'Alertmanager')}`)]
  return [
    failed('alertmanagers', 'Prometheus sends its alerts to no Alertmanager', [
      "alerting: { alertmanagers: [{ static_configs: [{ targets: ['<host>:9093'] }] }] }   # in prometheus.yml",
    ]),
  ]
}
