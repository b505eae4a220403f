import { rfc3339 } from '../forms.ts'
import { foreign, html, type Html, type Value } from './html.ts'
import { serviceViews, type ReplicaView, type ServiceView } from './replica-views.ts'
import { badge, shape, toneOf, wordOf } from './badges.ts'
import type { PageView } from './view.ts'
import { amount, count, instant, slug } from './words.ts'

/** Up to so many replicas of a service are named one by one; of more, those that are ready are counted. */
const NAMED = 8
/** Names of replicas with the same fault that are listed; the table has all. */
const SPELT_OUT = 6
/** Faults of a service that are listed. */
const FAULTS = 6

/** A card for each service: what is wrong first, what is ready counted, and a table of the details. */
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
  const wrong = list.filter(({ state }) => state !== 'ready').toSorted(worseFirst)
  const readyOnes = list.filter(({ state }) => state === 'ready')
  return html`<div class="service">
    <h3>${foreign(component)} <span class="quiet">${tally(service)}</span></h3>
    ${wrong.length > 0 && exceptions(wrong)}
    ${list.length <= NAMED ? cells(readyOnes) : readyOnes.length > 0 && counted(readyOnes)}
    ${list.length > 0 && table({ ...service, replicas: [...wrong, ...readyOnes] }, now)}
  </div>`
}

/** What is known to be wrong comes before what is not known. */
function worseFirst(a: ReplicaView, b: ReplicaView): number {
  return Number(a.state === 'unknown') - Number(b.state === 'unknown')
}

function tally({ desired, updated, replicas: list }: ServiceView): string {
  const ready = list.filter(({ state }) => state === 'ready').length
  const wanted = desired ?? list.length
  const proven = `${ready} of ${count(wanted, 'replica')} proven ready`
  return desired === undefined || updated === undefined || updated >= desired
    ? proven
    : `${proven}, ${updated} of ${desired} updated`
}

function cells(list: readonly ReplicaView[]): Html | undefined {
  if (list.length === 0) return undefined
  return html`<ul class="cells">
    ${list.map((replica) => cell(replica))}
  </ul>`
}

function cell({ name, state, isNew }: ReplicaView): Html {
  return html`<li class="tone-${toneOf(state)}${isNew === false && ' old'}">
    ${shape(state)} ${foreign(name)}<span class="only-heard">: ${wordOf(state)}</span>${oldFlag(isNew)}
  </li>`
}

function oldFlag(isNew: boolean | undefined): Html | false {
  return isNew === false && html` <span class="flag">old</span>`
}

function counted(list: readonly ReplicaView[]): Html {
  const old = list.filter(({ isNew }) => isNew === false).length
  return html`<p class="counted">
    ${badge('ready')}
    ${count(list.length, 'replica')}${old > 0 && html` <span class="flag">${old} old</span>`}
  </p>`
}

/** Replicas with the same fault are one line: hundreds of them have few. */
function exceptions(wrong: readonly ReplicaView[]): Html {
  const faults = [...Map.groupBy(wrong, ({ state, message }) => `${state} ${message}`).values()]
  const rest = faults.slice(FAULTS).flat().length
  return html`<ul class="exceptions">
    ${faults.slice(0, FAULTS).map(exception)}
    ${rest > 0 && html`<li class="quiet">and ${count(rest, 'more replica')} in the table</li>`}
  </ul>`
}

function exception(same: readonly ReplicaView[]): Html | false {
  const [first] = same
  if (first === undefined) return false
  const rest = same.length - SPELT_OUT
  const names = same
    .slice(0, SPELT_OUT)
    .map(
      ({ name, isNew }, place) =>
        html`${place > 0 && ', '}<strong>${foreign(name)}</strong>${oldFlag(isNew)}`,
    )
  return html`<li>
    ${badge(first.state)}
    ${same.length > 1 && html`<span class="flag">${count(same.length, 'replica')}</span> `}
    ${names}${rest > 0 && html` <span class="quiet">and ${rest} more</span>`}:
    <span class="message">${foreign(first.message)}</span>
  </li>`
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
