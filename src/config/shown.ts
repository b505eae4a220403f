import type * as z from 'zod'
import { isMapping, type Tree } from './tree.ts'

/**
 * A value of a schema as it may be shown to everyone: each codec says what is seen of what it holds. A field without a
 * key in the schema is left out, so that nothing is shown by accident.
 */
export function shownBy(schema: z.core.$ZodType, value: unknown): unknown {
  const { def } = (schema as z.core.$ZodTypes)._zod
  if (def.type === 'optional' || def.type === 'default' || def.type === 'prefault')
    return shownBy(def.innerType, value)
  if (def.type === 'array')
    return Array.isArray(value) ? value.map((item: unknown) => shownBy(def.element, item)) : undefined
  if (def.type === 'object') return isMapping(value) ? shownFields(def.shape, value) : undefined
  if (def.type === 'pipe') return def.reverseTransform?.(value, { value, issues: [] })
  if (['string', 'number', 'boolean', 'enum'].includes(def.type)) return value
  throw new TypeError(`no codec says how a ${def.type} is shown`)
}

/** What is shown of a mapping. A key for a file, such as `caFile`, is shown as what the file holds, `ca`. */
export function shownFields(shape: z.core.$ZodShape, value: Tree): Tree {
  const shown = Object.entries(shape).flatMap(([key, field]): [string, unknown][] => {
    const name = Object.hasOwn(value, key) ? key : key.replace(/File$/, '')
    const held = Object.hasOwn(value, name) ? shownBy(field, value[name]) : undefined
    return held === undefined ? [] : [[name, held]]
  })
  return Object.fromEntries(shown)
}
