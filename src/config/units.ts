import { MINUTE, SECOND, type Millis } from '../core/time.ts'
import type { HostPort } from './config.ts'

const HOUR = 60 * MINUTE

/** The same expressions are published in the JSON Schema, so they may not use flags. */
export const durationPattern = /^(?=\d)(\d+h)?(\d+m(?!s))?(\d+s)?(\d+ms)?$/
export const sizePattern = /^\d+(B|KiB|MiB|GiB|TiB)$/
const listenPattern = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]*):\d{1,5}$/
const hostPortPattern = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/

const spans: Readonly<Record<string, Millis>> = { h: HOUR, m: MINUTE, s: SECOND, ms: 1 }
const sizes: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
}

/** `1h30m` as milliseconds; undefined when the text is no duration. */
export function durationOf(text: string): Millis | undefined {
  if (!durationPattern.test(text)) return undefined
  return sumOf(text, spans)
}

/** `512MiB` as bytes; undefined when the text is no size. */
export function sizeOf(text: string): number | undefined {
  return sizePattern.test(text) ? sumOf(text, sizes) : undefined
}

function sumOf(text: string, units: Readonly<Record<string, number>>): number {
  let sum = 0
  for (const [, count, unit] of text.matchAll(/(\d+)([A-Za-z]+)/g))
    sum += Number(count) * (units[unit ?? ''] ?? Number.NaN)
  return sum
}

/** Milliseconds as they are written in a configuration: `1h30m`, `250ms`, `0s`. */
export function durationText(span: Millis): string {
  let rest = span
  let text = ''
  for (const [unit, length] of Object.entries(spans)) {
    const count = Math.floor(rest / length)
    if (count > 0) text += `${count}${unit}`
    rest -= count * length
  }
  return text === '' ? '0s' : text
}

/** Bytes in the largest unit that divides them. */
export function sizeText(bytes: number): string {
  const [unit, length] = Object.entries(sizes).findLast(
    ([, size]) => bytes % size === 0 && bytes >= size,
  ) ?? ['B', 1]
  return `${bytes / length}${unit}`
}

/** `host:port`, `[::1]:port` or, for all addresses, `:port`; undefined for anything else. */
export function hostPortOf(text: string): HostPort | undefined {
  const colon = text.lastIndexOf(':')
  const port = Number(text.slice(colon + 1))
  if (!listenPattern.test(text) && !hostPortPattern.test(text)) return undefined
  if (port > 65_535) return undefined
  const host = text.slice(0, colon).replace(/^\[|\]$/g, '')
  return { host: host === '' ? '::' : host, port }
}

export function hostPortText({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
