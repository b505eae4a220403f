import { durationPattern, durationText } from '../core/duration.ts'
import { HOUR, MINUTE, SECOND } from '../core/time.ts'
import { sizePattern } from './units.ts'
import type { Tree } from './tree.ts'

/** A value in a form that is not taken, as what was most likely meant by it; undefined when that is not clear. */
export function meantBy(node: Tree, value: unknown): string | undefined {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : ''
  if (node['x-kind'] === 'duration') return durationMeant(text)
  if (node['x-kind'] === 'size') return sizeMeant(text)
  return node['type'] === 'number' && node['maximum'] === 1 ? ratioMeant(text) : undefined
}

const amount = /^(\d{1,9}(?:\.\d{1,3})?)\s*([A-Za-z%]*)$/

const spans: readonly (readonly [names: RegExp, unit: string, length: number])[] = [
  [/^(|s|secs?|seconds?)$/i, 's', SECOND],
  [/^(ms|msecs?|millis|milliseconds?)$/i, 'ms', 1],
  [/^(m|mins?|minutes?)$/i, 'm', MINUTE],
  [/^(h|hrs?|hours?)$/i, 'h', HOUR],
  [/^(d|days?)$/i, '', 24 * HOUR],
]

/** `60s` for `60`; a number too large for seconds is one of milliseconds. */
function durationMeant(text: string): string | undefined {
  const [, count, given = ''] = amount.exec(text) ?? []
  const isMillis = given === '' && Number(count) >= 10_000
  const [, unit, length] = spans.find(([names]) => names.test(isMillis ? 'ms' : given)) ?? []
  // What is written right is only out of the range.
  if (count === undefined || length === undefined || durationPattern.test(text)) return undefined
  const said = `${count}${unit}`
  return durationPattern.test(said) ? said : durationText(Math.round(Number(count) * length))
}

/** `512MiB` for `512`, `512M`, `512Mi` and `512MB`; a number too large for that is one of bytes. */
function sizeMeant(text: string): string | undefined {
  const [, count = '', unit = ''] = amount.exec(text) ?? []
  const isBytes = unit === '' && Number(count) >= 2 ** 20
  const letter = unit === '' ? (isBytes ? '' : 'M') : (/^([kmgt])i?b?$/i.exec(unit)?.[1] ?? '?')
  const said = `${count}${letter === '' ? 'B' : `${letter.toUpperCase()}iB`}`
  return sizePattern.test(said) && !sizePattern.test(text) ? said : undefined
}

/** `0.8` for `80`, `80%` and `"0.8"`. */
function ratioMeant(text: string): string | undefined {
  const [, count, unit = ''] = amount.exec(text) ?? []
  if (count === undefined || !['', '%'].includes(unit)) return undefined
  const isPercent = unit === '%' || (Number(count) > 1 && !count.includes('.'))
  const ratio = isPercent ? Number((Number(count) / 100).toPrecision(6)) : Number(count)
  return ratio > 0 && ratio <= 1 ? String(ratio) : undefined
}
