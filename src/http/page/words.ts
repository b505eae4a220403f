import { inWords } from '../../core/time.ts'
import type { Observed, Threshold, Timestamp } from '../../contract/fields.ts'
import type { Unit } from '../../core/signal.ts'
import { html, type Html } from './html.ts'

/** How the page writes values: times, spans, quantities and limits. */

const singular: Partial<Record<Unit, string>> = {
  entries: 'entry',
  replicas: 'replica',
  versions: 'version',
}

function unitWord(unit: Unit, value: number): string {
  return value === 1 ? (singular[unit] ?? unit.replace(/s$/, '')) : unit
}

/** A quantity with its unit: `1.2 s`, `43.0 %`, `1,204 entries`, `310.5 MiB`. */
export function amount({ value, unit }: Observed): string {
  if (unit === 'seconds') return span(value)
  if (unit === 'bytes') return bytes(value)
  if (unit === 'ratio') return `${(value * 100).toFixed(1)} %`
  if (unit === 'boolean') return value === 1 ? 'yes' : 'no'
  return `${grouped(value)} ${unitWord(unit, value)}`
}

function span(seconds: number): string {
  if (seconds > 0 && seconds < 1) return `${Math.round(seconds * 1_000)} ms`
  return seconds < 60 ? `${Math.round(seconds * 10) / 10} s` : inWords(seconds * 1_000)
}

function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = value < 1 ? 0 : Math.min(Math.floor(Math.log2(value) / 10), units.length - 1)
  const scaled = value / 1_024 ** power
  return `${power === 0 ? scaled : scaled.toFixed(1)} ${units[power]}`
}

/** Whole numbers with commas between thousands, others with three significant decimals. */
function grouped(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 3 })
}

const opWords = { '<=': 'at most', '>=': 'at least', '==': 'exactly' } as const

/** A limit: `at most 20 entries`. */
export function upTo({ op, value, unit }: Threshold): string {
  if (unit === 'boolean') return value === 1 ? 'must be yes' : 'must be no'
  return `${opWords[op]} ${amount({ value, unit })}`
}

/** A limit with the value at which its breach is over: `at most 20 entries, well again at 5 entries`. */
export function limit(threshold: Threshold): string {
  const { value, unit, clear } = threshold
  const over = clear === null || clear === value ? '' : `, well again at ${amount({ value: clear, unit })}`
  return `${upTo(threshold)}${over}`
}

/** The time from `at` to `now`: `3 min ago`. */
function ago(at: Timestamp, now: Timestamp): string {
  const span = Date.parse(now) - Date.parse(at)
  return span < 1_000 ? 'just now' : `${inWords(span)} ago`
}

/** The time of day in UTC, with the day where that is another than the day of `now`. */
export function clockTime(at: Timestamp, now: Timestamp): string {
  const time = `${at.slice(11, 19)} UTC`
  return at.slice(0, 10) === now.slice(0, 10) ? time : `${at.slice(0, 10)} ${time}`
}

/** A moment with the time since then, which the page's script keeps up to date. */
export function moment(at: Timestamp, now: Timestamp): Html {
  return html`${instant(at, now)} <span class="ago" data-ago="${at}">(${ago(at, now)})</span>`
}

/** A moment alone. */
export function instant(at: Timestamp, now: Timestamp): Html {
  return html`<time datetime="${at}" title="${at}">${clockTime(at, now)}</time>`
}

/** A count with its noun: `1 replica`, `3 replicas`. */
export function count(many: number, one: string, more: string = `${one}s`): string {
  return `${grouped(many)} ${many === 1 ? one : more}`
}

/** A part of an element's id made of a name. */
export function slug(name: string): string {
  return name.replace(/[^\w-]+/g, '-')
}
