import { observedForm, thresholdForm } from '../forms.ts'
import { measures, worstOf, type Measure } from '../measures.ts'
import { html, type Html } from './html.ts'
import { badge } from './badges.ts'
import type { PageView } from './view.ts'
import { amount, slug, upTo } from './words.ts'

/** The last value of each as text, beside its limit; the page's script adds the plot of the last quarter of an hour. */
export function plots(view: PageView): Html {
  const cards = measures.flatMap((measure) => card(measure, view) ?? [])
  return html`<section id="signals" aria-labelledby="signals-title">
    <h2 id="signals-title">Signals <span class="tally">worst value, last 15 min</span></h2>
    ${cards.length === 0 && html`<p class="empty">This configuration judges by none that could be plotted.</p>`}
    <div class="plots">${cards}</div>
  </section>`
}

function card(measure: Measure, { report, snapshot, rules }: PageView): Html | undefined {
  const { kind, id, title, unit } = measure
  const gate = report.gates.find(({ checks }) => checks.some((check) => check.id === id))
  const item =
    kind === 'stops'
      ? report.stopConditions.find((stop) => stop.id === id)
      : gate?.checks.find((check) => check.id === id)
  if (item === undefined) return undefined
  const ref = kind === 'stops' ? `stop-conditions/${id}` : `gates/${gate?.id}/checks/${id}`
  const worst = worstOf(measure, snapshot, rules)
  const observed = observedForm(worst?.observed)
  const threshold = thresholdForm(worst?.threshold, unit)
  return html`<figure class="plot" data-ref="${ref}" data-unit="${unit}">
    <figcaption>
      <h3><a href="#${kind === 'stops' ? 'stop' : 'check'}-${slug(id)}">${title}</a></h3>
      <p>
        <strong class="value">${observed === null ? wordFor(item.state) : amount(observed)}</strong>
        ${item.state !== 'pass' && item.state !== 'clear' && badge(item.state)}
        ${threshold !== null && html`<span class="quiet">${upTo(threshold)}</span>`}
      </p>
    </figcaption>
    <div class="canvas" id="canvas-${slug(id)}" data-keep></div>
  </figure>`
}

function wordFor(state: string): string {
  return state === 'skipped' ? 'switched off' : 'no value'
}
