import type { Expected } from '../core/expected.ts'
import type { AskedPhase } from '../core/rollout.ts'
import { parseDocument, type Blocker, type Report } from './document.ts'
import type { NoReply, Reply } from './http.ts'
import { isPage, problemOf, strangerOf, type Problem, type Stranger } from './origin.ts'
import { inWords } from '../core/time.ts'
import { isEnforced } from './waivers.ts'

/** What the request demanded. Checked again here: something that ignores it may answer. */
export interface Demands {
  /** Id of the rollout that is meant. */
  readonly rollout?: string
  /** Milliseconds for which every gate must have passed. */
  readonly steady?: number
  /** Milliseconds that may have passed since the oldest observation and since the evaluation. */
  readonly maxAge?: number
  /** What must have arrived. */
  readonly expected?: Expected
  /** The phase that the question is about. */
  readonly phase?: AskedPhase
}

/** A document that says something, now. */
export interface Valid {
  readonly kind: 'valid'
  readonly report: Report
  /** The whole of it, as it came. */
  readonly document: unknown
  /** Milliseconds from now on for which it may still be relied upon. */
  readonly validFor: number
  /** Milliseconds since the evaluation, by the server's clock and ours, each compared only with itself. */
  readonly age: number
}

export interface CannotTell {
  readonly kind: 'cannot-tell'
  /** Short stable code. */
  readonly reason: string
  readonly message: string
  /** Waiting does not help: the call, or the address that it names, has to change. */
  readonly lasting: boolean
  /** Milliseconds after which the server asks to be asked again. */
  readonly retryAfter?: number
}

export type Answer = Valid | CannotTell

/** HTTP gives the server's time in whole seconds, and the evaluation may be a moment younger than that. */
const clockGrain = 2_000

function blindSpot(reason: string, message: string, lasting = false): CannotTell {
  return { kind: 'cannot-tell', reason, message, lasting }
}

/**
 * Reads a reply as an answer about the rollout; whatever is in doubt is `cannot-tell`.
 *
 * Freshness never compares our wall clock with the server's. The document's life (`expiresAt` less `evaluatedAt`)
 * and its age when it was sent (the `Date` header less `evaluatedAt`) are spans of the server's clock; the time
 * since then is a span of ours, at most `took`. A long poll takes long before anything is sent, so the caller says
 * `waited`: then `took` says nothing, and a `proceed` has to be confirmed by a reply without waiting. An old answer
 * that is repeated with the times that it had is known by what was said with another request.
 */
export function readAnswer(reply: Reply | NoReply, demands: Demands, waited = false): Answer {
  const had = wholeReply(reply)
  if ('kind' in had) return had
  const parsed = parseDocument(had.body)
  if (!parsed.ok) return blindSpot(parsed.reason, parsed.message, parsed.reason !== 'malformed')
  const doubt = doubtIn(parsed.report) ?? unheard(parsed.document, demands)
  if (doubt !== undefined) return doubt
  return fresh(had, parsed.report, parsed.document, demands, waited)
}

/** The reply, or why it cannot be what was asked for, whatever its body would say. */
export function wholeReply(reply: Reply | NoReply): Reply | CannotTell {
  if (!('status' in reply))
    return blindSpot(reply.reason, reply.message, reply.reason === 'untrusted' || reply.reason === 'token')
  if (reply.status !== 200) return refusal(reply)
  if ((reply.headers['content-encoding'] ?? 'identity') !== 'identity')
    return blindSpot('malformed', 'the answer is compressed, which was not asked for', true)
  return isPage(reply.body) ? answeredBy(reply) : reply
}

function fresh(
  { headers, took, echoed }: Reply,
  report: Report,
  document: unknown,
  demands: Demands,
  waited: boolean,
): Answer {
  const sentAt = Date.parse(headers['date'] ?? '')
  if (Number.isNaN(sentAt))
    return blindSpot('no_time', 'the answer does not say when it was sent (no Date header), so it may be old')
  const life = report.expiresAt - report.evaluatedAt
  if (sentAt < report.evaluatedAt - clockGrain || life <= 0)
    return blindSpot('contradictory', 'the times in the answer contradict each other, so it may be old')
  // Added by caches between us and the exporter.
  const cached = Math.max(0, Number(headers['age'] ?? 0)) * 1_000
  const age = Math.max(0, sentAt - report.evaluatedAt) + (waited ? 0 : took) + cached
  const limit = Math.min(life, demands.maxAge ?? Number.POSITIVE_INFINITY)
  // Not `age > limit`: an age that is no number is no proof.
  if (!(age <= limit)) {
    const allowed = limit < life ? `--max-age allows ${inWords(limit)}` : `it was good for ${inWords(life)}`
    return blindSpot(
      'expired',
      `the evaluation is ${inWords(age)} old, and ${allowed}: the exporter or something before it has come to a halt`,
    )
  }
  if (echoed === false)
    return blindSpot(
      'not_answered',
      'this is not the answer to this request: something before the exporter repeats answers or takes headers away',
    )
  return { kind: 'valid', report, document, validFor: limit - age, age }
}

