import { isActive } from '../../core/rollout.ts'
import { inWords } from '../../core/time.ts'
import type { GateReport } from '../../contract/document.ts'
import type { RolloutReport } from '../../contract/rollouts.ts'
import { rollbackOf } from '../../rollout/rollback.ts'
import { clip } from '../forms.ts'
import { fact } from './evidence.ts'
import { foreign, html, type Html } from './html.ts'
import type { PageView } from './view.ts'
import { age, count, instant } from './words.ts'

/** What belongs to the verdict: the rollout, the way back, how fresh all of it is. */
export function facts({ report, snapshot }: PageView): Html {
  const now = report.evaluatedAt
  const { rollout } = report
  return html`<aside aria-label="At a glance">
    <dl class="facts">
      ${fact('Steady', steady(report))} ${fact('Rollout', rolloutLine(rollout, now))}
      ${fact('Release', releaseLine(report))}
      ${rollout.expected.length > 0 && fact('Must arrive', arrivalLine(rollout))}
      ${fact('Going back', rollbackLine(report, rollbackOf(snapshot).because))}
      ${fact('Evaluated', freshness(report))}
    </dl>
  </aside>`
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
