import { rfc3339 } from '../forms.ts'
import { foreign, html, type Html, type Value } from './html.ts'
import { serviceViews, type ReplicaView, type ServiceView } from './replica-views.ts'
import { badge, shape, toneOf, wordOf } from './badges.ts'
import type { PageView } from './view.ts'
import { amount, count, instant, slug } from './words.ts'

/** Up to so many replicas of a service are named in its row; more are shapes, and named in the table. */
const NAMED = 8
/** Replicas that are not ready and are listed with the reason; the table has all. */
const SPELT_OUT = 6

/** A row for each service with a shape for each replica, and a table of the details. */
export function replicas(view: PageView): Html {
  const services = serviceViews(view)
  const all = services.flatMap((service) => service.replicas)
  const ready = all.filter(({ state }) => state === 'ready').length
  return html`<section id="replicas" aria-labelledby="replicas-title">
    <h2 id="replicas-title">Replicas <span class="tally">${ready} of ${all.length} ready</span></h2>
    ${
      services.length === 0 &&
      html`<p class="empty">
        No replica is known: no service is configured, or the cluster has none yet. Checks of replicas are
        unknown until then.
      </p>`
    }
    <div class="services">${services.map((service) => serviceRow(service, view.report.evaluatedAt))}</div>
  </section>`
}

function serviceRow(service: ServiceView, now: string): Html {
  const { component, replicas: list } = service
  const worst = list.filter(({ state }) => state !== 'ready')
  const named = list.length <= NAMED
  return html`<div class="service">
    <h3>${foreign(component)} <span class="quiet">${tally(service)}</span></h3>
    <ul class="${named ? 'cells' : 'cells dense'}">
      ${list.map((replica) => cell(replica, named))}
    </ul>
    ${worst.length > 0 && exceptions(worst)} ${list.length > 0 && table(service, now)}
  </div>`
}

function tally({ desired, updated, replicas: list }: ServiceView): string {
  const ready = list.filter(({ state }) => state === 'ready').length
  const wanted = desired ?? list.length
  const proven = `${ready} of ${count(wanted, 'replica')} proven ready`
  return desired === undefined || updated === undefined || updated >= desired
    ? proven
    : `${proven}, ${updated} of ${desired} updated`
}

function cell(replica: ReplicaView, named: boolean): Html {
  const { name, state, isNew } = replica
  const words = `${name}: ${wordOf(state)}${revisionWord(isNew)}`
  const style = `tone-${toneOf(state)}${isNew === false ? ' old' : ''}`
  return named
    ? html`<li class="${style}" title="${words}">
        ${shape(state)} ${foreign(name)}<span class="only-heard">: ${wordOf(state)}</span>${
          isNew === false && html` <span class="flag">old</span>`
        }
      </li>`
    : html`<li class="${style}" title="${words}">${shape(state)}<span class="only-heard">${words}</span></li>`
}

function revisionWord(isNew: boolean | undefined): string {
  return isNew === undefined ? '' : isNew ? ', new revision' : ', old revision'
}

function exceptions(worst: readonly ReplicaView[]): Html {
  const rest = worst.length - SPELT_OUT
  return html`<ul class="exceptions">
    ${worst.slice(0, SPELT_OUT).map(
      ({ name, state, message }) =>
        html`<li>
          ${badge(state)} <strong>${foreign(name)}</strong>:
          <span class="message">${foreign(message)}</span>
        </li>`,
    )}
    ${rest > 0 && html`<li class="quiet">and ${count(rest, 'more')} in the table</li>`}
  </ul>`
}

interface Column {
  readonly title: string
  readonly shown: (replica: ReplicaView, now: string) => Value
}

const columns: readonly Column[] = [
  {
    title: 'Revision',
    shown: ({ revision, isNew }) => revision && `${revision}${isNew === false ? ' (old)' : ''}`,
  },
  { title: 'Snapshot age', shown: ({ snapshotAge }) => seconds(snapshotAge) },
  {
    title: 'Replay backlog',
    shown: ({ replayFiles, replayAge }) =>
      replayFiles === undefined
        ? seconds(replayAge)
        : `${count(replayFiles, 'file')}${replayAge === undefined || replayFiles === 0 ? '' : `, ${seconds(replayAge)}`}`,
  },
  {
    title: 'Events lost',
    shown: ({ evidenceLost }) => (evidenceLost === undefined ? undefined : String(evidenceLost)),
  },
  {
    title: 'Last success',
    shown: ({ seenAt }, now) => (seenAt === undefined ? 'never' : instant(rfc3339(seenAt), now)),
  },
]

function seconds(value: number | undefined): string | undefined {
  return value === undefined ? undefined : amount({ value, unit: 'seconds' })
}

/** The details of each replica; a column that is empty for the whole service is left out. */
function table({ component, replicas: list }: ServiceView, now: string): Html {
  const shown = columns.filter((column) => list.some((replica) => column.shown(replica, now) !== undefined))
  return html`<details id="replicas-${slug(component)}">
    <summary>Every replica of ${foreign(component)}</summary>
    <div class="scroll" tabindex="0" role="region" aria-label="Replicas of ${component}">
      <table>
        <thead>
          <tr>
            <th scope="col">Replica</th>
            <th scope="col">Readiness</th>
            ${shown.map(({ title }) => html`<th scope="col">${title}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${list.map((replica) => row(replica, shown, now))}
        </tbody>
      </table>
    </div>
  </details>`
}

function row(replica: ReplicaView, shown: readonly Column[], now: string): Html {
  const { name, state } = replica
  const cells = shown.map((column) => html`<td>${column.shown(replica, now) ?? '–'}</td>`)
  return html`<tr>
    <th scope="row">${foreign(name)}</th>
    <td class="tone-${toneOf(state)}">${wordOf(state)}</td>
    ${cells}
  </tr>`
}
