import type { Valid } from './answer.ts'
import type { Decision } from './decision.ts'
import type { Blocker, Report, ReportedGate, ReportedStop } from './document.ts'
import { meaningOf, type Paint } from './paint.ts'
import { compared, head, itemOf, moment, sinceWhen, type Item, isSaidBy } from './wording.ts'
import { clockTime } from './text.ts'

/** What `status` shows. */
export interface StatusView {
  readonly answer: Valid
  readonly decision: Decision
  readonly gates: readonly ReportedGate[]
  /** One gate was asked for: only what concerns it is shown. */
  readonly narrowed: boolean
  readonly paint: Paint
}

/** Blockers that are explained in full, and that are named; the rest is counted. */
const explained = 3
const named = 12

/** The answer for a person: the verdict, then why, then everything. */
export function statusText(view: StatusView): string {
  const { answer, paint, gates, narrowed } = view
  const { report } = answer
  const width = Math.max(
    ...[...gates.flatMap((gate) => gate.checks), ...report.stopConditions].map(({ id }) => id.length),
    0,
  )
  const sections = [
    head(view, paint),
    blockers(view),
    ['Gates', ...gates.flatMap((gate) => gateLines(gate, width, paint))],
    narrowed ? [] : ['Stop conditions', ...report.stopConditions.map((stop) => stopLine(stop, width, paint))],
  ]
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

function blockers({ answer: { report }, gates, narrowed, paint }: StatusView): readonly string[] {
  const concerned = report.blocking.filter(
    ({ ref }) => !narrowed || gates.some(({ id }) => ref.startsWith(`gates/${id}/`)),
  )
  const causes = concerned.filter((blocker) => blocker.rootCause).slice(0, named)
  const rest = concerned.length - causes.length
  if (concerned.length === 0) return []
  const lines = causes.flatMap((blocker, place) => {
    const [title = '', ...details] = blockerLines(blocker, report, paint)
    return place < explained ? [title, ...details] : [`${title}: ${blocker.message}`]
  })
  const more = rest === 0 ? [] : [`  and ${rest} more, which these explain or which rank lower`]
  return ['Blocking', ...lines, ...more]
}

function blockerLines(blocker: Blocker, report: Report, paint: Paint): readonly string[] {
  const item = itemOf(blocker.ref, report)
  const state = paint(blocker.state, meaningOf(blocker.state))
  const since = item === undefined ? '' : sinceWhen(blocker.state, item, report)
  const lines = [`  ${state}  ${paint(blocker.ref, 'strong')}${since}`, `    ${blocker.message}`]
  if (item === undefined) return lines
  return [
    ...lines,
    ...culpritLines(item, blocker, report),
    ...(item.nextStep === '' ? [] : [`    next: ${item.nextStep}`]),
    ...(item.runbookUrl === '' ? [] : [`    runbook: ${item.runbookUrl}`]),
  ]
}

function culpritLines(item: Item, blocker: Blocker, report: Report): readonly string[] {
  const shown = item.culprits.slice(0, 3)
  const rest = item.culpritCount - shown.length
  return [
    ...shown.map(({ key, since, observed, threshold, message }) => {
      const begun = since === null ? '' : ` since ${moment(since, report)}`
      const seen = compared({ observed, threshold })
      const said = isSaidBy(blocker, item, message) ? '' : message
      const words = [said, seen].filter((text) => text !== '').join('; ')
      return `    culprit: ${key}${begun}${words === '' ? '' : `: ${words}`}`
    }),
    ...(rest > 0 ? [`    and ${rest} more like it`] : []),
  ]
}

function gateLines(gate: ReportedGate, width: number, paint: Paint): readonly string[] {
  return [
    `  ${state(gate.state, paint)}${paint(gate.id, 'strong')}`,
    ...gate.checks.map((check) => `    ${state(check.state, paint)}${row(check, width)}`),
  ]
}

function stopLine(stop: ReportedStop, width: number, paint: Paint): string {
  const { latch } = stop
  const acknowledgement = latch?.acknowledged ?? null
  const latched =
    latch === null
      ? ''
      : acknowledgement === null
        ? `, ${paint(`latched at ${clockTime(new Date(latch.at))}`, 'bad')}: ${latch.message}`
        : `, latched at ${clockTime(new Date(latch.at))}, acknowledged by ${acknowledgement.actor}: ${acknowledgement.reason}`
  return `    ${state(stop.state, paint)}${row(stop, width)}${latched}`
}

function row(item: Item, width: number): string {
  const well = item.state === 'pass' || item.state === 'clear'
  const flags = item.flags.filter((flag) => flag === 'stale' || flag === 'preexisting')
  const said = well ? compared(item) : item.message
  const marks = flags.length === 0 ? '' : ` (${flags.join(', ')})`
  return `${item.id.padEnd(width)}  ${said}${marks}`.trimEnd()
}

function state(word: string, paint: Paint): string {
  return `${paint(word, meaningOf(word))}${' '.repeat(Math.max(1, 9 - word.length))}`
}
