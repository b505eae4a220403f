/** Longest message, in characters, that leaves a look: enough for a sentence and a name, too short to flood a page. */
const MESSAGE_LIMIT = 300

// C0 and C1 controls, line and paragraph separators, bidirectional overrides and isolates, zero-width characters.
// eslint-disable-next-line no-control-regex
const UNPRINTABLE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+/g

/**
 * Text that came from a target, as data: one line, without control characters, terminal escapes or direction
 * overrides, at most `limit` characters (a longer one ends in `…`).
 */
export function plain(text: string, limit: number = MESSAGE_LIMIT): string {
  // Cut before scanning: a target may have sent megabytes.
  const line = text
    .slice(0, limit * 4)
    .replace(UNPRINTABLE, ' ')
    .trim()
    .toWellFormed()
  return line.length <= limit ? line : `${line.slice(0, limit - 1).toWellFormed()}…`
}
