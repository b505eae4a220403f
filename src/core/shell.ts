// Letters, digits and punctuation that no shell acts on, and no dash in front, which would be an option.
const PLAIN = /^[\w.:@%+,/][\w.:@%+=,/-]*$/

/** The text as one word of a command: as it is where every shell takes it literally, else in single quotes. */
export function word(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** What only the person has, as a word of a command: without the variable the shell says what is missing, and runs nothing. */
export function asked(variable: string, what: string): string {
  return `"\${${variable}:?${what}}"`
}
