import { nearest } from '../core/distance.ts'

/** ` Did you mean --url?`, or nothing. */
export function didYouMean(word: string, candidates: readonly string[], prefix = ''): string {
  const found = nearest(word, candidates)
  return found === undefined ? '' : ` Did you mean ${prefix}${found}?`
}
