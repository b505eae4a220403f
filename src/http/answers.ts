import { arrivalIn } from '../rules/arrival.ts'
import type { Finding } from '../core/finding.ts'
import { askedIn } from '../core/question.ts'
import type { AskedPhase } from '../core/rollout.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { Instant } from '../core/time.ts'
import type { PublishContext, ReportContext } from './context.ts'
import type { Envelope, EnvelopeDocument, GateReport } from '../contract/document.ts'
import type { Verdict } from '../core/verdict.ts'
import { expiryOf, hasEvaluation, toReport } from './document.ts'
import type { Demands } from '../contract/parameters.ts'
import { tighten, type Arrival } from './strict.ts'

/** A snapshot as the document, made once and shared by all who ask. */
export interface Answer extends View {
  readonly snapshot: Snapshot
  readonly expiresAt: Instant
  /** The JSON of a stricter answer; made once for all whose demands come to the same. */
  bodyOf(stricter: GateReport): Buffer
  /** What was found of a demand for something that must have arrived; made once for all equal requests. */
  readonly arrival: Arrival
  /** The answer to the question of a phase; made once for all who ask it. */
  asked(phase: AskedPhase): Answer
}

/** What one request gets: the shared answer, or a stricter one of its own. */
export interface View {
  readonly report: GateReport
  readonly verdict: Verdict
  /** The document's JSON; made when it is first asked for. */
  readonly body: Buffer
  /** Over the semantic part: the same as long as no state, reason, latch or verdict changes. */
  readonly etag: string
}

export interface AnswerBook {
  /** The answer of the newest snapshot, or undefined when nothing has been evaluated. */
  current(): Answer | undefined
  of(snapshot: Snapshot): Answer
}

/** Keeps the newest answer: a snapshot is rendered at most once, and not at all without a request. */
export function answerBook(context: Pick<PublishContext, 'board' | 'report'>): AnswerBook {
  let last: Answer | undefined
  function of(snapshot: Snapshot): Answer {
    if (last?.snapshot !== snapshot) last = answerOf(snapshot, context.report())
    return last
  }
  return {
    of,
    current() {
      const snapshot = context.board.current()
      return hasEvaluation(snapshot) ? of(snapshot) : undefined
    },
  }
}

function answerOf(snapshot: Snapshot, facts: ReportContext): Answer {
  const report = toReport(snapshot, facts)
  const bodies = new Map<string, Buffer>()
  const questions = new Map<AskedPhase, Answer>()
  const arrivals = new Map<string, readonly Finding[]>()
  let body: Buffer | undefined
  return {
    snapshot,
    report,
    verdict: report.verdict,
    etag: `"${report.index}"`,
    expiresAt: expiryOf(snapshot, facts),
    get body() {
      body ??= bodyOf(report)
      return body
    },
    asked(phase) {
      const answer = questions.get(phase) ?? answerOf(askedIn(phase, snapshot, facts.rules), facts)
      questions.set(phase, answer)
      return answer
    },
    arrival(expected) {
      const key = JSON.stringify(expected)
      const found = arrivals.get(key) ?? arrivalIn(snapshot, facts.rules.providers, expected)
      if (arrivals.size < stricterBodies) arrivals.set(key, found)
      return found
    },
    bodyOf(stricter) {
      const key = differences(stricter)
      const made = bodies.get(key) ?? bodyOf(stricter)
      if (bodies.size < stricterBodies) bodies.set(key, made)
      return made
    },
  }
}

/** Stricter answers that are kept of one snapshot. */
const stricterBodies = 50

/** Everything in which a stricter answer can differ from the report that it comes from. */
function differences(stricter: GateReport): string {
  const { verdict, verdictSince, summary, superseded, demanded, requiredSteadySeconds, blocking } = stricter
  return JSON.stringify([
    verdict,
    verdictSince,
    summary,
    superseded,
    demanded,
    requiredSteadySeconds,
    blocking,
  ])
}

/** What every answer about the verdict begins with. */
export function envelope(report: GateReport): Envelope {
  const { apiVersion, verdict, summary, index, evaluatedAt, expiresAt } = report
  return { apiVersion, verdict, summary, index, evaluatedAt, expiresAt }
}

/** The answer to `document=envelope`. */
export function envelopeOf(report: GateReport): EnvelopeDocument {
  return { ...envelope(report), kind: 'Envelope' }
}

export function bodyOf(document: object): Buffer {
  return Buffer.from(`${JSON.stringify(document)}\n`)
}

/** The answer to a request with these demands at `now`. */
export function viewOf(whole: Answer, demands: Demands, now: Instant): View {
  const answer = demands.phase === undefined ? whole : whole.asked(demands.phase)
  const { report } = answer
  const demanding = Object.keys(demands).length > 0
  const stricter =
    demanding || now > answer.expiresAt ? tighten(report, demands, now, answer.arrival) : report
  if (stricter === report) return answer
  // What a demand makes of the report moves with time, while the index stays the same.
  const why = stricter.blocking.filter(({ ref }) => ref.startsWith('request/') || ref === 'evaluator/expired')
  return {
    report: stricter,
    verdict: stricter.verdict,
    get body() {
      return answer.bodyOf(stricter)
    },
    etag: `"${[report.index, ...(demands.phase === undefined ? [] : [demands.phase]), stricter.verdict, ...why.map(({ reason }) => reason)].join('.')}"`,
  }
}
