import type { Expected } from '../core/expected.ts'
import type { Quantity, Threshold as Limit } from '../core/finding.ts'
import { plain } from '../core/text.ts'
import type { Instant, Millis } from '../core/time.ts'
import type { Observed, Threshold, Timestamp } from '../contract/fields.ts'
import type { ExpectedReport } from '../contract/rollouts.ts'

import { textLimit } from '../contract/wire.ts'

/** How the document writes values: one form for each, the same everywhere. */

/** What was written last: documents name the same few instants over and over, and writing one costs a microsecond. */
const written = new Map<Instant, Timestamp>()
const writtenLimit = 1_000

export function rfc3339(instant: Instant): Timestamp {
  const known = written.get(instant)
  if (known !== undefined) return known
  const text = new Date(instant).toISOString()
  if (written.size >= writtenLimit) written.clear()
  written.set(instant, text)
  return text
}

export function timeOrNull(instant: Instant | undefined): Timestamp | null {
  return instant === undefined ? null : rfc3339(instant)
}

export function secondsOf(span: Millis): number {
  return Math.round(span) / 1_000
}

/** One line of at most `textLimit` characters without anything that a terminal or a page could take for an order. */
export function clip(text: string): string {
  return plain(text, textLimit)
}

export function observedForm(quantity: Quantity | undefined): Observed | null {
  if (quantity === undefined || !Number.isFinite(quantity.value)) return null
  // JSON knows no negative zero.
  return { value: quantity.value + 0, unit: quantity.unit }
}

/** The limit in the unit of what was observed; without that there is nothing to hold it against. */
export function thresholdForm(
  limit: Limit | undefined,
  unit: Quantity['unit'] | undefined,
): Threshold | null {
  if (limit === undefined || unit === undefined || !Number.isFinite(limit.value)) return null
  const { op, value, clear } = limit
  return { op, value, clear: clear !== undefined && Number.isFinite(clear) ? clear : null, unit }
}

/** What must arrive, in the words of the document. It was read from options and parameters, which bound it. */
export function expectedForm({ images, digests, revision, chart, appVersion }: Expected): ExpectedReport {
  return {
    images: images ?? {},
    digests: digests ?? {},
    revision: revision ?? null,
    chart: chart ?? null,
    appVersion: appVersion ?? null,
  }
}
