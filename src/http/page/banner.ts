import type { GateReport } from '../../contract/document.ts'
import { clip } from '../forms.ts'
import { foreign, html, type Html, type Value } from './html.ts'
import type { PageView } from './view.ts'
import { instant, moment } from './words.ts'

/** The banner: the verdict, why, and since when. */

export type Shown = GateReport['verdict'] | 'cannot-tell'

const words: Readonly<Record<Shown, string>> = {
  proceed: 'Proceed',
  hold: 'Hold',
  stop: 'Stop',
  'cannot-tell': 'Cannot tell',
}

/** The verdict as the page shows it: an expired document says nothing. */
export function shownVerdict({ report, expired }: Pick<PageView, 'report' | 'expired'>): Shown {
  return expired ? 'cannot-tell' : report.verdict
}

/** What a tab is called. */
export function titleOf(shown: Shown, release: string): string {
  return `${words[shown].toUpperCase()} · ${release} · Caracal rollout gate`
}

/** The banner: shape, word and colour, the sentence and since when. */
export function banner(shown: Shown, sentence: Value, since: Value): Html {
  return html`<section id="verdict" class="verdict is-${shown}" aria-labelledby="verdict-word">
    ${emblem(shown)}
    <div>
      <h1 id="verdict-word">${words[shown]}</h1>
      <p class="sentence">${sentence}</p>
      <p class="since">${since}</p>
    </div>
  </section>`
}

// An arrow goes on, bars wait, an octagon stops, a broken diamond does not know: outlines that differ without colour.
function emblem(shown: Shown): Html {
  return html`<svg class="emblem" viewBox="0 0 64 64" aria-hidden="true" focusable="false">
    ${emblems[shown]}
  </svg>`
}

const emblems: Readonly<Record<Shown, Html>> = {
  proceed: html`<circle cx="32" cy="32" r="29" fill="none" stroke="currentColor" stroke-width="5" /><path
      d="M25 18v28l22-14z"
      fill="currentColor"
    />`,
  hold: html`<rect
      x="5"
      y="5"
      width="54"
      height="54"
      rx="8"
      fill="none"
      stroke="currentColor"
      stroke-width="5"
    /><path d="M24 18v28M40 18v28" stroke="currentColor" stroke-width="8" />`,
  stop: html`<path
      d="M21 4h22l17 17v22L43 60H21L4 43V21z"
      fill="none"
      stroke="currentColor"
      stroke-width="5"
    /><path d="M22 22l20 20M42 22L22 42" stroke="currentColor" stroke-width="7" />`,
  'cannot-tell': html`<path
      d="M32 4l28 28-28 28L4 32z"
      fill="none"
      stroke="currentColor"
      stroke-width="5"
      stroke-dasharray="9 6"
    /><path
      d="M25 26a7 7 0 1112 5c-3 2-5 4-5 7M32 44v1"
      fill="none"
      stroke="currentColor"
      stroke-width="5"
      stroke-linecap="round"
    />`,
}

/** The banner of the report, or that it has expired. */
export function verdictBanner(view: PageView): Html {
  const { report, expired } = view
  const now = report.evaluatedAt
  if (!expired)
    return banner(
      report.verdict,
      foreign(clip(sentenceOf(view))),
      html`since ${moment(report.verdictSince, now)}`,
    )
  return banner(
    'cannot-tell',
    'The exporter answers, but it has stopped evaluating: its last verdict has expired.',
    html`since ${instant(report.expiresAt, now)}; before that it said ${words[report.verdict].toLowerCase()}`,
  )
}

/** A sentence of the verdict or of the exporter itself begins like one; others may begin with a name, which stays as it is. */
function sentenceOf({ report, snapshot }: PageView): string {
  const { because } = snapshot.verdict
  const [first] = report.blocking
  const isOurs = first === undefined || first.ref.startsWith('evaluator/')
  return isOurs ? because.charAt(0).toUpperCase() + because.slice(1) : because
}
