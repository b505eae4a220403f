import type * as z from 'zod'
import { didYouMean, missing, said, shown, wrong, type Fault } from './faults.ts'
import { meantBy } from './meant.ts'
import { at, isMapping, pathText, type Path, type Tree } from './tree.ts'

/** Names where the value at a path was given. */
export type Locate = (path: Path) => string | undefined

export type Validated<Output> =
  { readonly ok: true; readonly output: Output } | { readonly ok: false; readonly faults: readonly Fault[] }

interface Subject {
  readonly tree: Tree
  /** The schema as JSON, which knows what is allowed where. */
  readonly described: Tree
  readonly locate: Locate
  /** Keys that resemble others of their mapping and are refused, with the reason. */
  readonly refused: Refused
}

/** Why a key is refused that a person may expect, by its path. */
export type Refused = ReadonlyMap<string, string>

type Issue = z.core.$ZodIssue

/** Parses `tree`, or says in our own words what the schema finds wrong with it. */
export async function validate<Output>(
  schema: z.ZodType<Output>,
  subject: Subject,
): Promise<Validated<Output>> {
  const result = await schema.safeParseAsync(subject.tree)
  if (result.success) return { ok: true, output: result.data }
  return { ok: false, faults: result.error.issues.flatMap((issue) => faultsOf(subject, issue, [])) }
}

function faultsOf(subject: Subject, issue: Issue, above: Path): readonly Fault[] {
  const path = [...above, ...(issue.path as Path)]
  const node = nodeAt(subject.described, path)
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(subject, node, path, key))
  if (issue.code === 'invalid_union') {
    const meant = meantBranch(issue.errors)
    if (meant !== undefined && node['x-kind'] !== 'secret')
      return meant.flatMap((inner) => faultsOf(subject, inner, path))
  }
  const value = at(subject.tree, path)
  const location = subject.locate(path)
  const { says, problem, value: standard } = (issue.code === 'custom' ? issue.params : undefined) ?? {}
  const mapping = issue.code === 'invalid_type' && issue.expected === 'object'
  const allowed = mapping ? `a mapping of ${keysAt(node).join(', ')}` : issue.message
  if (typeof says === 'string') return [said({ path, location, allowed }, `${pathText(path)} ${says}`)]
  if (typeof problem === 'string') return [wrong({ path, location, allowed }, `${shown(value)}, ${problem}`)]
  if (value !== undefined) {
    const meant = meantBy(node, value)
    const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`
    return [wrong({ path, location, allowed }, shown(value, node['x-kind'] === 'secret'), hint)]
  }
  if (standard !== undefined) return [wrong({ path, location, allowed }, `${shown(standard)} by default`)]
  return [missing({ path, location, allowed })]
}

/** Of the ways in which something may be written, the one whose type fits. */
function meantBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const fitting = branches.filter((issues) =>
    issues.every((issue) => issue.path.length > 0 || !/^invalid_(type|value|union)$/.test(issue.code)),
  )
  return fitting.length === 1 ? fitting[0] : undefined
}

function unknownKey({ locate, refused }: Subject, node: Tree, path: Path, key: string): Fault {
  const keys = keysAt(node)
  const whole = [...path, key]
  const allowed = keys.join(', ') || 'nothing'
  const why = refused.get(pathText(whole)) ?? `is not known${didYouMean(key, keys)}`
  const what = `${pathText(whole)} ${why}`
  return said({ path: whole, location: locate(whole), allowed }, what)
}

function keysAt(node: Tree): readonly string[] {
  const properties = mappingOf(node)['properties']
  return isMapping(properties) ? Object.keys(properties) : []
}

/** The node itself, or the one of its ways of writing that is a mapping. */
function mappingOf(node: Tree): Tree {
  const options = node['anyOf']
  if (!Array.isArray(options)) return node
  const found: unknown = options.find((option) => isMapping(option) && isMapping(option['properties']))
  return isMapping(found) ? found : node
}

/** What the schema says about `path`; empty when it says nothing. */
function nodeAt(described: Tree, path: Path): Tree {
  let node: Tree = described
  for (const key of path) {
    const mapping = mappingOf(node)
    const child = typeof key === 'number' ? mapping['items'] : at(mapping, ['properties', key])
    if (!isMapping(child)) return {}
    node = child
  }
  return node
}
