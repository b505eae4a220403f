import type { Meaning, Paint } from '../paint.ts'
import { printable } from '../text.ts'
import type { Diagnosis } from './diagnose.ts'
import { countsOf } from './document.ts'
import { states, type Finding, type State } from './finding.ts'
import { areas, freeAreas } from './index.ts'

const words: Readonly<Record<State, string>> = {
  ok: 'ok',
  skipped: 'skipped',
  warning: 'WARNING',
  failed: 'FAILED',
}

const meanings: Readonly<Record<State, Meaning>> = {
  ok: 'good',
  skipped: 'faint',
  warning: 'waiting',
  failed: 'bad',
}

/** Of hundreds of replicas that are well one reads only that they are. */
const MOST_WELL = 24

const LONGEST_LINE = 600
const SUBJECT_WIDTH = 26

/**
 * The diagnosis for a terminal: every area with its findings, then what should be fixed, worst first, since the end
 * is what stays in view.
 */
export function diagnosisText(diagnosis: Diagnosis, paint: Paint): string {
  const groups = [...areas, ...freeAreas].flatMap(({ name, title }) => {
    const own = diagnosis.findings.filter(({ area }) => area === name)
    return own.length === 0 ? [] : ['', paint(title, 'strong'), ...linesOf(own, paint)]
  })
  const lines = [...groups, '', ...fixesOf(diagnosis, paint), summaryOf(diagnosis, paint)]
  return `${lines.slice(1).join('\n')}\n`
}

function linesOf(findings: readonly Finding[], paint: Paint): readonly string[] {
  const well = findings.filter(({ state }) => state === 'ok')
  const shown = well.length > MOST_WELL ? findings.filter(({ state }) => state !== 'ok') : findings
  const lines = shown.map(({ state, subject, message }) => {
    const word = paint(words[state].padEnd(7), meanings[state])
    return `  ${word}  ${printable(subject, 80).padEnd(SUBJECT_WIDTH)}  ${printable(message)}`
  })
  return well.length > MOST_WELL
    ? [...lines, `  ${paint('ok'.padEnd(7), 'good')}  ${well.length} more, see -o json`]
    : lines
}

function fixesOf({ findings }: Diagnosis, paint: Paint): readonly string[] {
  const worst = findings
    .filter(({ state }) => state === 'failed' || state === 'warning')
    .toSorted((a, b) => states.indexOf(b.state) - states.indexOf(a.state))
  if (worst.length === 0) return []
  const items = worst.flatMap(({ state, area, subject, message, fix = [] }) => [
    `${paint(words[state], meanings[state])}  ${area}: ${printable(subject, 80)}: ${printable(message)}`,
    ...fix.flatMap((text) => text.split('\n')).map((line) => `    ${indented(line)}`),
    '',
  ])
  return [paint('What to fix', 'strong'), '', ...items]
}

/** As it is pasted: blanks at its beginning mean something in YAML. */
function indented(line: string): string {
  const blanks = /^ */.exec(line)?.[0] ?? ''
  return `${blanks}${printable(line, LONGEST_LINE)}`
}

function summaryOf(diagnosis: Diagnosis, paint: Paint): string {
  const counts = countsOf(diagnosis)
  const told = states
    .toReversed()
    .filter((state) => counts[state] > 0)
    .map((state) => paint(`${counts[state]} ${state}`, meanings[state]))
  return `${told.join(', ')}.`
}
