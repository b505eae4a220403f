import type { Ending } from '../connections/deadline.ts'
import { counted, firstFew } from '../core/lists.ts'
import { read } from '../core/signal.ts'
import { plain } from '../core/text.ts'
import type { PlainObject } from '../kubernetes/manifest/objects.ts'
import { alertPathAge } from '../rules/signals.ts'
import { broken, intact, jsonOf, malformed, stepLook, type Alerting, type Step } from './alerting-server.ts'
import { blindLook, joined, ProbeError, type Look } from './probe.ts'
import {
  alertmanagersIn,
  dataIn,
  failingIn,
  notLoaded,
  rulesIn,
  samplesIn,
  targetsIn,
  type LoadedRule,
  type Sample,
} from './prometheus-answers.ts'

/** What is asked of this Prometheus, within this attempt. */
interface Asking extends Alerting {
  readonly deadline: Ending
}

/** Whether Prometheus has our rules, evaluates them, scrapes what they read, and sends what they find. */
export async function lookAtPrometheus(alerting: Alerting, deadline: Ending): Promise<Look> {
  const asking = { ...alerting, deadline }
  const { prometheus: server, wanted, secondPath } = alerting
  const rules = decoded(await dataOf(asking, rulesPath(wanted)), rulesIn, 'has no list of rules')
  const all = [...wanted.alerts, ...wanted.recordings, ...(secondPath ? wanted.platformAlerts : [])]
  const ours = rules.filter(({ name }) => all.includes(name))
  const looks = await Promise.all([
    stepLook(server, 'rules', loadedStep(rules, [...wanted.alerts, ...wanted.recordings], ofExporter)),
    stepLook(server, 'evaluation', evaluatedStep(ours)),
    stepLook(server, 'watchdog', watchdogStep(rules, wanted.watchdog)),
    stepLook(server, 'alertmanagers', alertmanagersStep(asking)),
    stepLook(server, 'series', seriesStep(asking)),
    ages(asking, ours),
    ...(secondPath
      ? [
          stepLook(server, 'second-path', loadedStep(rules, wanted.platformAlerts, ofPlatform)),
          stepLook(server, 'platform-metrics', platformStep(asking)),
        ]
      : []),
  ])
  return joined(looks)
}

/** Only ours, where Prometheus can tell them apart; one that can't gives all. */
function rulesPath({ alerts, recordings, platformAlerts }: Alerting['wanted']): string {
  const parameters = new URLSearchParams({ exclude_alerts: 'true' })
  for (const name of [...alerts, ...recordings, ...platformAlerts]) parameters.append('rule_name[]', name)
  return `/api/v1/rules?${parameters.toString()}`
}

async function dataOf({ prometheus, deadline }: Asking, path: string): Promise<PlainObject> {
  const data = dataIn(await jsonOf(prometheus, path, deadline))
  if (data === undefined)
    throw new ProbeError(malformed(`${prometheus.name} does not answer as a Prometheus`))
  return data
}

function decoded<Value>(
  data: PlainObject,
  decode: (data: PlainObject) => Value | undefined,
  lack: string,
): Value {
  const value = decode(data)
  if (value === undefined) throw new ProbeError(malformed(`the answer of Prometheus ${lack}`))
  return value
}

async function samplesOf(asking: Asking, query: string): Promise<readonly Sample[]> {
  const data = await dataOf(asking, `/api/v1/query?query=${encodeURIComponent(query)}`)
  return decoded(data, samplesIn, 'has no samples')
}

const ofExporter = {
  title: 'rules on the exporter',
  none: 'rules_not_loaded',
  some: 'rules_partly_loaded',
} as const

const ofPlatform = {
  title: "rules on the platform's own metrics",
  none: 'second_path_not_loaded',
  some: 'second_path_partly_loaded',
} as const

function loadedStep(
  rules: readonly LoadedRule[],
  names: readonly string[],
  { title, none, some }: typeof ofExporter | typeof ofPlatform,
): Step {
  const missing = notLoaded(rules, names)
  if (missing.length === 0) return intact(`the ${title} are loaded`)
  if (missing.length === names.length) return broken(none, `Prometheus has loaded none of the ${title}`)
  const said = `Prometheus lacks ${firstFew(missing, 3)} of the ${title}: they are of another version`
  return broken(some, said)
}

function evaluatedStep(ours: readonly LoadedRule[]): Step {
  const names = ours.map(({ name }) => name)
  const [failing] = failingIn(ours, names)
  if (failing !== undefined) {
    const error = plain(failing.lastError, 160)
    return broken('rule_failing', `Prometheus can not evaluate ${failing.name}: ${error}`)
  }
  const waiting = ours.find(({ health, evaluatedAt }) => health !== 'ok' || evaluatedAt === undefined)
  if (waiting !== undefined)
    return broken('rule_not_evaluated', `Prometheus has not evaluated ${waiting.name} yet`)
  return ours.length === 0
    ? broken('rule_not_evaluated', 'Prometheus evaluates none of the rules')
    : intact('every rule that is loaded is evaluated')
}

function watchdogStep(rules: readonly LoadedRule[], watchdog: string): Step {
  return rules.some(({ name, state }) => name === watchdog && state === 'firing')
    ? intact(`${watchdog} fires, as it always should`)
    : broken('watchdog_not_firing', `${watchdog} does not fire in Prometheus, though it always should`)
}

