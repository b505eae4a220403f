import type { Answer, Valid } from './answer.ts'
import type { Decision } from './decision.ts'
import type { ReportedGate, ReportedStop } from './document.ts'
import { isEnforced } from './waivers.ts'
import { compared, moment, type Item } from './wording.ts'

/** What a testcase came to: proven bad is a failure, not proven is an error, and only what is switched off is skipped. */
type Outcome = 'passed' | 'failure' | 'error' | 'skipped'

interface Case {
  readonly name: string
  readonly group: string
  readonly outcome: Outcome
  readonly message: string
  /** In a word, for tools that group by it. */
  readonly type: string
  readonly details: readonly string[]
}

interface Suite {
  readonly name: string
  readonly cases: readonly Case[]
}

/**
 * The answer as a test report in JUnit's form: a suite for the verdict, one for each gate, one for the stop conditions.
 * All of it is green exactly when the decision is `proceed`.
 */
export function junitReport(
  answer: Answer,
  decision: Decision | undefined,
  gates: readonly ReportedGate[],
): string {
  if (answer.kind === 'cannot-tell' || decision === undefined) {
    const message = answer.kind === 'cannot-tell' ? answer.message : ''
    return document([{ name: 'verdict', cases: [verdictCase('error', 'cannot tell', message, [])] }])
  }
  const { report } = answer
  const outcome = decision === 'proceed' ? 'passed' : decision === 'hold' ? 'error' : 'failure'
  const blockers = report.blocking.map(({ ref, state, message }) => `${state} ${ref}: ${message}`)
  const stops = report.stopConditions.map((stop) => stopCase(stop, answer))
  return document(
    [
      { name: 'verdict', cases: [verdictCase(outcome, decision, report.summary, blockers)] },
      ...gates.map((gate) => ({
        name: gate.id,
        cases: gate.checks.map((check) =>
          caseOf(check, `gates.${gate.id}`, outcomeOfCheck(stateOf(check)), answer),
        ),
      })),
      { name: 'stop-conditions', cases: stops },
    ],
    new Date(report.evaluatedAt).toISOString().slice(0, 19),
  )
}

function verdictCase(outcome: Outcome, type: string, message: string, details: readonly string[]): Case {
  return { name: 'proceed', group: 'verdict', outcome, type, message, details }
}

/** What does not count is skipped, whatever it is. */
function stateOf(item: Item): string {
  return isEnforced(item) ? item.state : 'skipped'
}

function outcomeOfCheck(state: string): Outcome {
  switch (state) {
    case 'pass':
      return 'passed'
    case 'fail':
      return 'failure'
    case 'skipped':
      return 'skipped'
    default:
      return 'error'
  }
}

function stopCase(stop: ReportedStop, answer: Valid): Case {
  const { latch } = stop
  const isLatched = latch !== null && latch.acknowledged === null && isEnforced(stop)
  if (isLatched && stop.state !== 'firing') {
    const fired = `fired at ${moment(latch.at, answer.report)} and is not acknowledged`
    const message = `${fired}: ${latch.message}`
    return { ...caseOf(stop, 'stop-conditions', 'failure', answer), type: 'latched', message }
  }
  return caseOf(stop, 'stop-conditions', outcomeOfStop(stateOf(stop)), answer)
}

function outcomeOfStop(state: string): Outcome {
  switch (state) {
    case 'clear':
      return 'passed'
    case 'firing':
      return 'failure'
    case 'skipped':
      return 'skipped'
    default:
      return 'error'
  }
}

function caseOf(item: Item, group: string, outcome: Outcome, { report }: Valid): Case {
  const { id, claim, state, reason, message, since, culprits, culpritCount, nextStep, runbookUrl } = item
  const seen = compared(item)
  const shown = culprits.slice(0, 10)
  const rest = culpritCount - shown.length
  return {
    name: id,
    group,
    outcome,
    type: state === 'fail' || state === 'firing' ? reason : state,
    message,
    details: [
      `expected: ${claim}`,
      `${state} since ${moment(since, report)} [${reason}]`,
      ...(seen === '' ? [] : [`measured: ${seen}`]),
      ...shown.map((culprit) => `culprit: ${culprit.key}: ${culprit.message}`),
      ...(rest > 0 ? [`and ${rest} more like it`] : []),
      ...(nextStep === '' ? [] : [`first action: ${nextStep}`]),
      ...(runbookUrl === '' ? [] : [`runbook: ${runbookUrl}`]),
    ],
  }
}

function document(suites: readonly Suite[], timestamp?: string): string {
  const all = suites.flatMap(({ cases }) => cases)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="caracal-gate"${counts(all)} time="0">`,
    ...suites.flatMap(({ name, cases }) => [
      `  <testsuite${attributes({ name, ...(timestamp !== undefined && { timestamp }) })}${counts(cases)} time="0">`,
      ...cases.flatMap(caseLines),
      '  </testsuite>',
    ]),
    '</testsuites>',
    '',
  ].join('\n')
}

function counts(cases: readonly Case[]): string {
  const count = (outcome: Outcome) => String(cases.filter((one) => one.outcome === outcome).length)
  return attributes({
    tests: String(cases.length),
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped'),
  })
}

function caseLines({ name, group, outcome, message, type, details }: Case): readonly string[] {
  const open = `    <testcase${attributes({ name, classname: `caracal-gate.${group}`, time: '0' })}`
  switch (outcome) {
    case 'passed':
      return [`${open}/>`]
    case 'skipped':
      return [`${open}>`, `      <skipped${attributes({ message })}/>`, '    </testcase>']
    case 'failure':
    case 'error':
      return [
        `${open}>`,
        `      <${outcome}${attributes({ message, type })}>${escaped([message, ...details].join('\n'))}</${outcome}>`,
        '    </testcase>',
      ]
  }
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${spaced(escaped(value))}"`)
    .join('')
}

/** A reader makes a space of each line break and tab in an attribute, unless they are written so. */
function spaced(value: string): string {
  return value.replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')
}

// Everything that XML 1.0 does not allow in a document, escaped or not.
const forbidden = /[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

function escaped(text: string): string {
  return text.replaceAll(forbidden, '\ufffd').replaceAll(/[&<>"']/g, (character) => entities[character] ?? '')
}
