import type { FunctionParameter, Node, ObjectWithArgs, RangeVar, TypeName } from 'libpg-query'

/** What a change of the schema means for a version that does not know of it. */
export type Effect =
  | { readonly kind: 'adds' }
  /** `what`: as it follows the name of the migration, `drops column x.y`. */
  | { readonly kind: 'breaks' | 'unclear'; readonly what: string }

/** Columns are `table.column`, routines have the types of their arguments. */
const things = ['relation', 'column', 'routine', 'type', 'schema', 'role', 'nullColumn'] as const

/**
 * What these migrations have made themselves. A `nullColumn` is a new column that a row of the previous version leaves
 * null: it has no default.
 */
export type Made = Readonly<Record<(typeof things)[number], Set<string>>>

export function nothingMade(): Made {
  return Object.fromEntries(things.map((thing) => [thing, new Set<string>()])) as Made
}

/** The name of a node of the parse tree, and what is under it. */
type Tag = Node extends infer Each ? (Each extends object ? keyof Each : never) : never
type Body<Name extends Tag> = Extract<Node, Readonly<Record<Name, unknown>>>[Name]

/** What statements mean, by their tag; undefined for what is not known to be harmless. May note what is made. */
export type Judges = {
  readonly [Name in Tag]?: (body: Body<Name>, made: Made) => Effect | undefined
}

export function adds(): Effect {
  return { kind: 'adds' }
}

export function breaks(what: string): Effect {
  return { kind: 'breaks', what }
}

export function unclear(what: string): Effect {
  return { kind: 'unclear', what }
}

/** The worst of several: what breaks comes before what is unclear, the first of either before the others. */
export function worst(effects: readonly Effect[]): Effect {
  return (
    effects.find(({ kind }) => kind === 'breaks') ?? effects.find(({ kind }) => kind === 'unclear') ?? adds()
  )
}

/** The name that distinguishes a thing from others: without the schema that everything of the platform is in. */
export function relationName(relation: RangeVar | undefined): string {
  return nameOf([relation?.schemaname, relation?.relname])
}

/** The name that a list of its parts gives, as of a type or a function; a node that is none has none. */
export function partsName(parts: readonly Node[] | undefined): string {
  return nameOf((parts ?? []).map((part) => ('String' in part ? part.String.sval : undefined)))
}

/** The name of an object of a DROP: a list of parts, a type or a routine. */
export function objectName(object: Node): string {
  if ('List' in object) return partsName(object.List.items)
  if ('TypeName' in object) return typeText(object.TypeName)
  if ('ObjectWithArgs' in object) return routineName(object.ObjectWithArgs)
  if ('RangeVar' in object) return relationName(object.RangeVar)
  if ('String' in object) return nameOf([object.String.sval])
  if ('RoleSpec' in object) return nameOf([object.RoleSpec.rolename])
  return ''
}

/** `f(int4, text)`; without parentheses where the arguments are not named. */
function routineName({ objname, objargs, args_unspecified }: ObjectWithArgs): string {
  const name = partsName(objname)
  if (args_unspecified === true) return name
  return `${name}(${(objargs ?? []).map((arg) => objectName(arg)).join(', ')})`
}

/** The same of a routine that is made: what goes in tells it from others of its name. */
export function signatureOf(name: readonly Node[] | undefined, parameters: readonly Node[] = []): string {
  const types = parameters.flatMap((node) => {
    const parameter: FunctionParameter = 'FunctionParameter' in node ? node.FunctionParameter : {}
    const isResult = parameter.mode === 'FUNC_PARAM_OUT' || parameter.mode === 'FUNC_PARAM_TABLE'
    return isResult ? [] : [typeText(parameter.argType)]
  })
  return `${partsName(name)}(${types.join(', ')})`
}

export function typeText(type: TypeName | undefined): string {
  const name = partsName(type?.names).replace(/^pg_catalog\./, '')
  return `${name}${(type?.arrayBounds ?? []).map(() => '[]').join('')}`
}

function nameOf(parts: readonly (string | undefined)[]): string {
  const given = parts.filter((part) => part !== undefined && part !== '')
  return (given[0] === 'public' && given.length > 1 ? given.slice(1) : given)
    .map((part) => (/^[a-z_][a-z0-9_$]*$/.test(part ?? '') ? part : `"${part?.replaceAll('"', '""')}"`))
    .join('.')
}