async function alertmanagersStep(asking: Asking): Promise<Step> {
  const count = decoded(
    await dataOf(asking, '/api/v1/alertmanagers'),
    alertmanagersIn,
    'has no Alertmanagers',
  )
  return count > 0
    ? intact(`Prometheus sends alerts to ${counted(count, 'Alertmanager')}`)
    : broken('no_alertmanager', 'Prometheus sends alerts to no Alertmanager')
}

/**
 * How long ago the last scrape may have been: one is asked for each minute. Prometheus itself goes back five, where its own
 * configuration was changed and a target has another scrape pool.
 */
const LATELY = '150s'

function named(names: readonly string[]): string {
  const all = `{__name__=~"${names.join('|')}"}`
  return `${all} and on (__name__, job, instance) last_over_time(${all}[${LATELY}])`
}

/** The series of a metric that this very process gave, however its targets are labelled. */
function ofThisProcess(metrics: string, { wanted, self }: Asking): string {
  return `${metrics} and on (job, instance) (${wanted.startMetric} == ${self.startedAt / 1_000})`
}

/** How the exporter's own scrape job may be called; the platform has a Gateway. */
const LIKE_OURS = /gate(?!way)/i

/** Whether Prometheus has what the rules on the exporter read, and from this process. */
async function seriesStep(asking: Asking): Promise<Step> {
  const { wanted } = asking
  const query = ofThisProcess(named(wanted.metrics), asking)
  const [own, exporters] = await Promise.all([
    samplesOf(asking, `count by (__name__) (${query})`),
    samplesOf(asking, `count(${wanted.startMetric})`),
  ])
  if (own.length === 0) {
    const down = await downTargets(asking, (job) => LIKE_OURS.test(job))
    if (down !== undefined) return down
    const others = exporters[0]?.value ?? 0
    return others === 0
      ? broken('series_absent', 'Prometheus has no metrics of an exporter')
      : broken(
          'series_of_another',
          `Prometheus has metrics of ${counted(others, 'exporter')}, not of this process`,
        )
  }
  const there = new Set(own.map(({ labels }) => labels['__name__']))
  const missing = wanted.metrics.filter((name) => !there.has(name))
  return missing.length === 0
    ? intact('Prometheus has the metrics of this process')
    : broken('series_missing', `Prometheus lacks ${firstFew(missing, 3)} of this process, which it scrapes`)
}

/** Whether Prometheus has what the rules on the platform read. */
async function platformStep(asking: Asking): Promise<Step> {
  const { platformJobs, platformMetrics } = asking.wanted
  const [down, there] = await Promise.all([
    samplesOf(asking, `up{job=~"${platformJobs}"} == 0`),
    samplesOf(asking, `count by (__name__) (${named(platformMetrics)})`),
  ])
  if (down.length > 0) {
    const jobs = new Set(down.map(({ labels }) => labels['job'] ?? ''))
    const first = firstFew(
      down.map(({ labels }) => plain(labels['instance'] ?? '', 100)),
      3,
    )
    return (
      (await downTargets(asking, (job) => jobs.has(job))) ??
      broken('scrape_failed', `Prometheus can not scrape ${first} of the platform`)
    )
  }
  const names = new Set(there.map(({ labels }) => labels['__name__']))
  const missing = platformMetrics.filter((name) => !names.has(name))
  return missing.length === 0
    ? intact("Prometheus has the platform's own metrics")
    : broken('platform_metrics_missing', `Prometheus lacks ${firstFew(missing, 4)} of the platform`)
}

/** Why Prometheus can't scrape targets of these jobs; undefined where it says of none that it can't. */
async function downTargets(asking: Asking, isAsked: (job: string) => boolean): Promise<Step | undefined> {
  const data = await dataOf(asking, '/api/v1/targets?state=active')
  const down = targetsIn(data, []).filter(({ job, isDown }) => isDown && isAsked(job))
  const [first] = down
  if (first === undefined) return undefined
  const more = down.length === 1 ? '' : ` and ${down.length - 1} more`
  const said = `Prometheus can not scrape ${plain(first.url, 120)}${more}: ${plain(first.error, 120)}`
  return broken(first.isRefused ? 'scrape_unauthorized' : 'scrape_failed', said)
}

/** How old is what Prometheus evaluated and what it has of this process, each by one clock. */
async function ages(asking: Asking, ours: readonly LoadedRule[]): Promise<Look> {
  const { prometheus, wanted, self } = asking
  try {
    const [now, own] = await Promise.all([
      samplesOf(asking, 'time()'),
      samplesOf(asking, ofThisProcess(wanted.evaluationMetric, asking)),
    ])
    const evaluated = Math.min(...ours.flatMap(({ evaluatedAt }) => evaluatedAt ?? []))
    const said = Math.max(...own.map(({ value }) => value * 1_000))
    const of = (step: string, age: number, detail: string) =>
      Number.isFinite(age)
        ? [read(alertPathAge, { server: prometheus.name, step }, Math.max(0, age / 1_000), detail)]
        : []
    return {
      readings: [
        ...of('evaluation-age', (now[0]?.at ?? Number.NaN) - evaluated, 'the oldest evaluation of our rules'),
        ...of('series-age', self.now() - said, 'the newest evaluation of this process that Prometheus has'),
      ],
    }
  } catch (fault) {
    if (!(fault instanceof ProbeError)) throw fault
    const steps = ['evaluation-age', 'series-age']
    return joined(steps.map((step) => blindLook([alertPathAge], { server: prometheus.name, step }, fault)))
  }
}
