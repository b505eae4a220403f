import { nearest } from '../core/distance.ts'

/** ` (did you mean "url"?)`, or nothing. What all begin with makes no two of them alike. */
export function didYouMean(word: string, candidates: Iterable<string>, prefix = ''): string {
  const rests = [...candidates].map((candidate) => candidate.slice(prefix.length))
  const found = nearest(word.slice(prefix.length), rests)
  return found === undefined ? '' : ` (did you mean "${prefix}${found}"?)`
}
