import { STARVED } from '../../core/punctuality.ts'
import type { EvaluatorReport, GateReport } from '../../contract/document.ts'
import { fact } from './evidence.ts'
import { foreign, html, type Html } from './html.ts'
import { moment } from './words.ts'

const cadences = {
  quiet: 'quiet: everything is clear and no rollout is in progress; attempts every few seconds',
  brisk: 'brisk: a rollout is in progress or something is not clear; several attempts a second',
} as const

/** What is wrong with the exporter itself, where an operator can not miss it. */
export function notices({ evaluator, blocking }: GateReport): Html | undefined {
  const { stateStore, configReload, punctuality } = evaluator
  // As a cause it has a card of its own.
  const isLate = !punctuality.ok && !blocking.some(({ ref }) => ref === `evaluator/${STARVED}`)
  if (stateStore.ok && configReload.ok && !isLate) return undefined
  return html`<section class="notices" aria-label="Problems of the exporter itself">
    ${isLate && html`<p><strong>It has too little CPU:</strong> ${foreign(punctuality.message)}</p>`}
    ${!stateStore.ok && html`<p><strong>Its state is not saved:</strong> ${foreign(stateStore.message)}</p>`}
    ${
      !configReload.ok &&
      html`<p>
        <strong>A new configuration was refused</strong>; the previous one stays in force:
        ${foreign(configReload.message)}
      </p>`
    }
  </section>`
}

/** The exporter about itself. */
export function daemon({ evaluator, index, evaluatedAt: now }: GateReport): Html {
  return html`<section id="daemon" aria-labelledby="daemon-title">
    <h2 id="daemon-title">The exporter</h2>
    <dl class="evidence wide">
      ${fact('Version', evaluator.version)} ${fact('Instance', foreign(evaluator.instance))}
      ${fact('Running', html`since ${moment(evaluator.startedAt, now)}`)}
      ${fact('Cadence', cadences[evaluator.cadence])} ${fact('State', store(evaluator))}
      ${fact('Configuration', configuration(evaluator, now))} ${fact('Index', html`<code>${index}</code>`)}
    </dl>
    <p class="links">
      <a href="gates">The document</a> <a href="metrics">Metrics</a> <a href="rollouts">Rollouts</a>
      <a href="config">Configuration</a> <a href="openapi.json">All paths</a>
    </p>
  </section>`
}

function store({ stateStore: { ok, message } }: EvaluatorReport): Html {
  return html`${ok ? 'saved' : html`<strong class="tone-bad">not saved</strong>`}: ${foreign(message)}`
}

function configuration(
  { configReload: { ok, at, message }, configHash }: EvaluatorReport,
  now: string,
): Html {
  const state = ok ? 'in force since' : html`<strong class="tone-bad">refused</strong> a new one`
  return html`${state} ${moment(at, now)}${!ok && html`: ${foreign(message)}`}
    <code title="${configHash}">${configHash.slice(0, 19)}</code>`
}
