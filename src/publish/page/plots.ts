import type { GateReport } from '../contract.ts'
import { html, type Html } from './html.ts'
import { badge } from './signs.ts'
import { judgedAt, type Judged } from './view.ts'
import { amount, limit, slug } from './words.ts'

/** The signals that are worth a plot, by the check or stop condition that judges them. */
const plotted = [
  ['gates/event-health/checks/stream-backlog', 'Consumer lag'],
  ['gates/event-health/checks/audit-ingestion', 'Audit ingestion'],
  ['gates/event-health/checks/outbox-dispatch', 'Oldest pending outbox row'],
  ['stop-conditions/revocation-snapshot-stale', 'Revocation snapshot age'],
  ['stop-conditions/replay-backlog-aging', 'Oldest audit replay file'],
  ['stop-conditions/postgres-pool-saturation', 'Postgres pool in use'],
  ['stop-conditions/redis-memory-pressure', 'Redis memory in use'],
] as const

/** The last value of each as text, beside its limit; the page's script adds the plot of the last quarter of an hour. */
export function plots(report: GateReport): Html {
  const found = plotted.flatMap(([ref, title]) => {
    const judged = judgedAt(report, ref)
    return judged === undefined ? [] : [{ ref, title, judged }]
  })
  return html`<section id="signals" aria-labelledby="signals-title">
    <h2 id="signals-title">Signals</h2>
    ${found.length === 0 && html`<p class="empty">No check or stop condition of this configuration has one.</p>`}
    <div class="plots">${found.map(({ ref, title, judged }) => card(ref, title, judged))}</div>
  </section>`
}

function card(ref: string, title: string, { item }: Judged): Html {
  const { observed, threshold, state } = item
  return html`<figure class="plot" data-ref="${ref}" id="plot-${slug(ref)}">
    <figcaption>
      <h3>${title}</h3>
      <p>
        <strong class="value">${observed === null ? wordFor(state) : amount(observed)}</strong>
        ${state !== 'pass' && state !== 'clear' && badge(state)}
        ${threshold !== null && html`<span class="quiet">${limit(threshold)}</span>`}
      </p>
    </figcaption>
    <div class="canvas" id="canvas-${slug(ref)}" data-keep></div>
  </figure>`
}

function wordFor(state: string): string {
  return state === 'skipped' ? 'switched off' : 'no value'
}
