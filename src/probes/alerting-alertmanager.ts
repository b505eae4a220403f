import type { Ending } from '../connections/deadline.ts'
import { firstFew, listed } from '../core/lists.ts'
import { plain } from '../core/text.ts'
import {
  alertsIn,
  configurationText,
  notifyingReceivers,
  silencesIn,
  type ArrivedAlert,
  type Silence,
} from './alertmanager-answers.ts'
import {
  broken,
  intact,
  jsonOf,
  malformed,
  stepLook,
  why,
  type Alerting,
  type AlertingServer,
  type Step,
} from './alerting-server.ts'
import { joined, ProbeError, type Look } from './probe.ts'
import { coveredBy } from './silence-matching.ts'

/** Whether the watchdog has arrived at this Alertmanager, and whether it notifies of what arrives. */
export async function lookAtAlertmanager(
  alerting: Alerting,
  server: AlertingServer,
  deadline: Ending,
): Promise<Look> {
  const { wanted } = alerting
  const alerts = listIn(await jsonOf(server, alertsPath(alerting), deadline), alertsIn, server)
  const watchdogs = alerts.filter(({ labels }) => labels['alertname'] === wanted.watchdog)
  if (watchdogs.length === 0) {
    const said = `${wanted.watchdog} has not arrived: Prometheus sends it elsewhere, or can not reach this Alertmanager`
    return stepLook(server, 'arrival', broken('watchdog_not_arrived', said))
  }
  const silences = jsonOf(server, '/api/v2/silences', deadline).then((body) =>
    listIn(body, silencesIn, server),
  )
  const pages = pagesBeside(alerting, watchdogs)
  const looks = await Promise.all([
    stepLook(server, 'arrival', intact(`${wanted.watchdog} has arrived`)),
    stepLook(server, 'suppression', suppression(alerting, watchdogs, silences)),
    stepLook(server, 'receiver', receiver(alerting, server, alerts, deadline)),
    stepLook(
      server,
      'silences',
      silences.then((some) => silencesStep(server, some, pages)),
    ),
  ])
  return joined(looks)
}

/** Ours and no other alerts, of this Prometheus. */
function alertsPath({ filter }: Alerting): string {
  const parameters = new URLSearchParams()
  for (const matcher of ['alertname=~"Caracal.+"', ...filter]) parameters.append('filter', matcher)
  return `/api/v2/alerts?${parameters.toString()}`
}

function listIn<Value>(
  body: unknown,
  decode: (body: unknown) => Value | undefined,
  { name }: AlertingServer,
): Value {
  const value = decode(body)
  if (value === undefined) throw new ProbeError(malformed(`${name} does not answer as an Alertmanager`))
  return value
}

/** The labels of our alerts that page, with those that Prometheus adds to each. */
function pagesBeside({ wanted }: Alerting, [watchdog]: readonly ArrivedAlert[]) {
  const { alertname: _, severity: __, component: ___, ...added } = watchdog?.labels ?? {}
  return wanted.pages.map((labels) => ({ ...added, ...labels }))
}

/** Whether the watchdog is kept back, by whom and until when. */
async function suppression(
  { wanted: { watchdog } }: Alerting,
  watchdogs: readonly ArrivedAlert[],
  silences: Promise<readonly Silence[]>,
): Promise<Step> {
  if (!watchdogs.every(({ isSuppressed }) => isSuppressed)) return intact(`${watchdog} is not kept back`)
  const ids = new Set(watchdogs.flatMap(({ silencedBy }) => silencedBy))
  const silence = (await silences).find(({ id }) => ids.has(id))
  if (silence !== undefined)
    return broken('watchdog_silenced', `${watchdog} is silenced by ${inWords(silence)}`)
  if (ids.size > 0) return broken('watchdog_silenced', `${watchdog} is silenced by ${listed([...ids])}`)
  return watchdogs.some(({ isInhibited }) => isInhibited)
    ? broken('watchdog_inhibited', `${watchdog} is inhibited by another alert`)
    : broken('watchdog_muted', `${watchdog} is muted by a time interval of its route`)
}

/** The configuration that was read last: it changes seldom, and its YAML is dear to read. */
const lastRead = new WeakMap<AlertingServer, { text: string; names: ReadonlySet<string> | undefined }>()

function notifyingAt(server: AlertingServer, text: string): ReadonlySet<string> | undefined {
  const last = lastRead.get(server)
  if (last?.text === text) return last.names
  const names = notifyingReceivers(text)
  lastRead.set(server, { text, names })
  return names
}

/** Whether what has arrived of ours is routed to receivers that notify. */
async function receiver(
  { wanted: { watchdog, pages }, receiver: wish }: Alerting,
  server: AlertingServer,
  alerts: readonly ArrivedAlert[],
  deadline: Ending,
): Promise<Step> {
  const notifying = notifyingAt(server, configurationText(await jsonOf(server, '/api/v2/status', deadline)))
  if (notifying === undefined)
    throw new ProbeError(
      why('malformed', 'alerting_malformed', `${server.name} does not show its configuration`),
    )
  const paging = new Set(pages.map(({ alertname }) => alertname))
  const lost = alerts.find(({ labels: { alertname = '', severity }, receivers }) => {
    const matters = alertname === watchdog || (paging.has(alertname) && severity === 'critical')
    return matters && !receivers.some((name) => notifying.has(name))
  })
  if (lost !== undefined)
    return broken(
      'receiver_null',
      `${labelled(lost)} is routed to ${named(lost.receivers)}, which notifies of nothing`,
    )
  const reached = alerts.flatMap(({ labels, receivers }) =>
    labels['alertname'] === watchdog ? receivers : [],
  )
  return wish === undefined || reached.includes(wish)
    ? intact(`${watchdog} is routed to ${named(reached)}, which notifies`)
    : broken('receiver_other', `${watchdog} is routed to ${named(reached)}, not to ${wish}`)
}

function labelled({ labels }: ArrivedAlert): string {
  return plain(labels['alertname'] ?? '', 80)
}

function named(receivers: readonly string[]): string {
  const names = [...new Set(receivers)].map((name) => plain(name, 60))
  return names.length === 0 ? 'no receiver' : firstFew(names, 3)
}

/** Whether a silence would keep a page back. */
function silencesStep(
  server: AlertingServer,
  silences: readonly Silence[],
  pages: ReturnType<typeof pagesBeside>,
): Step {
  const { silence, alert, isUnclear } = coveredBy(server, silences, pages)
  if (silence !== undefined)
    return broken('pages_silenced', `${alert ?? 'a page'} would be silenced by ${inWords(silence)}`)
  if (isUnclear)
    throw new ProbeError(
      why('ambiguous', 'silence_unclear', `a silence at ${server.name} has a pattern that can not be judged`),
    )
  return intact('no silence covers a page')
}

function inWords({ id, createdBy, endsAt }: Silence): string {
  const end = Number.isFinite(endsAt) ? ` until ${new Date(endsAt).toISOString().slice(0, 16)}Z` : ''
  return `${plain(id, 60)} of ${plain(createdBy, 60)}${end}`
}
