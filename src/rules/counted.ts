import type { Quantity } from '../core/finding.ts'
import type { Reading } from '../core/signal.ts'

/**
 * What was added to a lifetime count, as it is judged, before the count itself: `2 new entries (9 in all)`.
 * @param observed how many were added
 */
export function newOf({ value }: Quantity, total: Reading, one: string, many: string): string {
  const added = value === 0 ? 'no' : String(value)
  return `${added} new ${value === 1 ? one : many} (${total.value} in all)`
}
