import { blindSpots } from './blind-spots.ts'
import { causes } from './causes.ts'
import { daemon, notices } from './daemon.ts'
import { gates } from './gates.ts'
import { foreign, html, textOf, type Html, type Value } from './html.ts'
import { plots } from './plots.ts'
import { replicas } from './replicas.ts'
import { shapes } from './badges.ts'
import { stops } from './stops.ts'
import { timeline } from './timeline.ts'
import { banner, shownVerdict, titleOf, verdictBanner, type Shown } from './banner.ts'
import { facts } from './facts.ts'
import type { AssetLinks, PageView } from './view.ts'
import { waivers } from './waivers.ts'
import { instant } from './words.ts'

/** The page: the same for the first paint, without JavaScript, and for every change. */
export function renderPage(view: PageView): string {
  const { report, assets, expired } = view
  const shown = shownVerdict(view)
  const { release, index, evaluatedAt, expiresAt } = report
  const state: PageState = { verdict: shown, index, evaluatedAt, expiresAt, expired }
  return document(assets, shown, release.name, state, [
    header(report.release),
    html`<main id="main">
      ${verdictBanner(view)} ${waivers(report)} ${notices(report)}
      <div class="judged">
        <div class="columns">
          ${causes(view)}
          <div class="beside">${facts(view)}${timeline(view)}${plots(view)}</div>
          <div>${gates(report)}${stops(view)}</div>
        </div>
        ${replicas(view)} ${blindSpots(view)} ${daemon(report)}
      </div>
    </main>`,
    html`<footer>
      <p>
        Evaluated at ${instant(evaluatedAt, evaluatedAt)} (<code>${evaluatedAt}</code>).
        <span id="printed" data-printed data-keep></span>
      </p>
      <noscript><p>Without JavaScript this page reloads every five seconds.</p></noscript>
    </footer>`,
  ])
}

/** The page before the first evaluation. */
export function renderNothingYet(assets: AssetLinks): string {
  const sentence = 'No evaluation yet: the first probe attempts are in progress.'
  return document(assets, 'cannot-tell', 'starting', { verdict: 'cannot-tell', index: '' }, [
    header(undefined),
    html`<main id="main">${banner('cannot-tell', sentence, 'This page updates itself.')}</main>`,
  ])
}

interface PageState {
  readonly verdict: Shown
  readonly index: string
  readonly evaluatedAt?: string
  readonly expiresAt?: string
  readonly expired?: boolean
}

function header(release: { readonly name: string; readonly namespace: string } | undefined): Html {
  return html`<header>
    <p class="brand">
      Caracal rollout gate
      ${release && html`<span class="quiet">${foreign(release.name)} in ${foreign(release.namespace)}</span>`}
    </p>
    ${
      release &&
      html`<nav aria-label="Parts of the page">
        <a href="#why">Why</a> <a href="#timeline">Rollout</a> <a href="#signals">Signals</a>
        <a href="#gates">Gates</a> <a href="#stops">Stops</a> <a href="#replicas">Replicas</a>
        <a href="#blind-spots">Blind spots</a> <a href="#daemon">Exporter</a>
      </nav>`
    }
  </header>`
}

/**
 * The only inline script. All addresses are relative to a folder, since a proxy may serve the page under a prefix that
 * only the browser knows; so `/ops/gate` has to become `/ops/gate/` before anything is loaded. It has no character that
 * markup would escape, and the policy of the page has its hash.
 */
export const placing = '/\\/$/.test(location.pathname) || (location.pathname += `/`)'

// Its hash covers every space.
// prettier-ignore
const placer = html`<script>${placing}</script>`

const scripts = ['idiomorph.js', 'uplot.js'] as const
const modules = ['live.js', 'plots.js', 'comfort.js', 'acknowledge.js'] as const

function document(
  assets: AssetLinks,
  shown: Shown,
  release: string,
  state: PageState,
  content: Value,
): string {
  const page = html`<!doctype html>
    <html lang="en" data-page="caracal-gate">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        ${placer}
        <title>${titleOf(shown, release)}</title>
        <link id="icon" rel="icon" type="image/svg+xml" href="${assets.href(`${shown}.svg`)}" />
        <link rel="stylesheet" href="${assets.href('uplot.css')}" />
        <link rel="stylesheet" href="${assets.href('page.css')}" />
        <noscript><meta http-equiv="refresh" content="5" /></noscript>
        ${scripts.map((name) => html`<script defer src="${assets.href(name)}"></script>`)}
        ${modules.map((name) => html`<script type="module" src="${assets.href(name)}"></script>`)}
      </head>
      <body>
        <a class="skip" href="#why">Skip to the reasons</a>
        ${shapes}
        <div
          id="page"
          data-verdict="${state.verdict}"
          data-index="${state.index}"
          data-evaluated-at="${state.evaluatedAt}"
          data-expires-at="${state.expiresAt}"
          data-build="${assets.build}"
          class="${state.expired === true && 'expired'}"
        >
          ${content}
        </div>
        <p id="announcement" class="only-heard" role="status" aria-live="assertive"></p>
        <template
          id="gone"
          data-icon="${assets.href('cannot-tell.svg')}"
          data-title="${titleOf('cannot-tell', release)}"
          >${banner('cannot-tell', html`<span data-why></span>`, html`since <time></time> (<span data-ago></span>); below is the last known state`)}</template
        >
      </body>
    </html> `
  return textOf(page)
}
