/** Order of texts by their code units, the same on every machine. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** A record with its keys in order, so that the same content is the same text. */
export function inKeyOrder<T>(entries: Iterable<readonly [string, T]>): Readonly<Record<string, T>> {
  return Object.fromEntries([...entries].toSorted(([a], [b]) => byText(a, b)))
}

/** `a, b and c`; `nothing` for an empty list. */
export function listed(words: readonly string[]): string {
  return words.length < 2
    ? (words[0] ?? 'nothing')
    : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`
}

/** `a, b, c and 4 more`: the first `most` of them. */
export function firstFew(words: readonly string[], most: number): string {
  const more = words.length > most ? ` and ${words.length - most} more` : ''
  return `${words.slice(0, most).join(', ')}${more}`
}

/** `one check` or `3 checks`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? `one ${one}` : `${count} ${many}`
}
