import type { Line } from '../screen.ts'
import { printable } from '../text.ts'
import type { Entry } from './entries.ts'
import { nextStepOf, type Outcome } from './reasons.ts'

/** The worst of all: what failed, then what is not proven. Of nothing, nothing is proven. */
export function outcomeOf(entries: readonly Entry[]): Outcome {
  if (entries.some(({ outcome }) => outcome === 'fail')) return 'fail'
  return entries.length > 0 && entries.every(({ outcome }) => outcome === 'pass') ? 'pass' : 'unknown'
}

/** One sentence, which names what is not well. */
export function summaryOf(entries: readonly Entry[]): string {
  const bad = worstFirst(entries)
  if (bad.length === 0) return `${entries.length} steps passed at every replica`
  const named = bad.map(({ component, replica, reason }) => `${component} ${replica}: ${reason}`)
  return printable(
    `${bad.length} of ${entries.length} steps did not pass: ${[...new Set(named)].join(', ')}`,
    300,
  )
}

function worstFirst(entries: readonly Entry[]): readonly Entry[] {
  const of = (wanted: Outcome) => entries.filter(({ outcome }) => outcome === wanted)
  return [...of('fail'), ...of('unknown')]
}

/** Replica, step, outcome, reason; below it, what is not well in words, with the next step. */
export function tableOf(entries: readonly Entry[]): readonly Line[] {
  const rows = entries.map((entry) => [
    entry.component,
    printable(entry.replica, 60),
    entry.step,
    entry.outcome,
    entry.reason,
  ])
  const head = ['component', 'replica', 'step', 'outcome', 'reason']
  const widths = head.map((word, column) =>
    Math.max(word.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const inColumns = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [
    { text: inColumns(head), form: 'address' },
    ...rows.map((row): Line => ({ text: inColumns(row), form: 'address' })),
    ...detailsOf(entries),
    { text: '' },
    { text: `${outcomeOf(entries)}: ${summaryOf(entries)}` },
  ]
}

/** Each message once, however many replicas it is about, and each next step below it. */
function detailsOf(entries: readonly Entry[]): readonly Line[] {
  const groups = Map.groupBy(worstFirst(entries), ({ reason, message }) => `${reason}\n${message}`)
  return [...groups.values()].flatMap((group): readonly Line[] => {
    const [first] = group
    if (first === undefined) return []
    const where = [...new Set(group.map(({ component, replica, step }) => `${component} ${replica} ${step}`))]
    return [
      { text: '' },
      { head: `${first.outcome}  `, text: printable(where.join(', '), 1_000) },
      { head: '      ', text: printable(first.message) },
      { head: '      Next: ', text: nextStepOf(first.reason) },
    ]
  })
}
