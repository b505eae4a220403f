import { unprintable } from '../core/text.ts'

/** Words and numbers for a line of a terminal. Texts of an answer are data: nothing in them may act on it. */

/** One line of at most `limit` characters that a terminal shows and does not obey. */
export function printable(text: string, limit = 400): string {
  const line = text
    .slice(0, limit * 4)
    .replace(unprintable, ' ')
    .trim()
    .toWellFormed()
  return line.length <= limit ? line : `${line.slice(0, limit - 1).toWellFormed()}…`
}

/** A value as JSON in which nothing acts on a terminal: such characters stay, as escapes. */
export function printableJson(value: unknown, indent = 2): string {
  const escape = (text: string): string =>
    Array.from({ length: text.length }, (_, at) => `\\u${hex(text.charCodeAt(at))}`).join('')
  return JSON.stringify(value, null, indent)
    .split('\n')
    .map((line) => line.replace(unprintable, escape))
    .join('\n')
}

function hex(code: number): string {
  return code.toString(16).padStart(4, '0')
}

/** A text as a shell takes it for one word. */
export function quoted(text: string): string {
  const shown = printable(text)
  return /^[\w.:@%+=,/][\w.:@%+=,/-]*$/.test(shown) ? shown : `'${shown.replaceAll("'", String.raw`'\''`)}'`
}

/** Without a false precision: `0.93`, `12`, `1073741824`. */
export function numberInWords(value: number): string {
  return String(
    Number(value.toPrecision(4)) === value
      ? value
      : Math.abs(value) < 1_000
        ? Number(value.toPrecision(3))
        : Math.round(value),
  )
}

/** `20:15:03Z` of an RFC 3339 time. */
export function clockTime(date: Date): string {
  return `${date.toISOString().slice(11, 19)}Z`
}

/** `2026-11-30T20:15:03Z` of epoch milliseconds. */
export function instant(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}
