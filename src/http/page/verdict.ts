import { isActive } from '../../core/rollout.ts'
import { inWords } from '../../core/time.ts'
import type { GateReport } from '../../contract/document.ts'
import type { RolloutReport } from '../../contract/rollouts.ts'
import { rollbackOf } from '../../rollout/rollback.ts'
import { clip } from '../forms.ts'
import { fact } from './evidence.ts'
import { foreign, html, type Html, type Value } from './html.ts'
import type { PageView } from './view.ts'
import { age, count, instant, moment } from './words.ts'

/** What is to be seen at one look: the verdict and why, the rollout, the way back, how fresh all of it is. */

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
export function verdictBanner({ report, snapshot, expired }: PageView): Html {
  const now = report.evaluatedAt
  if (!expired)
    return banner(
      report.verdict,
      foreign(clip(capitalised(snapshot.verdict.because))),
      html`since ${moment(report.verdictSince, now)}`,
    )
  return banner(
    'cannot-tell',
    'The exporter answers, but it has stopped evaluating: its last verdict has expired.',
    html`since ${instant(report.expiresAt, now)}; before that it said ${words[report.verdict].toLowerCase()}`,
  )
}

function capitalised(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1)
}

/** What belongs to the verdict at one look. */
export function facts({ report, snapshot }: PageView): Html {
  const now = report.evaluatedAt
  const { rollout } = report
  return html`<dl class="facts" aria-label="At a glance">
    ${fact('Steady', steady(report))} ${fact('Rollout', rolloutLine(rollout, now))}
    ${fact('Release', releaseLine(report))}
    ${rollout.expected.length > 0 && fact('Must arrive', arrivalLine(rollout))}
    ${fact('Going back', rollbackLine(report, rollbackOf(snapshot).because))}
    ${fact('Evaluated', freshness(report))}
  </dl>`
}

function steady({ steadySeconds, requiredSteadySeconds, verdict }: GateReport): Html {
  const required = inWords(requiredSteadySeconds * 1_000)
  const stood = Math.min(steadySeconds, requiredSteadySeconds)
  const text =
    verdict === 'proceed'
      ? `for ${inWords(steadySeconds * 1_000)}, ${required} required`
      : `${Math.floor(stood)} s of ${required}`
  return html`${text}
    <progress
      value="${stood}"
      max="${Math.max(requiredSteadySeconds, 0.001)}"
      aria-label="Steady time"
    ></progress>`
}

function rolloutLine(rollout: RolloutReport, now: string): Html {
  const { id, phase, startedAt, finishedAt } = rollout
  if (id === null) return html`none is under way`
  const when =
    finishedAt === null
      ? startedAt !== null && html`began ${instant(startedAt, now)}`
      : html`ended ${instant(finishedAt, now)}`
  const last = finishedAt !== null && html`<span class="quiet">the last one: </span>`
  return html`${last}<strong class="id">${foreign(id)}</strong> <span class="phase">${phase}</span>
    <span class="quiet">${when}</span>`
}

/** Whether the report's rollout is under way. */
export function isUnderWay({ rollout }: GateReport): boolean {
  return rollout.id !== null && isActive({ ...underWay, phase: rollout.phase })
}

const underWay = { id: '', startedAt: 0, detectedBy: 'declared' } as const

function releaseLine({ release, rollout }: GateReport): Html {
  const { revision, chart, images } = rollout
  const known = Object.entries(images)
  return html`${
    revision === null ? html`${foreign(release.name)}` : html`revision ${foreign(revision)}`
  }${chart !== null && html`, ${foreign(chart)}`}
  ${
    known.length > 0 &&
    html`<details id="images">
      <summary>${count(known.length, 'image')}</summary>
      <ul class="images">
        ${known.map(([service, image]) => html`<li>${foreign(service)}: <code>${foreign(image)}</code></li>`)}
      </ul>
    </details>`
  }`
}

/** What was declared with the rollout, each once. */
function arrivalLine({ expected }: RolloutReport): Html {
  const said = expected.flatMap(({ images, digests, revision, chart, appVersion }) => [
    ...Object.entries(images).map(([subject, image]) => `${subject} as ${image}`),
    ...Object.entries(digests).map(([subject, list]) => `${subject} with ${list.join(' or ')}`),
    ...(revision === null ? [] : [`revision ${revision}`]),
    ...(chart === null ? [] : [`chart ${chart}`]),
    ...(appVersion === null ? [] : [`version ${appVersion}`]),
  ])
  return html`<ul class="images">
    ${[...new Set(said)].map((one) => html`<li><code>${foreign(one)}</code></li>`)}
  </ul>`
}

const viable = { yes: 'possible', no: 'not possible', unknown: 'uncertain' } as const
const advised = { rollback: 'roll back', roll_forward: 'roll forward', none: 'no advice' } as const

function rollbackLine({ rollback }: GateReport, because: string): Html {
  const { viable: answer, advice } = rollback
  return html`<strong>${viable[answer]}</strong
    >${advice !== 'none' && html`; if you must act: ${advised[advice]}`}
    <span class="quiet clamp">${foreign(clip(because))}</span>`
}

function freshness({ evaluatedAt, expiresAt }: GateReport): Html {
  return html`${age(evaluatedAt, evaluatedAt)}
    <span class="quiet">valid until ${instant(expiresAt, evaluatedAt)}</span>`
}
