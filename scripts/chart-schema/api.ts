// What Kubernetes takes in fields that the chart hands on (security contexts, probes, containers), as JSON Schema made
// from src/kubernetes/manifest/api-fields.json. A misspelled field is refused by Helm, and not dropped by the API server.
import type { ApiField } from '../../src/kubernetes/manifest/shapes.ts'
import fields from '../../src/kubernetes/manifest/api-fields.json' with { type: 'json' }
import type { Schema } from './shapes.ts'

const types: Readonly<Record<string, Readonly<Record<string, ApiField>> | undefined>> = fields

/** Definitions of the API's types that were asked for, and the way to ask. */
export interface ApiSchemas {
  /** An object of this type of the API, like `Probe`. */
  of(type: string): Schema
  listOf(type: string): Schema
  /** All that was referred to, by the name of the type. */
  definitions(): Readonly<Record<string, Schema>>
}

/** @throws RangeError for a type that the API does not have */
export function apiSchemas(): ApiSchemas {
  const defined = new Map<string, Schema>()

  function of(type: string): Schema {
    const known = types[type]
    if (known === undefined) throw new RangeError(`the API has no type ${type}`)
    if (!defined.has(type)) {
      // Types that hold themselves end here.
      defined.set(type, {})
      const properties = Object.fromEntries(
        Object.entries(known).map(([name, field]) => [name, schemaOf(field)]),
      )
      defined.set(type, { type: 'object', properties, additionalProperties: false })
    }
    return { $ref: `#/definitions/${type}` }
  }

  /** The table has no kinds of plain values. What is neither a pointer nor has a default object is a list. */
  function schemaOf({ type, pointer = false, default: preset }: ApiField): Schema {
    if (type === undefined) return {}
    return pointer || preset !== undefined ? of(type) : listOf(type)
  }

  function listOf(type: string): Schema {
    return { type: 'array', items: of(type) }
  }

  return {
    of,
    listOf,
    definitions: () => Object.fromEntries([...defined].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  }
}
