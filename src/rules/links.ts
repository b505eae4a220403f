import type { Link } from '../core/cause.ts'

/** A link from what was seen to be wrong; what is merely unknown explains nothing. */
export function link(by: readonly string[], explains: Link['explains']): Link {
  return {
    by,
    explains: (symptom, source) =>
      source.symptoms.some(({ finding }) => finding.answer !== 'unknown') && explains(symptom, source),
  }
}
