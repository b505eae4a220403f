import { createHash } from 'node:crypto'

/** The fields of a published line that its hash covers, in their order, as docs/operate/state.md gives them to operators. */
export const coveredFields = [
  'previous',
  'sequence',
  'atMillis',
  'kind',
  'subject',
  'detail',
  'from',
  'to',
  'rollout',
  'actor',
] as const

/** The hash of a line of the ledger from its published fields alone: what a reader makes of it. */
export function hashOfLine(line: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify(coveredFields.map((field) => line[field]))
  return createHash('sha256').update(text).digest('hex')
}
