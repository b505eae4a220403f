import type { Valid } from './answer.ts'
import type { Reach } from './connect.ts'
import type { Decision } from './decision.ts'
import type { Blocker, Report, ReportedGate } from './document.ts'
import { itemLines, stopLines } from './item-lines.ts'
import { meaningOf, type Paint } from './paint.ts'
import { anyScreen, type Line, type Screen } from './screen.ts'
import {
  actionOn,
  blockedSince,
  compared,
  head,
  isWell,
  moment,
  namedIn,
  row,
  runbookOf,
  sinceWhen,
  steadiness,
  titleOf,
  type Named,
} from './wording.ts'

/** What `explain` shows. */
export interface ExplainView {
  readonly answer: Valid
  readonly decision: Decision
  /** What was asked about; the verdict, when nothing was. */
  readonly about?: readonly Named[]
  readonly paint: Paint
  readonly screen?: Screen
  /** Where the exporter was asked. */
  readonly base?: URL
  readonly reach?: Reach
}

type Shown = Pick<ExplainView, 'paint' | 'base' | 'reach'> & { readonly report: Report }

/** Root causes that are explained in full, and consequences that are named below each; the rest is counted. */
const most = { causes: 5, consequences: 20 }

/** The answer for a person: why first, then what follows from it. */
export function explanation(view: ExplainView): string {
  const { answer, about, paint, screen = anyScreen } = view
  const shown = { ...view, report: answer.report }
  const sections =
    about === undefined ? verdictSections(view, shown) : about.map((named) => sectionOf(named, shown, ''))
  const lines = [head(view, paint), ...sections].flatMap((section, place) =>
    place === 0 ? section : [{ text: '' }, ...section],
  )
  return `${screen.rows(lines).join('\n')}\n`
}

function verdictSections({ decision }: ExplainView, shown: Shown): readonly (readonly Line[])[] {
  const { report, paint } = shown
  const { blocking } = report
  if (blocking.length === 0) return [[{ text: unblocked(report, decision) }]]
  const named = new Map(namedIn(report).map((one) => [one.ref, one]))
  const causes = blocking.filter(({ rootCause }) => rootCause)
  const full = causes.slice(0, most.causes)
  const refs = new Set(full.map(({ ref }) => ref))
  const sections = full.map((blocker, place) => [
    ...blockerSection(blocker, named.get(blocker.ref), shown, `${place + 1}. `),
    ...followers(
      blocking.filter((one) => one.explainedBy === blocker.ref),
      paint,
    ),
  ])
  const rest = [
    ...causes.slice(most.causes),
    ...blocking.filter((one) => !one.rootCause && !refs.has(one.explainedBy ?? '')),
  ]
  if (rest.length === 0) return sections
  const title = causes.length > full.length ? 'Also, or because of it' : 'What follows from it'
  return [...sections, [{ text: title }, ...namedLines(rest, '  ', paint)]]
}

/** What a cause explains, below it. */
function followers(blockers: readonly Blocker[], paint: Paint): readonly Line[] {
  if (blockers.length === 0) return []
  const count = `${blockers.length} ${blockers.length === 1 ? 'entry' : 'entries'}`
  return [row('explains', count), ...namedLines(blockers, '     ', paint)]
}

function namedLines(blockers: readonly Blocker[], indent: string, paint: Paint): readonly Line[] {
  const lines = blockers.slice(0, most.consequences).map(({ ref, state, message }) => ({
    head: `${indent}${paint(state, meaningOf(state))}  `,
    text: `${ref}: ${message}`,
    most: 1,
  }))
  const more = blockers.length - lines.length
  return [...lines, ...(more > 0 ? [{ text: `${indent}and ${more} more` }] : [])]
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
  shown: Shown,
  number: string,
): readonly Line[] {
  if (named?.kind === 'check' || named?.kind === 'stop') return sectionOf(named, shown, number, blocker)
  return sectionOf({ kind: 'blocker', ref: blocker.ref, blocker }, shown, number)
}

function sectionOf(
  named: Named,
  shown: Shown,
  number: string,
  blocker = shown.report.blocking.find(({ ref }) => ref === named.ref),
): readonly Line[] {
  const { ref } = named
  const { report, paint } = shown
  switch (named.kind) {
    case 'gate':
      return gateLines(named.gate, shown)
    case 'blocker':
      return [
        title(number, ref, named.blocker.state, blockedSince(named.blocker, report), paint),
        ...ownLines(named.blocker, shown),
      ]
    case 'check':
    case 'stop': {
      const { item } = named
      const state = blocker?.state ?? item.state
      return [
        title(number, ref, state, sinceWhen(state, item, report), paint),
        ...itemLines(item, shown, blocker),
        ...(named.kind === 'stop' ? stopLines(named.item, shown) : []),
      ]
    }
  }
}

/** What is known of a blocker that is neither a check nor a stop condition. */
function ownLines(blocker: Blocker, { report, base, reach }: Shown): readonly Line[] {
  const { ref, message } = blocker
  const name = titleOf(blocker)
  const action = actionOn(blocker, report, reach)
  const runbook = runbookOf(blocker, report, base)
  return [
    ...(name === message ? [] : [row('cause', name)]),
    row('seen', message),
    ...(action === '' ? [] : [row('do first', action, 'command')]),
    ...(ref === 'request/steady' ? [row('do first', 'nothing: it is a matter of time')] : []),
    ...(runbook === '' ? [] : [row('read', runbook, 'address')]),
  ]
}

function title(number: string, ref: string, state: string, since: string, paint: Paint): Line {
  return { head: number, text: `${paint(ref, 'strong')}  ${paint(state, meaningOf(state))}${since}` }
}

function gateLines(gate: ReportedGate, shown: Shown): readonly Line[] {
  const { report, paint } = shown
  const { id, checks } = gate
  const bad = checks
    .filter((item) => !isWell(item))
    .map((item) => sectionOf({ kind: 'check', ref: `gates/${id}/checks/${item.id}`, item }, shown, ''))
  const well = checks.filter(isWell).map((item) => {
    const seen = compared(item)
    return {
      head: `  ${paint(item.state, meaningOf(item.state))}  `,
      text: `${item.id}: ${item.claim}${seen === '' ? '' : ` (${seen})`}`,
    }
  })
  const blank = { text: '' }
  return [
    title('', `gates/${id}`, gate.state, ` since ${moment(gate.since, report)}`, paint),
    row('asks', gate.title),
    ...bad.flatMap((lines) => [blank, ...lines]),
    ...(well.length === 0 ? [] : [blank, ...well]),
  ]
}
