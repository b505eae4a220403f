/** Words and numbers for a line of a terminal. Texts of an answer are data: nothing in them may act on it. */

// Controls and terminal escapes, format characters such as direction overrides, line and paragraph separators.
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu

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
export function printableJson(value: unknown): string {
  const escape = (text: string): string =>
    Array.from({ length: text.length }, (_, at) => `\\u${hex(text.charCodeAt(at))}`).join('')
  return JSON.stringify(value, null, 2)
    .split('\n')
    .map((line) => line.replace(unprintable, escape))
    .join('\n')
}

function hex(code: number): string {
  return code.toString(16).padStart(4, '0')
}

/** A span in milliseconds as `850 ms`, `42 s`, `5 min`, `1 h 35 min`. */
export function spanInWords(span: number): string {
  if (span < 1_000) return `${Math.max(0, Math.round(span))} ms`
  const seconds = Math.round(span / 1_000)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const rest = minutes % 60
  return rest === 0 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60)} h ${rest} min`
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

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** `90s`, `1h30m` or `250ms` in milliseconds; undefined when the text is no duration. */
export function durationOf(text: string): number | undefined {
  if (!/^(?=\d)(\d{1,9}h)?(\d{1,9}m(?!s))?(\d{1,9}s)?(\d{1,9}ms)?$/.test(text)) return undefined
  let sum = 0
  for (const [, count, unit = ''] of text.matchAll(/(\d+)([a-z]+)/g))
    sum += Number(count) * (units[unit] ?? 0)
  return sum
}
