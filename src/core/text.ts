/** Longest message, in characters, that leaves a look: enough for a sentence and a name, too short to flood a page. */
const MESSAGE_LIMIT = 300

/** Controls, terminal escapes, direction overrides and other format characters, line and paragraph separators. */
export const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu

/**
 * Text that came from a target, as data: one line, without control characters, terminal escapes or direction
 * overrides, at most `limit` characters (a longer one ends in `…`).
 */
export function plain(text: string, limit: number = MESSAGE_LIMIT): string {
  // Cut before scanning: a target may have sent megabytes.
  const line = text
    .slice(0, limit * 4)
    .replace(unprintable, ' ')
    .trim()
    .toWellFormed()
  return line.length <= limit ? line : `${line.slice(0, limit - 1).toWellFormed()}…`
}

/** The code of an error of Node or of a library, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** What an error of Node or of a library says of itself. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
