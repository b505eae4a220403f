import type { Valid } from './answer.ts'
import type { Decision } from './decision.ts'
import type { Blocker, Report, ReportedGate, ReportedStop } from './document.ts'
import { meaningOf, type Paint } from './paint.ts'
import { clockTime } from './text.ts'
import {
  compared,
  head,
  moment,
  namedIn,
  sinceWhen,
  steadiness,
  type Item,
  type Named,
  isSaidBy,
} from './wording.ts'

/** What `explain` shows. */
export interface ExplainView {
  readonly answer: Valid
  readonly decision: Decision
  /** What was asked about; the verdict, when nothing was. */
  readonly about?: readonly Named[]
  readonly paint: Paint
}

/** Root causes that are explained in full, and consequences that are named; the rest is counted. */
const most = { causes: 5, consequences: 20, culprits: 10 }

/** The answer for a person: why first, then what hangs on it. */
export function explanation(view: ExplainView): string {
  const { answer, about, paint } = view
  const sections =
    about === undefined
      ? verdictSections(view)
      : about.map((named) => sectionOf(named, answer.report, paint, ''))
  return `${[head(view, paint), ...sections].map((lines) => lines.join('\n')).join('\n\n')}\n`
}

function verdictSections({ answer: { report }, decision, paint }: ExplainView): (readonly string[])[] {
  const { blocking } = report
  if (blocking.length === 0) return [[unblocked(report, decision)]]
  const named = new Map(namedIn(report).map((one) => [one.ref, one]))
  const causes = blocking.filter(({ rootCause }) => rootCause)
  const full = causes.slice(0, most.causes)
  const rest = [...causes.slice(most.causes), ...blocking.filter(({ rootCause }) => !rootCause)]
  const sections = full.map((blocker, place) =>
    blockerSection(blocker, named.get(blocker.ref), report, paint, `${place + 1}. `),
  )
  if (rest.length === 0) return sections
  const title = causes.length > full.length ? 'Also, or because of it' : 'What hangs on it'
  const lines = rest
    .slice(0, most.consequences)
    .map(({ ref, state, message }) => `  ${paint(state, meaningOf(state))}  ${ref}: ${message}`)
  const more = rest.length - lines.length
  return [...sections, [title, ...lines, ...(more > 0 ? [`  and ${more} more`] : [])]]
}

function unblocked(report: Report, decision: Decision): string {
  if (decision === 'proceed') return 'Nothing blocks it.'
  if (decision === 'superseded')
    return 'Another rollout is the current one; caracal-gate rollouts lists them.'
  if (decision === 'ended') return 'The rollout is over and was never proven; the next one is judged anew.'
  return `Nothing blocks it but time: ${steadiness(report)}. There is nothing to do.`
}

/** A blocker may be in a state of its own, such as latched, and says it in words of its own. */
function blockerSection(
  blocker: Blocker,
  named: Named | undefined,
  report: Report,
  paint: Paint,
  number: string,
): readonly string[] {
  if (named?.kind === 'check' || named?.kind === 'stop')
    return sectionOf(named, report, paint, number, blocker)
  return sectionOf({ kind: 'blocker', ref: blocker.ref, blocker }, report, paint, number)
}

function sectionOf(
  named: Named,
  report: Report,
  paint: Paint,
  number: string,
  blocker = report.blocking.find(({ ref }) => ref === named.ref),
): readonly string[] {
  const { ref } = named
  switch (named.kind) {
    case 'gate':
      return gateLines(named.gate, report, paint)
    case 'blocker': {
      const { state, message } = named.blocker
      const advice = adviceOn(ref)
      return [
        title(number, ref, state, '', paint),
        row('seen', message),
        ...(advice === '' ? [] : [row('do first', advice)]),
      ]
    }
    case 'check':
    case 'stop': {
      const { item } = named
      const state = blocker?.state ?? item.state
      return [
        title(number, ref, state, sinceWhen(state, item, report), paint),
        ...itemLines(item, report, blocker),
        ...(named.kind === 'stop' ? stopLines(named.item, report) : []),
      ]
    }
  }
}

function title(number: string, ref: string, state: string, since: string, paint: Paint): string {
  return `${number}${paint(ref, 'strong')}  ${paint(state, meaningOf(state))}${since}`
}