/** What makes a whole and well-formed document one that cannot be believed. */
function doubtIn(report: Report): CannotTell | undefined {
  const { verdict } = report
  if (verdict === 'hold' || verdict === 'stop') return undefined
  if (verdict !== 'proceed')
    return blindSpot(
      'unknown_verdict',
      `the verdict is "${verdict}", which this caracal-gate does not know`,
      true,
    )
  const against = contradictions(report)
  if (against.length === 0) return undefined
  return blindSpot('contradictory', `the verdict is proceed, but ${against.slice(0, 3).join(', ')}`)
}

/** What must have arrived was not heard by who answers: the verdict is about less than was asked. */
function unheard(document: unknown, { expected, phase }: Demands): CannotTell | undefined {
  const { demanded, askedPhase = null } = document as {
    readonly demanded?: unknown
    readonly askedPhase?: unknown
  }
  const isHeard = expected === undefined || inOneForm(demanded) === inOneForm(expected)
  // An answer about a phase without such a question may leave something out.
  if (isHeard && askedPhase === (phase ?? null)) return undefined
  return blindSpot(
    'demand_ignored',
    'the answer is about something else than was asked of phase and arrival: the exporter is older than this caracal-gate, or something before it takes parameters away',
    true,
  )
}

function inOneForm(expected: unknown): string {
  const { images, digests, revision, chart, appVersion } = (expected ?? {}) as Record<string, unknown>
  return JSON.stringify([images ?? {}, digests ?? {}, revision ?? null, chart ?? null, appVersion ?? null])
}

/** Everything in a document that forbids `proceed`; states that are not known count as such. */
function contradictions({ gates, stopConditions, blocking }: Report): readonly string[] {
  const required = gates.filter((gate) => gate.required && gate.state !== 'skipped')
  // Of a gate that does not count, what the rollout itself asks for does.
  const [whole, partly] = [required.filter(isEnforced), required.filter((gate) => !isEnforced(gate))]
  return [
    ...(required.length === 0 ? ['no gate was required'] : []),
    ...whole.filter((gate) => gate.state !== 'pass').map((gate) => `gate ${gate.id} is ${gate.state}`),
    ...partly.flatMap((gate) =>
      gate.checks
        .filter((check) => isEnforced(check) && check.state !== 'pass')
        .map((check) => `check ${check.id} is ${check.state}`),
    ),
    ...stopConditions
      .filter((stop) => isEnforced(stop) && (stop.state !== 'clear' || isLatched(stop.latch)))
      .map(({ id, state }) => `stop condition ${id} is ${state === 'clear' ? 'latched' : state}`),
    ...blocking.map((blocker: Blocker) => `${blocker.ref} blocks`),
  ]
}

function isLatched(latch: Report['stopConditions'][number]['latch']): boolean {
  return latch !== null && latch.acknowledged === null
}

function refusal(reply: Reply): CannotTell {
  const problem = problemOf(reply)
  return problem === undefined ? answeredBy(reply) : refusedWith(problem, reply)
}

/** Something else than the exporter has answered. */
function answeredBy(reply: Reply): CannotTell {
  const { kind, message, lasting } = strangerOf(reply)
  return { ...blindSpot(strangers[kind], message, lasting), ...(lasting ? {} : retryAfter(reply.headers)) }
}

const strangers: Readonly<Record<Stranger['kind'], string>> = {
  login: 'login_in_front',
  forbidden: 'login_in_front',
  redirect: 'redirected',
  page: 'not_ours',
  unwell: 'server_error',
  throttling: 'throttled',
  other: 'refused',
}

function refusedWith({ detail }: Problem, { status, headers }: Reply): CannotTell {
  const said = detail === '' ? '' : `: ${detail}`
  if (status === 401 || status === 403) {
    const why = status === 401 ? 'wants a token that it knows' : 'does not accept this token'
    return blindSpot(
      'unauthorized',
      `the exporter ${why} (${status}${said}); give one with --token-file or CARACAL_GATE_TOKEN`,
      true,
    )
  }
  if (status === 503)
    return { ...blindSpot('not_evaluated', `no evaluation exists yet (503${said})`), ...retryAfter(headers) }
  if (status === 429)
    return { ...blindSpot('throttled', `asked too often (429${said})`), ...retryAfter(headers) }
  if (status >= 500) return blindSpot('server_error', `the exporter answered ${status}${said}`)
  return blindSpot('refused', `the exporter answered ${status}${said}`, true)
}

function retryAfter(headers: Reply['headers']): { readonly retryAfter?: number } {
  const seconds = Number(headers['retry-after'])
  return seconds > 0 ? { retryAfter: Math.min(seconds, 30) * 1_000 } : {}
}
