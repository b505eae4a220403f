import type { Blocker, Report, ReportedGate, ReportedStop } from './document.ts'
import { meaningOf, type Paint } from './paint.ts'
import type { Line } from './screen.ts'
import type { StatusView } from './status-text.ts'
import { clockTime } from './text.ts'
import {
  actionOn,
  blockedSince,
  compared,
  isSaidBy,
  itemOf,
  moment,
  runbookOf,
  titleOf,
  type Item,
} from './wording.ts'

/** Root causes that are shown with what to do, and that are named; the rest is counted. */
const explained = 3
const named = 12

/** What `status --all` shows below the verdict: what blocks it, every gate with its checks, and every stop condition. */
export function wholeSections(view: StatusView): readonly (readonly Line[])[] {
  const { answer, paint, gates, narrowed } = view
  const { stopConditions } = answer.report
  const items = [...gates.flatMap((gate) => gate.checks), ...stopConditions]
  const width = Math.max(...items.map(({ id }) => id.length), 0)
  return [
    blockers(view),
    [{ text: 'Gates' }, ...gates.flatMap((gate) => gateLines(gate, width, paint))],
    narrowed
      ? []
      : [{ text: 'Stop conditions' }, ...stopConditions.map((stop) => stopLine(stop, width, paint))],
  ]
}

function blockers(view: StatusView): readonly Line[] {
  const { answer, gates, narrowed, paint } = view
  const concerned = answer.report.blocking.filter(
    ({ ref }) => !narrowed || gates.some(({ id }) => ref.startsWith(`gates/${id}/`)),
  )
  const causes = concerned.filter((blocker) => blocker.rootCause).slice(0, named)
  const rest = concerned.length - causes.length
  if (concerned.length === 0) return []
  const lines = causes.flatMap((blocker, place) => {
    if (place < explained) return blockerLines(blocker, view)
    const text = `${paint(blocker.ref, 'strong')}${blockedSince(blocker, answer.report)}: ${blocker.message}`
    return [{ head: stateHead(blocker, paint), text }]
  })
  const more = rest === 0 ? [] : [{ text: `  and ${rest} more, which these explain or which rank lower` }]
  return [{ text: 'Blocking' }, ...lines, ...more]
}

function stateHead({ state }: Blocker, paint: Paint): string {
  return `  ${paint(state, meaningOf(state))}  `
}

function blockerLines(
  blocker: Blocker,
  { answer: { report }, paint, base, reach }: StatusView,
): readonly Line[] {
  const { ref, message } = blocker
  const item = itemOf(ref, report)
  const title = titleOf(blocker)
  const action = actionOn(blocker, report, reach)
  const runbook = runbookOf(blocker, report, base)
  const indent = '    '
  return [
    { head: stateHead(blocker, paint), text: `${paint(ref, 'strong')}${blockedSince(blocker, report)}` },
    ...(title === message ? [] : [{ head: indent, text: title }]),
    { head: indent, text: message },
    ...(item === undefined ? [] : culpritLines(item, blocker, report)),
    ...(action === '' ? [] : [{ head: `${indent}next: `, text: action, form: 'command' } as const]),
    ...(runbook === '' ? [] : [{ head: `${indent}runbook: `, text: runbook, form: 'address' } as const]),
  ]
}

function culpritLines(item: Item, blocker: Blocker, report: Report): readonly Line[] {
  const shown = item.culprits.slice(0, 3)
  const rest = item.culpritCount - shown.length
  return [
    ...shown.map(({ key, since, observed, threshold, message }) => {
      const begun = since === null ? '' : ` since ${moment(since, report)}`
      const seen = compared({ observed, threshold })
      const said = isSaidBy(blocker, item, message) ? '' : message
      const words = [said, seen].filter((text) => text !== '').join('; ')
      return { head: '    culprit: ', text: `${key}${begun}${words === '' ? '' : `: ${words}`}` }
    }),
    ...(rest > 0 ? [{ text: `    and ${rest} more like it` }] : []),
  ]
}

function gateLines(gate: ReportedGate, width: number, paint: Paint): readonly Line[] {
  return [
    {
      head: `  ${state(gate.state, paint)}`,
      text: [paint(gate.id, 'strong'), ...modeIn(gate).map((mode) => `(${mode})`)].join(' '),
    },
    ...gate.checks.map((check) => row(check, width, paint)),
  ]
}

function stopLine(stop: ReportedStop, width: number, paint: Paint): Line {
  const { latch } = stop
  const line = row(stop, width, paint)
  if (latch === null) return line
  const { acknowledged } = latch
  const at = `latched at ${clockTime(new Date(latch.at))}`
  const latched =
    acknowledged === null
      ? `, ${paint(at, 'bad')}: ${latch.message}`
      : `, ${at}, acknowledged by ${acknowledged.actor}: ${acknowledged.reason}`
  return { ...line, text: `${line.text}${latched}` }
}

function row(item: Item, width: number, paint: Paint): Line {
  const well = item.state === 'pass' || item.state === 'clear'
  const shown = item.flags.filter((flag) => flag === 'stale' || flag === 'preexisting')
  const flags = [...modeIn(item), ...shown]
  const said = well ? compared(item) : item.message
  const marks = flags.length === 0 ? '' : ` (${flags.join(', ')})`
  return { head: `    ${state(item.state, paint)}${item.id.padEnd(width)}  `, text: `${said}${marks}` }
}

/** `in shadow`, where it does not count. */
function modeIn({ mode }: Pick<Item, 'mode'>): readonly string[] {
  return mode === null || mode === 'enforce' ? [] : [mode === 'shadow' ? 'in shadow' : mode]
}

function state(word: string, paint: Paint): string {
  return `${paint(word, meaningOf(word))}${' '.repeat(Math.max(1, 9 - word.length))}`
}
