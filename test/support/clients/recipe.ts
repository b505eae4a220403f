import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseAllDocuments } from 'yaml'

const folder = resolve(import.meta.dirname, '../../../docs/use/pipelines')

export function pageOf(page: string): string {
  return readFileSync(join(folder, page), 'utf8')
}

/** The examples of one kind on a page, in their order: what stands between the fences. */
export function fencesOf(page: string, language: string): readonly string[] {
  return [...pageOf(page).matchAll(/^```(\w+)\n([^]*?)^```$/gm)].flatMap(([, name, body = '']) =>
    name === language ? [body] : [],
  )
}

/** The only example on the page, of this kind, in which the words stand. */
export function fenceWith(page: string, language: string, words: string): string {
  const found = fencesOf(page, language).filter((fence) => fence.includes(words))
  const [fence] = found
  if (fence === undefined || found.length > 1)
    throw new Error(`${page} has ${found.length} examples in ${language} with "${words}"`)
  return fence
}

/** An object of an example, as far as a client reads it. */
export type Tree = Readonly<Record<string, unknown>>

/** All documents of a YAML example; throws when one is not valid. */
export function documentsIn(text: string): readonly Tree[] {
  return parseAllDocuments(text).map((document) => {
    const [fault] = document.errors
    if (fault !== undefined) throw fault
    return document.toJS() as Tree
  })
}

/** What lies at a path of keys and indices, or undefined. */
export function at(tree: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (node, key) => (typeof node === 'object' && node !== null ? (node as Tree)[key] : undefined),
    tree,
  )
}

/** A text, number or truth value as text; undefined when there is none. */
export function wordAt(tree: unknown, ...path: readonly (string | number)[]): string | undefined {
  const value = at(tree, ...path)
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return value.toString()
  throw new Error(`${path.join('.')} is no single value`)
}

export function textAt(tree: unknown, ...path: readonly (string | number)[]): string {
  const value = at(tree, ...path)
  if (typeof value !== 'string') throw new Error(`${path.join('.')} is no text: ${JSON.stringify(value)}`)
  return value
}

export function listAt(tree: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const value = at(tree, ...path)
  if (!Array.isArray(value)) throw new Error(`${path.join('.')} is no list: ${JSON.stringify(value)}`)
  return value
}

/** A copy of the recipe with another value at a path, or none. */
export function spoilt(recipe: Tree, path: readonly (string | number)[], value?: unknown): Tree {
  const copy = structuredClone(recipe)
  const holder = at(copy, ...path.slice(0, -1)) as Record<string | number, unknown>
  const key = path.at(-1) ?? ''
  if (value === undefined) delete holder[key]
  else holder[key] = value
  return copy
}
