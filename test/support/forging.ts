import type { Statement } from '../../src/contract/exports.ts'
import { fileText } from '../../src/proof/envelope.ts'
import { integrityOf } from '../../src/proof/statement.ts'

type Tree = Record<string, unknown>
export type Edit = (before: unknown) => unknown

/** A copy with what is at the end of the path as `edit` makes it; what it leaves undefined goes. */
export function edited(value: unknown, [key, ...rest]: readonly string[], edit: Edit): unknown {
  if (key === undefined) return edit(value)
  if (Array.isArray(value))
    return value.map((one: unknown, n) => (String(n) === key ? edited(one, rest, edit) : one))
  const tree = value as Tree
  return JSON.parse(JSON.stringify({ ...tree, [key]: edited(tree[key], rest, edit) }))
}

/** The export as a hand would forge it that knows the form: with a digest that fits. */
export function forgedOf(of: string, path: string, edit: Edit): Uint8Array {
  const draft = edited(JSON.parse(of), path.split('/'), edit) as Statement
  const digest = integrityOf(draft)
  return Buffer.from(fileText(edited(draft, ['predicate', 'integrity', 'sha256'], () => digest)))
}

export const without = (index: number) => (list: unknown) => (list as unknown[]).toSpliced(index, 1)
export const to = (value: unknown) => () => value
