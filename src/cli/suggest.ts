/** The candidate that `word` is most likely a slip of, or undefined when none is near. */
function nearest(word: string, candidates: readonly string[]): string | undefined {
  // A long word is no slip of any name, and comparing it would only cost time.
  if (word.length > 60) return undefined
  const ranked = candidates
    .map((candidate) => ({ candidate, steps: distance(word.toLowerCase(), candidate) }))
    .toSorted((a, b) => a.steps - b.steps)
  const best = ranked[0]
  return best !== undefined && best.steps <= Math.max(2, word.length / 4) ? best.candidate : undefined
}

/** ` Did you mean --url?`, or nothing. */
export function didYouMean(word: string, candidates: readonly string[], prefix = ''): string {
  const found = nearest(word, candidates)
  return found === undefined ? '' : ` Did you mean ${prefix}${found}?`
}

/** Characters to insert, delete or replace to come from `a` to `b`. */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = (above[column - 1] ?? 0) + (b[column - 1] === a[row - 1] ? 0 : 1)
      current.push(Math.min(replaced, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    above = current
  }
  return above[b.length] ?? 0
}
