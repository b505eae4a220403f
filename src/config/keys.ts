import * as z from 'zod'
import type { Gate } from '../core/gate.ts'
import type { StopCondition } from '../core/stop.ts'
import type { Kind } from './fields.ts'
import { isMapping, type Tree } from './tree.ts'

/** The ids that a configuration may speak of. */
export interface Known {
  readonly gates: readonly string[]
  readonly checks: readonly string[]
  readonly stopConditions: readonly string[]
  readonly probes: readonly string[]
  /** Checks that have no switch, because the rollout alone decides whether they are asked. */
  readonly unswitched: readonly string[]
  /** Checks that are off unless they are switched on. */
  readonly optional: readonly string[]
}

/** The ids of these tables. */
export function knownIds(
  gates: readonly Gate[],
  stops: readonly StopCondition[],
  probes: readonly string[],
): Known {
  const checks = gates.flatMap((gate) => gate.checks)
  const idsOf = (some: typeof checks) => [...new Set(some.map((check) => check.id))]
  return {
    gates: gates.map((gate) => gate.id),
    checks: idsOf(checks.filter((check) => check.notAsked === undefined)),
    optional: idsOf(checks.filter((check) => check.optional === true)),
    unswitched: idsOf(checks.filter((check) => check.notAsked !== undefined)),
    stopConditions: stops.map((stop) => stop.id),
    probes,
  }
}

/** Why the checks without a switch can't be switched, by the key that would. */
export function refusedKeys({ unswitched }: Known): ReadonlyMap<string, string> {
  const why = 'can not be switched: a rollout that declares what must arrive asks for it, and no other does'
  return new Map(unswitched.map((id) => [`checks.${id}`, why]))
}

/** What the names of all our environment variables begin with. */
export const PREFIX = 'CARACAL_GATE_'

/** One thing that can be configured. */
export interface Key {
  /** `*` is the index of a list's item. */
  readonly path: readonly string[]
  readonly kind: Kind | 'text' | 'number' | 'boolean' | 'texts'
  readonly description: string
  readonly allowed: string
  readonly default?: unknown
  /** Name of its environment variable; `*` is the index. A secret and a file have their own endings. */
  readonly variable: string
}

/** The JSON Schema of a configuration, with our own words on its fields (`x-kind`, `x-allowed`, `x-content`). */
export function describedSchema(schema: z.ZodType): Tree {
  return z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    // The default of a codec is what it holds, which the library leaves out; ours are written as they are held.
    override({
      zodSchema: {
        _zod: { def },
      },
      jsonSchema,
    }) {
      if (def.type === 'default') jsonSchema.default = def.defaultValue as string
    },
  })
}

/** Every key, in the order of the schema. */
export function keysOf(schema: z.ZodType): readonly Key[] {
  return keysUnder(describedSchema(schema), [])
}

/** The keys below a node of the described schema. */
export function keysUnder(node: Tree, path: readonly string[]): readonly Key[] {
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

/**
 * The JSON Schema (draft 7) of a configuration file, for editors. It knows less than the loader, which also reads
 * the environment: what may come from there is not required here, and what contradicts itself is not seen.
 */
export function publishedSchema(schema: z.ZodType): Tree {
  const { $schema, ...described } = describedSchema(schema)
  const description =
    'Configuration file of caracal-gate; docs/reference/configuration.md says what each key means.'
  return { $schema, title: 'caracal-gate', description, ...published(described, true) }
}

function published(node: Tree, mayComeFromElsewhere: boolean): Tree {
  const entries = Object.entries(node).flatMap(([key, value]): [string, unknown][] => {
    if (key.startsWith('x-') || (key === 'required' && mayComeFromElsewhere)) return []
    return [[key, publishedChild(key, value, mayComeFromElsewhere)]]
  })
  return Object.fromEntries(entries)
}

/** An item of a list, and each way of writing something, must be complete. */
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
