import { nextStepFor, type Advice } from '../core/advice.ts'
import type { Blocker } from '../core/blocking.ts'
import type { Rules } from '../core/snapshot.ts'
import type { BlockerReport } from '../contract/document.ts'
import type { ReportContext } from './context.ts'
import { clip, timeOrNull } from './forms.ts'
import { adviceOn } from './items.ts'

/** What blocks as the document lists it, with what to do first and where the rest is written. */
export function blockerItem(blocker: Blocker, context: ReportContext): BlockerReport {
  const { ref, state, rootCause, explainedBy = null, title, since } = blocker
  return {
    ref,
    state,
    reason: clip(blocker.reason),
    message: clip(blocker.message),
    rootCause,
    explainedBy,
    title: title === undefined ? null : clip(title),
    since: timeOrNull(since),
    ...toDo(blocker, context),
  }
}

function toDo(
  { ref, finding, advice, subject }: Blocker,
  context: ReportContext,
): Pick<BlockerReport, 'nextStep' | 'runbookUrl'> {
  const own = byRef(context.rules).get(ref)
  if (own !== undefined && finding !== undefined) return adviceOn(own, finding, context)
  const known = own ?? advice
  if (known === undefined) return { nextStep: '', runbookUrl: '' }
  return {
    nextStep: nextStepFor(known, subject),
    runbookUrl: `${context.runbookBaseUrl}${known.runbook}`,
  }
}

const tables = new WeakMap<Rules, ReadonlyMap<string, Advice>>()

/** Checks and stop conditions by their path in the document. */
function byRef(rules: Rules): ReadonlyMap<string, Advice> {
  const known = tables.get(rules)
  if (known !== undefined) return known
  const table = new Map<string, Advice>([
    ...rules.stops.map((stop) => [`stop-conditions/${stop.id}`, stop] as const),
    ...rules.gates.flatMap(({ id, checks }) =>
      checks.map((check) => [`gates/${id}/checks/${check.id}`, check] as const),
    ),
  ])
  tables.set(rules, table)
  return table
}
