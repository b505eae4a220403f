import { HOUR, MINUTE, SECOND, type Millis } from './time.ts'

/** How a duration is written in configuration, options and parameters. The JSON Schema publishes it, so no flags. */
export const durationPattern = /^(?=\d)(\d+h)?(\d+m(?!s))?(\d+s)?(\d+ms)?$/

const units = { h: HOUR, m: MINUTE, s: SECOND, ms: 1 } as const

/** `1h30m` as milliseconds; undefined when the text is no duration. */
export function durationOf(text: string): Millis | undefined {
  return durationPattern.test(text) ? sumOf(text, units) : undefined
}

/** Milliseconds as they are written in a configuration: `1h30m`, `250ms`, `0s`. */
export function durationText(span: Millis): string {
  let rest = span
  let text = ''
  for (const [unit, length] of Object.entries(units)) {
    const count = Math.floor(rest / length)
    if (count > 0) text += `${count}${unit}`
    rest -= count * length
  }
  return text === '' ? '0s' : text
}

/** The sum of counts with their units, such as `1h30m` or `512MiB`; the text must consist of them. */
export function sumOf(text: string, lengths: Readonly<Record<string, number>>): number {
  let sum = 0
  for (const [, count, unit = ''] of text.matchAll(/(\d+)([A-Za-z]+)/g))
    sum += Number(count) * (lengths[unit] ?? Number.NaN)
  return sum
}
