import { describedSchema } from './keys.ts'
import type { Known } from './known.ts'
import { configSchema } from './schema.ts'
import { isMapping, type Tree } from './tree.ts'

/**
 * The JSON Schema (draft 7) of a configuration file, for editors. It knows less than the loader, which also reads
 * the environment: what may come from there is not required here, and what contradicts itself is not seen.
 */
export function publishedSchema(known: Known): Tree {
  const { $schema, ...described } = describedSchema(configSchema(known))
  const description = 'Configuration file of caracal-gate; docs/configuration.md says what each key means.'
  return { $schema, title: 'caracal-gate', description, ...published(described, true) }
}

function published(node: Tree, mayComeFromElsewhere: boolean): Tree {
  const entries = Object.entries(node).flatMap(([key, value]): [string, unknown][] => {
    if (key.startsWith('x-') || (key === 'required' && mayComeFromElsewhere)) return []
    return [[key, publishedChild(key, value, mayComeFromElsewhere)]]
  })
  return Object.fromEntries(entries)
}

/** An item of a list, and each way of writing something, must be whole where it stands. */
function publishedChild(key: string, value: unknown, mayComeFromElsewhere: boolean): unknown {
  if (key === 'properties' && isMapping(value))
    return Object.fromEntries(
      Object.entries(value).map(([name, child]) => [
        name,
        isMapping(child) ? published(child, mayComeFromElsewhere) : child,
      ]),
    )
  if (key === 'items' && isMapping(value)) return published(value, false)
  if (key === 'anyOf' && Array.isArray(value))
    return value.map((option: unknown) => (isMapping(option) ? published(option, false) : option))
  return value
}
