import * as z from 'zod'
import type { Kind } from './fields.ts'
import { isMapping, type Tree } from './tree.ts'

/** What the names of all our environment variables begin with. */
export const PREFIX = 'CARACAL_GATE_'

/** One thing that can be configured. */
export interface Key {
  /** `*` stands for the index of a list's item. */
  readonly path: readonly string[]
  readonly kind: Kind | 'text' | 'number' | 'boolean' | 'texts'
  readonly description: string
  readonly allowed: string
  readonly default?: unknown
  /** Name of its environment variable; `*` stands for the index. A secret and a file have their own endings. */
  readonly variable: string
  /** What a file's content is. */
  readonly content?: 'certificate' | 'key' | 'lines'
}

/** The JSON Schema of a configuration, with our own words on its fields (`x-kind`, `x-allowed`, `x-content`). */
export function describedSchema(schema: z.ZodType): Tree {
  return z.toJSONSchema(schema, { target: 'draft-7', io: 'input' })
}

/** Every key, in the order of the schema. */
export function keysOf(schema: z.ZodType): readonly Key[] {
  return keysUnder(describedSchema(schema), [])
}

function keysUnder(node: Tree, path: readonly string[]): readonly Key[] {
  const properties = node['properties']
  if (isMapping(properties) && node['x-kind'] === undefined)
    return Object.entries(properties).flatMap(([name, child]) =>
      isMapping(child) ? keysUnder(child, [...path, name]) : [],
    )
  const items = node['items']
  if (!isMapping(items)) return [keyOf(node, path)]
  if (items['x-kind'] === 'secret') return [keyOf(items, [...path, '*'])]
  const options = Array.isArray(items['anyOf']) ? items['anyOf'] : [items]
  const mapping: unknown = options.find((option) => isMapping(option) && isMapping(option['properties']))
  const listed = items['type'] === 'object' ? [] : [keyOf(node, path)]
  return isMapping(mapping) ? [...listed, ...keysUnder(mapping, [...path, '*'])] : listed
}

function keyOf(node: Tree, path: readonly string[]): Key {
  return {
    path,
    kind: (node['x-kind'] as Kind | undefined) ?? kindOf(node['type']),
    description: textOf(node['description']),
    allowed: textOf(node['x-allowed']),
    variable: variableOf(path),
    ...(node['default'] !== undefined && { default: node['default'] }),
    ...(typeof node['x-content'] === 'string' && { content: node['x-content'] as 'key' }),
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function kindOf(type: unknown): Key['kind'] {
  if (type === 'array') return 'texts'
  if (type === 'boolean') return 'boolean'
  return type === 'integer' || type === 'number' ? 'number' : 'text'
}

/** The environment variable of the key at this path. */
export function variableOf(path: readonly string[]): string {
  const words = path.map((part) => part.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replaceAll(/[-.]/g, '_'))
  return PREFIX + words.join('_').toUpperCase()
}

/** The environment variables that set this key. */
export function variablesOf(key: Key): readonly string[] {
  return key.kind === 'secret' ? [key.variable, `${key.variable}_FILE`] : [key.variable]
}

/** Text from outside a file as what the key holds; what does not fit stays text, for the schema to refuse. */
export function valueOf(key: Key, text: string): unknown {
  switch (key.kind) {
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text
    case 'texts':
    case 'urls':
      return text.split(',').map((part) => part.trim())
    case 'duration':
    case 'size':
    case 'path':
    case 'file':
    case 'secret':
    case 'switch':
    case 'text':
      return text
  }
}
