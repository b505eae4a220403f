import type { EvaluatorReport, GateReport } from '../../contract/document.ts'
import { fact } from './evidence.ts'
import { foreign, html, type Html } from './html.ts'
import { moment } from './words.ts'

const cadences = {
  quiet: 'quiet: all is clear and no rollout is under way, so it looks every few seconds',
  brisk: 'brisk: a rollout is under way or something is not clear, so it looks several times a second',
} as const

/** What is wrong with the daemon itself, where a person must not miss it. */
export function notices({ evaluator }: GateReport): Html | undefined {
  const { stateStore, configReload, punctuality } = evaluator
  if (stateStore.ok && configReload.ok && punctuality.ok) return undefined
  return html`<section class="notices" aria-label="Trouble of the daemon itself">
    ${!punctuality.ok && html`<p><strong>It is starved:</strong> ${foreign(punctuality.message)}</p>`}
    ${!stateStore.ok && html`<p><strong>Its memory is not kept:</strong> ${foreign(stateStore.message)}</p>`}
    ${
      !configReload.ok &&
      html`<p>
        <strong>A new configuration was refused</strong>, the old one stays in force:
        ${foreign(configReload.message)}
      </p>`
    }
  </section>`
}

/** The daemon about itself. */
export function daemon({ evaluator, index, evaluatedAt: now }: GateReport): Html {
  return html`<section id="daemon" aria-labelledby="daemon-title">
    <h2 id="daemon-title">The daemon</h2>
    <dl class="evidence wide">
      ${fact('Version', evaluator.version)} ${fact('Instance', foreign(evaluator.instance))}
      ${fact('Running', html`since ${moment(evaluator.startedAt, now)}`)}
      ${fact('Cadence', cadences[evaluator.cadence])} ${fact('Memory', store(evaluator))}
      ${fact('Configuration', configuration(evaluator, now))} ${fact('Index', html`<code>${index}</code>`)}
    </dl>
    <p class="links">
      <a href="gates">The document</a> <a href="metrics">Metrics</a> <a href="rollouts">Rollouts</a>
      <a href="config">Configuration</a> <a href="openapi.json">All paths</a>
    </p>
  </section>`
}

function store({ stateStore: { ok, message } }: EvaluatorReport): Html {
  return html`${ok ? 'kept' : html`<strong class="tone-bad">not kept</strong>`}: ${foreign(message)}`
}

function configuration(
  { configReload: { ok, at, message }, configHash }: EvaluatorReport,
  now: string,
): Html {
  const state = ok ? 'in force since' : html`<strong class="tone-bad">refused</strong> a new one`
  return html`${state} ${moment(at, now)}${!ok && html`: ${foreign(message)}`}
    <code title="${configHash}">${configHash.slice(0, 19)}</code>`
}
