import { inWords } from '../core/time.ts'
import type { Valid } from './answer.ts'
import type { Decision } from './decision.ts'
import type { Report, ReportedCheck, ReportedStop } from './document.ts'
import { meaningOf, type Paint } from './paint.ts'
import { clockTime, numberInWords, printable } from './text.ts'

/** Words that the views of a document have in common. */

export type Item = ReportedCheck | ReportedStop

/** The check or stop condition that a ref of the document names. */
export function itemOf(ref: string, { gates, stopConditions }: Report): Item | undefined {
  const stop = stopConditions.find(({ id }) => ref === `stop-conditions/${id}`)
  if (stop !== undefined) return stop
  const gate = gates.find(({ id }) => ref.startsWith(`gates/${id}/checks/`))
  return gate?.checks.find(({ id }) => ref === `gates/${gate.id}/checks/${id}`)
}

/** What was observed beside its limit; empty when there is nothing to compare. */
export function compared({ observed, threshold }: Pick<Item, 'observed' | 'threshold'>): string {
  // Of a yes or no, the message says more than a 0 or 1.
  if (observed === null || observed.unit === 'boolean') return ''
  const seen = `${numberInWords(observed.value)} ${observed.unit}`
  return threshold === null
    ? seen
    : `${seen}, limit ${threshold.op} ${numberInWords(threshold.value)} ${threshold.unit}`
}

/** A time of the document with how long ago that was, both by the server's clock. */
export function moment(instant: number, report: Pick<Report, 'evaluatedAt'>): string {
  return `${clockTime(new Date(instant))} (${inWords(report.evaluatedAt - instant)} ago)`
}

/**
 * Since when an item is in a state that it blocks by. A stop that is over and latched is so since it fired; its own state
 * tells since when it is over.
 */
export function sinceWhen(state: string, item: Item, report: Pick<Report, 'evaluatedAt'>): string {
  const latch = 'latch' in item ? item.latch : null
  if (state !== 'latched' || latch === null) return ` since ${moment(item.since, report)}`
  return ` since ${moment(latch.at, report)}, ${item.state} since ${moment(item.since, report)}`
}

/** The verdict and what it is about, before anything else. */
export function head(
  { answer: { report, age }, decision }: { readonly answer: Valid; readonly decision: Decision },
  paint: Paint,
): readonly string[] {
  const { rollout, release, rollback } = report
  const word = paint(
    decision.toUpperCase(),
    decision === 'superseded' || decision === 'ended' ? 'bad' : meaningOf(decision),
  )
  const facts = [
    `since ${moment(report.verdictSince, report)}`,
    steadiness(report),
    `evaluated ${inWords(age)} ago`,
  ]
  const named = rollout.id === null ? 'no rollout' : `rollout ${printable(rollout.id)}, ${rollout.phase}`
  const begun = rollout.startedAt === null ? '' : `, since ${moment(rollout.startedAt, report)}`
  const back = rollout.id === null ? [] : [`rollback ${rollback.viable}: ${rollback.message}`]
  return [
    `${word}  ${report.summary}`,
    paint(facts.join(', '), 'faint'),
    paint(`release ${release.namespace}/${release.name}, ${named}${begun}`, 'faint'),
    ...back.map((text) => paint(text, 'faint')),
  ]
}

/** For how long all has stood, of how long it has to. */
export function steadiness({
  steadySeconds,
  requiredSteadySeconds,
}: Pick<Report, 'steadySeconds' | 'requiredSteadySeconds'>): string {
  return `steady for ${inWords(steadySeconds * 1_000)} of ${inWords(requiredSteadySeconds * 1_000)}`
}
