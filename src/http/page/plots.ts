import { shownOf, type Plot } from '../../core/measured.ts'
import { observedForm, thresholdForm } from '../forms.ts'
import { html, type Html } from './html.ts'
import { badge } from './badges.ts'
import type { PageView } from './view.ts'
import { amountBeside, slug, upTo } from './words.ts'

/** The last value of each as text, beside its limit; the page's script adds the plot of the last quarter of an hour. */
export function plots(view: PageView): Html {
  const { gates, stops } = view.rules
  const cards = [
    ...gates.flatMap((gate) =>
      gate.checks.map((check) => card({ ...check, kind: 'checks', gate: gate.id }, view)),
    ),
    ...stops.map((stop) => card({ ...stop, kind: 'stops' }, view)),
  ].filter((shown) => shown !== undefined)
  return html`<section id="signals" aria-labelledby="signals-title">
    <h2 id="signals-title">Signals <span class="tally">worst value, last 15 min</span></h2>
    ${cards.length === 0 && html`<p class="empty">This configuration has no signal to plot.</p>`}
    <div class="plots">${cards}</div>
  </section>`
}

interface Row {
  readonly kind: 'checks' | 'stops'
  readonly id: string
  readonly gate?: string
  readonly plot?: Plot
}

function card({ kind, id, gate, plot }: Row, { snapshot }: PageView): Html | undefined {
  const status = snapshot[kind].get(id)
  if (status === undefined || plot === undefined) return undefined
  const { title, unit } = plot
  const ref = kind === 'stops' ? `stop-conditions/${id}` : `gates/${gate}/checks/${id}`
  const worst = shownOf(status).find(({ observed }) => observed.unit === unit)
  const observed = observedForm(worst?.observed)
  const threshold = thresholdForm(worst?.threshold, unit)
  return html`<figure class="plot" data-ref="${ref}" data-unit="${unit}">
    <figcaption>
      <h3><a href="#${kind === 'stops' ? 'stop' : 'check'}-${slug(id)}">${title}</a></h3>
      <p>
        <strong class="value"
          >${observed === null ? wordFor(status.state) : amountBeside(observed, threshold)}</strong
        >
        ${status.state !== 'pass' && status.state !== 'clear' && badge(status.state)}
        ${threshold !== null && html`<span class="quiet">${upTo(threshold)}</span>`}
      </p>
    </figcaption>
    <div class="canvas" id="canvas-${slug(id)}" data-keep></div>
  </figure>`
}

function wordFor(state: string): string {
  return state === 'skipped' ? 'switched off' : 'no value'
}
