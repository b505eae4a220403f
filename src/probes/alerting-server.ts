import type { Ending } from '../connections/deadline.ts'
import type { Http } from '../connections/http.ts'
import type { Instant } from '../core/time.ts'
import type { Labels } from '../core/signal.ts'
import { plain } from '../core/text.ts'
import { read } from '../core/signal.ts'
import { isObject, textAt } from '../kubernetes/manifest/objects.ts'
import { alertPathIntact } from '../rules/signals.ts'
import { reasonsOf, type Reasons } from './declaration.ts'
import { isPage, whyUnavailable } from './http-status.ts'
import { blindLook, ProbeError, type Look } from './probe.ts'

/** A server that takes part in the way of alerts. */
export interface AlertingServer {
  /** `prometheus` or `alertmanager/<host>`. */
  readonly name: string
  /** Base URL without a slash at its end. */
  readonly url: string
  readonly http: Http
  readonly headers: Readonly<Record<string, string>>
}

/** Where alerts are evaluated and sent from, and what must be there. */
export interface Alerting {
  readonly prometheus: AlertingServer
  readonly alertmanagers: readonly AlertingServer[]
  /** Matchers for the labels that this Prometheus adds. */
  readonly filter: readonly string[]
  /** Receiver that the watchdog must reach. */
  readonly receiver?: string
  readonly secondPath: boolean
  readonly wanted: Wanted
  /** This process, as its own metrics tell it. */
  readonly self: { readonly startedAt: Instant; readonly now: () => Instant }
}

/** Names that Prometheus must know. */
export interface Wanted {
  readonly watchdog: string
  /** Alerts on the exporter. */
  readonly alerts: readonly string[]
  /** Rules that record what these are made of. */
  readonly recordings: readonly string[]
  /** Alerts on the platform's own metrics. */
  readonly platformAlerts: readonly string[]
  readonly metrics: readonly string[]
  readonly platformMetrics: readonly string[]
  /** A regular expression of PromQL. */
  readonly platformJobs: string
  readonly startMetric: string
  readonly evaluationMetric: string
  /** Alerts that page, each with its labels. */
  readonly pages: readonly Labels[]
}

export const alertingReasons = {
  alerting_unauthorized: [
    'Prometheus or Alertmanager refuses the login of the exporter',
    'alerting.prometheus.bearer: { file: <path> }   # or username and password; alerting.alertmanager has the same keys',
  ],
  alerting_malformed: [
    'the answer is not that of a Prometheus or an Alertmanager',
    'alerting.prometheus.url: <base URL of the Prometheus itself, with its route prefix>',
  ],
  alerting_error: [
    'Prometheus or Alertmanager answered with an error',
    '# see its log, and its page /status',
  ],
  silence_unclear: [
    'a silence has a pattern that the exporter can not judge',
    'amtool silence query --alertmanager.url <URL>   # is one of these meant for our alerts?',
  ],
} as const satisfies Reasons

export const why = reasonsOf(alertingReasons)

/** No answer is read beyond it. */
const LARGEST_BODY = 4 * 1024 * 1024

/**
 * The JSON that a server answers with.
 * @throws ProbeError when there is none
 */
export async function jsonOf(server: AlertingServer, path: string, deadline: Ending): Promise<unknown> {
  const { name, url, http, headers } = server
  const subject = `${path.replace(/\?.*/, '')} of ${name}`
  const answer = await http
    .get(`${url}${path}`, { headers, deadline, maxBytes: LARGEST_BODY })
    .catch((fault: unknown) => {
      throw whyUnavailable(fault, subject)
    })
  const { status, body } = answer
  if (status === 401 || status === 403)
    throw new ProbeError(why('unauthorized', 'alerting_unauthorized', `${subject} answers ${status}`))
  const value = isPage(answer) ? undefined : parsed(body)
  if (status >= 500 || (status >= 400 && isObject(value) && value['status'] === 'error')) {
    const said = isObject(value) ? `: ${plain(textAt(value, 'error'), 160)}` : ''
    throw new ProbeError(why('malformed', 'alerting_error', `${subject} answers ${status}${said}`))
  }
  if (status !== 200 || value === undefined)
    throw new ProbeError(malformed(`${subject} answers ${status} and not as it should`))
  return value
}

export function malformed(message: string) {
  return why('malformed', 'alerting_malformed', message)
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown
  } catch {
    return undefined
  }
}

/** What a step has come to; `code` is why it is broken. */
export interface Step {
  readonly code?: string
  readonly detail: string
}

export function intact(detail: string): Step {
  return { detail }
}

export function broken(code: string, detail: string): Step {
  return { code, detail }
}

/** The look at one step: what it has come to, or why that could not be read. */
export async function stepLook(
  { name: server }: AlertingServer,
  step: string,
  asked: Step | Promise<Step>,
): Promise<Look> {
  try {
    const { code, detail } = await asked
    const value = code === undefined ? 1 : 0
    const facts = code === undefined ? undefined : { code }
    return { readings: [read(alertPathIntact, { server, step }, value, detail, facts)] }
  } catch (fault) {
    if (fault instanceof ProbeError) return blindLook([alertPathIntact], { server, step }, fault)
    throw fault
  }
}
