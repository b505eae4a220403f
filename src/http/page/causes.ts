import type { BlockerReport, GateReport } from '../../contract/document.ts'
import { blockerId, firstAction, runbook } from './action.ts'
import { latchNote } from './latch.ts'
import { badge, toneOf } from './badges.ts'
import { culprits, evidence, fact, place } from './evidence.ts'
import { foreign, html, type Html, type Value } from './html.ts'
import { proven } from './proven.ts'
import { judgedAt, type Judged, type PageView } from './view.ts'
import { count, moment, slug } from './words.ts'

/** Root causes that are shown at once; the others open on demand. */
const AT_ONCE = 6

/** The heading over an expired document; live.js uses the same. */
const outdated = 'The last known reasons'

/** What keeps the verdict from `proceed`: root causes with their first action, and folded what each explains. */
export function causes(view: PageView): Html {
  const { report, expired } = view
  const { blocking, verdict } = report
  const roots = blocking.filter(({ rootCause }) => rootCause)
  const rest = roots.slice(AT_ONCE)
  const orphans = blocking.filter(
    (one) => !one.rootCause && !roots.some(({ ref }) => ref === one.explainedBy),
  )
  return html`<section id="why" class="why" aria-labelledby="why-title" tabindex="-1">
    <h2 id="why-title">${expired ? outdated : headingOf(report, roots.length)}</h2>
    ${verdict === 'proceed' && proven(report)}
    ${verdict !== 'proceed' && blocking.length === 0 && html`<p class="fine">${onlyTime(report)}</p>`}
    ${listed(roots.slice(0, AT_ONCE), view)}
    ${
      rest.length > 0 &&
      html`<details id="more-causes" class="folded">
        <summary>${count(rest.length, 'more cause')}</summary>
        ${listed(rest, view)}
      </details>`
    }
    ${consequences('consequences', count(orphans.length, 'more'), orphans, report)}
    ${verdict === 'proceed' && blocking.length > 0 && html`<p class="quiet">None of this blocks the rollout.</p>`}
  </section>`
}

function headingOf({ verdict }: GateReport, roots: number): string {
  if (verdict === 'proceed') return 'What is proven'
  return roots === 0 ? 'Why not' : `Why not: ${count(roots, 'cause')}`
}

function onlyTime({ requiredSteadySeconds, steadySeconds }: GateReport): string {
  const missing = Math.max(0, requiredSteadySeconds - steadySeconds)
  return `Only time is missing: everything must stay well for another ${Math.ceil(missing)} s.`
}

function listed(roots: readonly BlockerReport[], view: PageView): Html | undefined {
  if (roots.length === 0) return undefined
  return html`<ol class="blockers">
    ${roots.map((root) => card(root, view))}
  </ol>`
}

function card(root: BlockerReport, view: PageView): Html {
  const { report } = view
  const { ref, state, message, title } = root
  const judged = judgedAt(report, ref)
  // The message of a check or stop says all; a cause has a heading of its own.
  const heading = judged === undefined && title !== null ? title : message
  return html`<li id="${blockerId(ref)}" class="blocker edge-${toneOf(state)}">
    <h3>${badge(state)} <span class="message">${foreign(heading)}</span></h3>
    ${heading !== message && html`<p>${foreign(message)}</p>`} ${whatToDo(root, judged, report)}
    ${judged !== undefined && html`${evidence(judged.item, report)}${culprits(judged.item, report)}`}
    ${judged?.kind === 'stop' && latchNote(judged.item, view)} ${explained(root, report)}
  </li>`
}

/** Where, since when, and the first action. */
function whatToDo(root: BlockerReport, judged: Judged | undefined, report: GateReport): Html {
  const { ref, nextStep, runbookUrl } = root
  return html`${judged === undefined ? since(root, report) : place(judged.item, report)}
    ${firstAction(nextStep)}
    <p class="links">
      <span class="ref">${source(ref, judged)}</span>
      ${runbookUrl !== '' && runbook(runbookUrl, nameOf(runbookUrl))}
    </p>`
}

/** The last part of the address of a runbook page names it. */
function nameOf(url: string): string {
  return url.slice(Math.max(url.lastIndexOf('/'), url.lastIndexOf('#')) + 1)
}

function since({ since: at }: BlockerReport, { evaluatedAt }: GateReport): Html | false {
  return at !== null && html`<dl class="evidence">${fact('Since', moment(at, evaluatedAt))}</dl>`
}

function source(ref: string, judged: Judged | undefined): Value {
  if (judged !== undefined) return named(judged)
  const [kind = '', id = ''] = ref.split('/')
  if (kind === 'causes') return html`cause <code>${id}</code>`
  return kind === 'evaluator' ? html`the exporter itself: <code>${id}</code>` : html`<code>${ref}</code>`
}

function named(judged: Judged): Html {
  const { id } = judged.item
  return judged.kind === 'stop'
    ? html`stop condition <a href="#stop-${slug(id)}">${id}</a>`
    : html`${judged.gate}, check <a href="#check-${slug(id)}">${id}</a>`
}

/** What follows from a cause: named and linked, since the cause has the first action. */
function explained({ ref }: BlockerReport, report: GateReport): Html | undefined {
  const own = report.blocking.filter(({ explainedBy }) => explainedBy === ref)
  return consequences(`explains-${slug(ref)}`, `Explains ${count(own.length, 'other')}`, own, report)
}

function consequences(
  id: string,
  summary: string,
  some: readonly BlockerReport[],
  report: GateReport,
): Html | undefined {
  if (some.length === 0) return undefined
  return html`<details id="${id}" class="folded">
    <summary>${summary}</summary>
    <ul class="explained">
      ${some.map((one) => consequence(one, report))}
    </ul>
  </details>`
}

function consequence({ ref, state, message }: BlockerReport, report: GateReport): Html {
  const judged = judgedAt(report, ref)
  return html`<li>
    ${badge(state)} <span class="ref">${source(ref, judged)}</span>
    <span class="message">${foreign(message)}</span>
  </li>`
}