function itemLines(item: Item, report: Report, blocker: Blocker | undefined): readonly string[] {
  const { unknownReason, reason, message, culprits, culpritCount } = item
  const measured = compared(item)
  const why = unknownReason === null ? reason : `${reason}, unknown: ${unknownReason}`
  const blamed = culprits.slice(0, most.culprits).map((culprit) => {
    const since = culprit.since === null ? '' : ` since ${moment(culprit.since, report)}`
    const seen = compared(culprit)
    const said = [culprit.message, seen].filter((text) => text !== '' && text !== message).join('; ')
    const where = culprit.target === null || culprit.target === culprit.key ? '' : ` (${culprit.target})`
    return `${culprit.key}${where}${since}${said === '' ? '' : `: ${said}`}`
  })
  const rest = culpritCount - blamed.length
  return [
    row('expected', item.claim),
    row('seen', `${message} [${why}]`),
    ...(blocker === undefined || isSaidBy(blocker, item, message) ? [] : [row('blocks', blocker.message)]),
    ...(measured === '' ? [] : [row('measured', measured)]),
    ...('countedSince' in item ? countedLines(item, report) : []),
    ...blamed.map((text, place) => row(place === 0 ? 'to blame' : '', text)),
    ...(rest > 0 ? [row('', `and ${rest} more like it`)] : []),
    row('looked', looked(item, report)),
    ...(item.nextStep === '' || !isBad(item, blocker) ? [] : [row('do first', item.nextStep)]),
    ...(item.runbookUrl === '' ? [] : [row('read', item.runbookUrl)]),
  ]
}

/** Good states need no action, unless one is latched. */
function isBad({ state }: Item, blocker: Blocker | undefined): boolean {
  return blocker !== undefined || !['pass', 'clear', 'skipped'].includes(state)
}

function looked({ lastAttemptAt, lastSuccessAt }: Item, report: Report): string {
  const seen =
    lastSuccessAt === null ? 'never seen whole' : `last seen whole at ${moment(lastSuccessAt, report)}`
  if (lastAttemptAt === null) return 'not every part was looked at yet'
  return lastAttemptAt === lastSuccessAt ? seen : `${seen}, last tried at ${moment(lastAttemptAt, report)}`
}

/** Since when events are counted in a rollout, and when the newest came. */
function countedLines({ countedSince, lastEventAt }: ReportedStop, report: Report): readonly string[] {
  const begun = countedSince === report.rollout.startedAt ? 'the rollout began at ' : ''
  const since = countedSince === null ? [] : [`since ${begun}${moment(countedSince, report)}`]
  const last = lastEventAt === null ? [] : [`last one at ${moment(lastEventAt, report)}`]
  const said = [...since, ...last]
  return said.length === 0 ? [] : [row('counted', said.join(', '))]
}

function stopLines({ id, state, latch, holdSeconds }: ReportedStop, report: Report): readonly string[] {
  const held = state === 'pending' ? [row('fires', `after ${holdSeconds} s without a break`)] : []
  if (latch === null) return held
  const { acknowledged } = latch
  const fired = row('fired', `at ${moment(latch.at, report)}: ${latch.message}`)
  if (acknowledged !== null)
    return [
      ...held,
      fired,
      row(
        'noted',
        `by ${acknowledged.actor} at ${clockTime(new Date(acknowledged.at))}: ${acknowledged.reason}`,
      ),
    ]
  return [...held, fired, row('then', `caracal-gate ack ${id} --reason "why it is safe to go on"`)]
}

function gateLines(gate: ReportedGate, report: Report, paint: Paint): readonly string[] {
  const { id, checks } = gate
  const isWell = ({ state }: Item) => state === 'pass' || state === 'skipped'
  const bad = checks
    .filter((item) => !isWell(item))
    .map((item) =>
      sectionOf({ kind: 'check', ref: `gates/${id}/checks/${item.id}`, item }, report, paint, ''),
    )
  const well = checks.filter(isWell).map((item) => {
    const seen = compared(item)
    return `  ${paint(item.state, meaningOf(item.state))}  ${item.id}: ${item.claim}${seen === '' ? '' : ` (${seen})`}`
  })
  return [
    title('', `gates/${id}`, gate.state, ` since ${moment(gate.since, report)}`, paint),
    row('asks', gate.title),
    ...bad.flatMap((lines) => ['', ...lines]),
    ...(well.length === 0 ? [] : ['', ...well]),
  ]
}

function row(name: string, text: string): string {
  return `   ${name.padEnd(8)}  ${text}`
}

/** What to do about what is no part of the platform: a demand of the request, or the exporter itself. */
function adviceOn(ref: string): string {
  if (ref === 'request/rollout') return 'caracal-gate rollouts'
  if (ref === 'request/steady') return 'nothing: it is a matter of time'
  if (ref === 'evaluator/starved') return 'kubectl top pod -l app.kubernetes.io/name=caracal-gate-exporter -A'
  return ref.startsWith('evaluator/') ? 'caracal-gate healthcheck --ready' : ''
}
