import type { Finding, Quantity, Threshold as Limit } from '../core/finding.ts'
import { plain } from '../core/text.ts'
import type { Instant, Millis } from '../core/time.ts'
import type { Observed, Threshold, Timestamp } from './contract.ts'

/** How the document writes values: one form for each, the same everywhere. */

/** No text of the document is longer: it is meant for a line on a page. */
export const textLimit = 300
/** Subjects that one item names; the rest is counted. */
export const culpritLimit = 50

export function rfc3339(instant: Instant): Timestamp {
  return new Date(instant).toISOString()
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
  return { value: quantity.value, unit: quantity.unit }
}

export function thresholdForm(limit: Limit | undefined): Threshold | null {
  if (limit === undefined || !Number.isFinite(limit.value)) return null
  const clear = limit.clear !== undefined && Number.isFinite(limit.clear) ? limit.clear : null
  return { op: limit.op, value: limit.value, clear, unit: limit.unit }
}

// Names may come from a target, and the command is meant to be pasted into a shell.
const HARMLESS = /^[\w][\w.:/@-]*$/

/** The command with the names of the culprit in it; a name that a shell could misread leaves its placeholder. */
export function nextStepFor(command: string, worst: Finding | undefined): string {
  if (worst === undefined || worst.answer === 'met') return command
  const [first, second] = worst.key.split('/')
  const names: Readonly<Record<string, string | undefined>> = {
    target: worst.key,
    component: first,
    stream: first,
    outbox: first,
    replica: second,
    group: second,
  }
  return command.replaceAll(/\{(\w+)\}/g, (placeholder, name: string) => {
    const value = names[name]
    return value !== undefined && HARMLESS.test(value) ? value : placeholder
  })
}
