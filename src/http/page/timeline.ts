import type { LedgerLine } from '../context.ts'
import type { RolloutReport } from '../../contract/rollouts.ts'
import { clip, rfc3339 } from '../forms.ts'
import { foreign, html, type Html } from './html.ts'
import { isUnderWay } from './facts.ts'
import type { PageView } from './view.ts'
import { count, instant, moment } from './words.ts'

/** Lines of the ledger that are shown at once, and behind them on demand. */
const AT_ONCE = 12
const AT_MOST = 200

/** The rollout under way, or the last one: its phases, and what happened in it. */
export function timeline({ report, history }: PageView): Html {
  const { rollout } = report
  const ledger = history.find((record) => clip(record.rollout.id) === rollout.id)?.ledger ?? []
  return html`<section id="timeline" aria-labelledby="timeline-title">
    <h2 id="timeline-title">
      ${isUnderWay(report) ? 'This rollout' : rollout.id === null ? 'Rollout' : 'The last rollout'}
      ${rollout.id !== null && html`<span class="tally">${foreign(rollout.id)}</span>`}
    </h2>
    ${
      rollout.id === null
        ? html`<p class="empty">
            No rollout has been seen or declared yet. Stops fire all the same; what fires before a rollout is
            not blamed on it.
          </p>`
        : story(rollout, ledger, report.evaluatedAt)
    }
  </section>`
}

type Ledger = readonly LedgerLine[]

function story(rollout: RolloutReport, ledger: Ledger, now: string): Html {
  const told = ledger.filter(isTold).toReversed()
  const shown = told.slice(0, AT_MOST)
  const rest = shown.slice(AT_ONCE)
  return html`<p>${origin(rollout, now)}</p>
    ${steps(rollout, ledger, now)}
    <ol class="events" reversed>
      ${shown.slice(0, AT_ONCE).map((line) => event(line, now))}
    </ol>
    ${
      rest.length > 0 &&
      html`<details id="earlier">
        <summary>${count(rest.length, 'earlier event')}</summary>
        <ol class="events" reversed>
          ${rest.map((line) => event(line, now))}
        </ol>
        ${told.length > AT_MOST && html`<p class="quiet">Older ones are in <a href="rollouts">the history</a>.</p>`}
      </details>`
    }`
}

function origin({ detectedBy, actor, reason, startedAt }: RolloutReport, now: string): Html {
  const how =
    detectedBy === 'declared' ? 'Declared' : `Detected (${detectedBy?.replaceAll('-', ' ') ?? 'unknown'})`
  return html`${how}
  ${startedAt !== null && moment(startedAt, now)}${
    actor !== null && html` by ${foreign(actor)}`
  }${reason !== null && html`: <span class="message">${foreign(reason)}</span>`}`
}

const course = ['preflight', 'migrating', 'rolling', 'verifying'] as const

/** The phases in their order, with the moment when each was entered last. */
function steps(rollout: RolloutReport, ledger: Ledger, now: string): Html {
  const entered = new Map<string, string>()
  for (const line of ledger) {
    const phase = phaseOf(line)
    if (phase !== undefined) entered.set(phase, rfc3339(line.at))
  }
  const end = rollout.phase === 'failed' ? 'failed' : 'done'
  const all = [...course, end]
  const place = all.findIndex((phase) => phase === rollout.phase)
  return html`<ol class="phases" aria-label="Phases">
    ${all.map((phase, at) => {
      const since = phase === end ? (rollout.finishedAt ?? entered.get(phase)) : entered.get(phase)
      const course = at === place ? 'now' : at < place && since !== undefined ? 'past' : 'other'
      return html`<li class="phase-${course} phase-${phase}" ${at === place && html`aria-current="step"`}>
        ${phase}<span class="quiet">${since === undefined ? '' : instant(since, now)}</span>
      </li>`
    })}
  </ol>`
}

/** The phase that a line of the ledger leads to. */
function phaseOf({ kind, written }: LedgerLine): string | undefined {
  if (kind !== 'rollout-begun' && kind !== 'rollout-phase' && kind !== 'rollout-finished') return undefined
  return written.to
}

/** Gates flicker in a rollout; the verdict, the stops, the phases and the people tell its story. */
function isTold({ kind, subject }: LedgerLine): boolean {
  return kind !== 'transition' || !subject.startsWith('gate/')
}

const kinds: Readonly<Record<string, string>> = {
  'rollout-begun': 'begun',
  'rollout-phase': 'phase',
  'rollout-revision': 'revision',
  'rollout-finished': 'ended',
  acknowledged: 'acknowledged',
  evidence: 'evidence',
  override: 'override',
  shadow: 'shadow',
  configuration: 'configuration',
  clock: 'clock',
  state: 'memory',
  started: 'daemon',
}

function event(line: LedgerLine, now: string): Html {
  const { at, kind, subject, message, actor, reason } = line
  const about = subject.replace(/^stop-condition\//, '')
  const word = kinds[kind] ?? (kind === 'transition' ? '' : kind)
  return html`<li class="event ${toneOfEvent(line)}">
    ${instant(rfc3339(at), now)}
    <span>
      ${word !== '' && html`<span class="flag">${word}</span>`} <strong>${foreign(clip(about))}</strong>
      ${message !== '' && html`<span class="message">${foreign(clip(message))}</span>`}
      ${actor !== undefined && html`<span class="quiet">by ${foreign(clip(actor))}${reason !== undefined && html`: ${foreign(clip(reason))}`}</span>`}
    </span>
  </li>`
}

function toneOfEvent({ kind, written: { to = '' } }: LedgerLine): string {
  if (kind === 'acknowledged') return 'edge-good'
  return (
    {
      firing: 'edge-bad',
      stop: 'edge-bad',
      failed: 'edge-bad',
      clear: 'edge-good',
      proceed: 'edge-good',
      done: 'edge-good',
      unknown: 'edge-blind',
    }[to] ?? 'edge-off'
  )
}
