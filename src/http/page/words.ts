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

/** A quantity with its unit: `1.2 s`, `43 %`, `1,204 entries`, `310 MiB`. */
export function amount({ value, unit }: Observed): string {
  return amountWith({ value, unit }, 0)
}

/** Decimals of a share, at most: more say nothing to a person. */
const DECIMALS = 2

/** A quantity beside its limit, in as many decimals as it takes to tell them apart: `89.6 %` of at most `90 %`. */
export function amountBeside(observed: Observed, threshold: Threshold | null): string {
  const limit = threshold !== null && threshold.value !== observed.value ? amount(threshold) : undefined
  for (let decimals = 0; decimals < DECIMALS; decimals++) {
    const text = amountWith(observed, decimals)
    if (text !== limit) return text
  }
  return amountWith(observed, DECIMALS)
}

function amountWith({ value, unit }: Observed, decimals: number): string {
  if (unit === 'seconds') return span(value)
  if (unit === 'bytes') return bytes(value)
  if (unit === 'ratio') return percent(value * 100, decimals)
  if (unit === 'boolean') return value === 1 ? 'yes' : 'no'
  return `${grouped(value)} ${unitWord(unit, value)}`
}

/** Whole from 1 % on; below that one decimal, or a share that is not nothing would read as 0 %. */
function percent(value: number, decimals: number): string {
  const most = Math.abs(value) < 1 ? Math.max(decimals, 1) : decimals
  return `${value.toLocaleString('en-US', { maximumFractionDigits: most })} %`
}

function span(seconds: number): string {
  if (seconds > 0 && seconds < 1) return `${Math.round(seconds * 1_000)} ms`
  return seconds < 60 ? `${Math.round(seconds * 10) / 10} s` : inWords(seconds * 1_000)
}

function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = value < 1 ? 0 : Math.min(Math.floor(Math.log2(value) / 10), units.length - 1)
  const scaled = value / 1_024 ** power
  const decimals = scaled < 10 ? 1 : 0
  return `${scaled.toLocaleString('en-US', { maximumFractionDigits: decimals, useGrouping: false })} ${units[power]}`
}

/** Whole numbers with commas between thousands, others with three significant decimals. */
function grouped(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 3 })
}

const opWords = { '<=': 'at most', '>=': 'at least', '==': 'exactly' } as const

/** What was counted in a rollout: `7 new entries`. */
export function newOnes({ value, unit }: Observed): string {
  return `${grouped(value)} new ${unitWord(unit, value)}`
}

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

/** A moment, which the page's script writes in the time of the reader: `12:32:38 UTC`, with the day if that is another. */
export function instant(at: Timestamp, now: Timestamp): Html {
  const [day, time] = [at.slice(0, 10), at.slice(11, 19)]
  const shown = day === now.slice(0, 10) ? time : `${day} ${time}`
  return html`<time datetime="${at}" title="${day} ${time} UTC">${shown} UTC</time>`
}

/** How long ago a moment was, which the page's script keeps up to date. */
export function age(at: Timestamp, now: Timestamp): Html {
  return html`<span data-ago="${at}">${ago(at, now)}</span>`
}

/** A moment with its age. */
export function moment(at: Timestamp, now: Timestamp): Html {
  return html`${instant(at, now)} (${age(at, now)})`
}

/** A count with its noun: `1 replica`, `3 replicas`. */
export function count(many: number, one: string, more: string = `${one}s`): string {
  return `${grouped(many)} ${many === 1 ? one : more}`
}

/** A part of an element's id made of a name. */
export function slug(name: string): string {
  return name.replace(/[^\w-]+/g, '-')
}
