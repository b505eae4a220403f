/** What a shell may take otherwise when a line is broken: substitutions, documents within the command. */
const unbreakable = /\$\(|`|<</
/** A word with its quotes. */
const word = /(?:[^\s'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+/g

/**
 * A command in rows that can be pasted as they are: it is broken between words alone, behind a backslash. One that a
 * shell could take otherwise then stays whole.
 */
export function pastable(command: string, width: number): readonly string[] {
  if (command.length <= width || unbreakable.test(command)) return [command]
  const words = command.match(word) ?? []
  const parts = withValues(words, width - 4)
  // Quotes that do not close, and a comment, which would end with its row.
  if (words.join(' ') !== command || words.some((one) => one.startsWith('#'))) return [command]
  const rows: string[] = []
  let row = ''
  for (const one of parts) {
    if (row !== '' && row.length + one.length + 3 > width) {
      rows.push(`${row} \\`)
      row = `  ${one}`
    } else row = row === '' ? one : `${row} ${one}`
  }
  return [...rows, row]
}

/** An option stays with its value where both fit. */
function withValues(words: readonly string[], width: number): readonly string[] {
  return words.reduce<readonly string[]>((parts, one) => {
    const before = parts.at(-1) ?? ''
    const isValue = /^--?[A-Za-z][\w-]*$/.test(before) && !one.startsWith('-')
    if (!isValue || before.length + one.length + 1 > width) return [...parts, one]
    return [...parts.slice(0, -1), `${before} ${one}`]
  }, [])
}
