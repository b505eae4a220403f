import type { BlockerReport, GateReport } from '../../contract/document.ts'
import { blockerId, firstAction, latchNote, runbook } from './action.ts'
import { culprits, evidence, place } from './evidence.ts'
import { foreign, html, type Html } from './html.ts'
import { badge, toneOf } from './badges.ts'
import { judgedAt, type Judged, type PageView } from './view.ts'
import { count, slug } from './words.ts'

/** Root causes that are shown at once; the others open on demand. */
const AT_ONCE = 6

/** The heading over an expired document; live.js uses the same. */
const outdated = 'The last known reasons'

/** What keeps the verdict from `proceed`: root causes with their first action, then their consequences. */
export function blockers({ report, expired }: PageView): Html {
  const { blocking, verdict } = report
  const causes = blocking.filter(({ rootCause }) => rootCause)
  const others = blocking.filter(({ rootCause }) => !rootCause)
  return html`<section id="why" class="why" aria-labelledby="why-title" tabindex="-1">
    <h2 id="why-title">${expired ? outdated : headingOf(report, causes.length)}</h2>
    ${blocking.length === 0 && html`<p class="fine">${nothing(report)}</p>`}
    ${listed(causes.slice(0, AT_ONCE), report)}
    ${folded('more-causes', count(causes.length - AT_ONCE, 'more cause'), causes.slice(AT_ONCE), report)}
    ${folded(
      'consequences',
      `${count(others.length, 'more that follows', 'more that follow')} from the above`,
      others,
      report,
    )}
    ${verdict === 'proceed' && blocking.length > 0 && html`<p class="quiet">None of this blocks the rollout.</p>`}
  </section>`
}

function listed(some: readonly BlockerReport[], report: GateReport): Html {
  return html`<ol class="blockers">
    ${some.map((blocker) => card(blocker, report))}
  </ol>`
}

function folded(
  id: string,
  summary: string,
  some: readonly BlockerReport[],
  report: GateReport,
): Html | undefined {
  if (some.length === 0) return undefined
  return html`<details id="${id}" class="folded">
    <summary>${summary}</summary>
    ${listed(some, report)}
  </details>`
}

function headingOf({ verdict }: GateReport, causes: number): string {
  if (verdict === 'proceed') return 'Why it may proceed'
  return causes === 0 ? 'Why not' : `Why not: ${count(causes, 'cause')}`
}

function nothing({ verdict, requiredSteadySeconds, steadySeconds, gates }: GateReport): string {
  const required = gates.filter((gate) => gate.required).length
  if (verdict === 'proceed') return `All ${required} required gates pass, and no stop condition fires.`
  const missing = Math.max(0, requiredSteadySeconds - steadySeconds)
  return `Only time is missing: everything must stay well for another ${Math.ceil(missing)} s.`
}

function card(blocker: BlockerReport, report: GateReport): Html {
  const { ref, state, message } = blocker
  const judged = judgedAt(report, ref)
  return html`<li id="${blockerId(ref)}" class="blocker edge-${toneOf(state)}">
    <h3>${badge(state)} <span class="message">${foreign(message)}</span></h3>
    <p class="ref">${source(ref, judged)}</p>
    ${judged !== undefined && inFull(judged, report)}
  </li>`
}

function source(ref: string, judged: Judged | undefined): Html {
  if (judged === undefined) return html`the exporter itself: <code>${ref}</code>`
  const { item } = judged
  return judged.kind === 'stop'
    ? html`stop condition <a href="#stop-${slug(item.id)}">${item.id}</a>`
    : html`${judged.gate}, check <a href="#check-${slug(item.id)}">${item.id}</a>`
}

function inFull(judged: Judged, report: GateReport): Html {
  const { item } = judged
  const latch = judged.kind === 'stop' ? judged.item.latch : null
  return html`${place(item, report)}${firstAction(item.nextStep)}${evidence(item, report)}
    ${culprits(item, report)}
    <p class="links">${runbook(item.runbookUrl, item.id)}</p>
    ${latch !== null && latchNote(item.id, latch, report.evaluatedAt)}`
}
