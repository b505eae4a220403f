import { inWords } from '../core/time.ts'
import type { Valid } from './answer.ts'
import type { Decision } from './decision.ts'
import type { Blocker, Report, ReportedCheck, ReportedGate, ReportedStop } from './document.ts'
import { didYouMean, UsageError } from './options.ts'
import { meaningOf, type Paint } from './paint.ts'
import type { Line } from './screen.ts'
import type { Reach } from './connect.ts'
import { clockTime, numberInWords, printable, quoted } from './text.ts'
import { expiredInWords, waiversInWords } from './waivers.ts'

/** Words that the views of a document have in common. */

export type Item = ReportedCheck | ReportedStop

/** The check or stop condition that a ref of the document names. */
export function itemOf(ref: string, report: Report): Item | undefined {
  const named = namedIn(report).find((one) => one.ref === ref)
  return named !== undefined && 'item' in named ? named.item : undefined
}

/** Whether a blocker's message has this message of its item already: a latch has one of its own. */
export function isSaidBy({ state }: Blocker, item: Pick<Item, 'message'>, message: string): boolean {
  return state !== 'latched' && message === item.message
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

/** The verdict and what it is about, before anything else; each part in so many rows, where that is limited. */
export function head(
  { answer: { report, age }, decision }: { readonly answer: Valid; readonly decision: Decision },
  paint: Paint,
  ofSummary: Pick<Line, 'most'> = {},
  ofOthers: Pick<Line, 'most'> = {},
): readonly Line[] {
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
  const rest = [facts.join(', '), `release ${release.namespace}/${release.name}, ${named}${begun}`, ...back]
  const waived = [waiversInWords(report), expiredInWords(report)].filter((text) => text !== '')
  return [
    { head: `${word}  `, text: report.summary, ...ofSummary },
    ...waived.map((text) => ({ text, ...ofOthers })),
    ...rest.map((text) => ({ text: paint(text, 'faint'), ...ofOthers })),
  ]
}

/** What a blocker is called: a check has no title, and its message says all. */
export function titleOf({ title, message }: Pick<Blocker, 'title' | 'message'>): string {
  return title ?? message
}

/** Since when a blocker blocks, where that is known. */
export function blockedSince(blocker: Blocker, report: Report): string {
  const item = itemOf(blocker.ref, report)
  if (item !== undefined) return sinceWhen(blocker.state, item, report)
  return blocker.since === null ? '' : ` since ${moment(blocker.since, report)}`
}

/** The first thing to do about a blocker; empty where there is nothing to do. A stop that is over waits for a person. */
export function actionOn({ ref, nextStep }: Blocker, report: Report, reach?: Reach): string {
  const item = itemOf(ref, report)
  const release = item !== undefined && item.state === 'clear' ? acknowledgementOf(item, reach) : ''
  return release || nextStep || item?.nextStep || adviceOn(ref)
}

/** The command that releases a stop; empty where nothing is latched. */
export function acknowledgementOf(item: Item, reach?: Reach): string {
  const latch = 'latch' in item ? item.latch : null
  if (latch === null || latch.acknowledged !== null) return ''
  const token = reach?.write ?? ' --token-file FILE'
  return `caracal-gate ack ${quoted(item.id)} --reason "why it is safe to go on"${token}`
}

/** The page to read about a blocker. */
export function runbookOf({ ref, runbookUrl }: Blocker, report: Report, base?: URL): string {
  return addressOf(runbookUrl || (itemOf(ref, report)?.runbookUrl ?? ''), base)
}

/** An address of the document, which is relative to the exporter's own where nothing else is configured. */
export function addressOf(url: string, base?: URL): string {
  return url === '' || base === undefined ? url : (URL.parse(url, base.href)?.href ?? url)
}

/** What to do about what an exporter without advice of its own says: a demand of the request, or about itself. */
function adviceOn(ref: string): string {
  if (ref === 'request/rollout') return 'caracal-gate rollouts'
  if (ref === 'evaluator/starved') return 'kubectl top pod -l app.kubernetes.io/name=caracal-gate-exporter -A'
  return ref.startsWith('evaluator/') ? 'caracal-gate healthcheck --ready' : ''
}

/** Whether a check or a stop condition needs nothing: a stop that is latched does. */
export function isWell(item: Item): boolean {
  const latch = 'latch' in item ? item.latch : null
  const isHeld = latch !== null && latch.acknowledged === null
  return ['pass', 'clear', 'skipped'].includes(item.state) && !isHeld
}

/** A line of an explanation, below a name. */
export function row(name: string, text: string, form?: Line['form']): Line {
  return { head: `   ${name.padEnd(8)}  `, text, ...(form !== undefined && { form }) }
}

/** How long every gate has passed, of how long it must. */
export function steadiness({
  steadySeconds,
  requiredSteadySeconds,
}: Pick<Report, 'steadySeconds' | 'requiredSteadySeconds'>): string {
  return `steady for ${inWords(steadySeconds * 1_000)} of ${inWords(requiredSteadySeconds * 1_000)}`
}

/** Something in a document that has a name. */
export type Named =
  | { readonly kind: 'gate'; readonly ref: string; readonly gate: ReportedGate }
  | { readonly kind: 'check'; readonly ref: string; readonly item: ReportedCheck }
  | { readonly kind: 'stop'; readonly ref: string; readonly item: ReportedStop }
  | { readonly kind: 'blocker'; readonly ref: string; readonly blocker: Blocker }

/** Everything that can be asked about, in the order of the document. */
export function namedIn({ gates, stopConditions, blocking }: Report): readonly Named[] {
  const parts: readonly Named[] = [
    ...gates.flatMap((gate): readonly Named[] => [
      { kind: 'gate', ref: `gates/${gate.id}`, gate },
      ...gate.checks.map((item): Named => ({
        kind: 'check',
        ref: `gates/${gate.id}/checks/${item.id}`,
        item,
      })),
    ]),
    ...stopConditions.map((item): Named => ({ kind: 'stop', ref: `stop-conditions/${item.id}`, item })),
  ]
  const known = new Set(parts.map(({ ref }) => ref))
  const others = blocking.filter(({ ref }) => !known.has(ref))
  return [...parts, ...others.map((blocker): Named => ({ kind: 'blocker', ref: blocker.ref, blocker }))]
}

/** The ways to name it: as `blocking` does, as `wait` does, and by its id alone. */
function namesOf({ ref }: Named): readonly string[] {
  const [, gate, , check] = ref.split('/')
  if (gate === undefined) return [ref]
  return check === undefined ? [ref, gate] : [ref, `${gate}/${check}`, check]
}

/**
 * What is named so; several things when they share an id.
 * @throws UsageError with the nearest name, or else with all valid ones, when nothing is
 */
export function lookUp(wanted: string, report: Report): readonly Named[] {
  const all = namedIn(report)
  const found = all.filter((one) => namesOf(one).includes(wanted))
  if (found.length > 0) return found
  const hint = didYouMean(wanted, [...new Set(all.flatMap((one) => namesOf(one).toReversed()))])
  const refs = all.map(({ ref }) => `\n  ${ref}`).join('')
  const list = hint === '' ? `\nallowed:${refs}` : '\ncaracal-gate status --all lists them all'
  throw new UsageError(`REF is "${printable(wanted, 80)}"${hint}${list}`)
}
